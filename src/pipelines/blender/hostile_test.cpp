// Each sample cut and changed two thousand times: it is read, or refused by an Error, with bounded memory. The changes
// fall where they hurt: on the heads of blocks, on the description of the structs, on what is read of them.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <random>

#include "base/files.h"
#include "pipelines/blender/blend_file.h"
#include "pipelines/blender/blend_source.h"
#include "pipelines/blender/named_files.h"
#include "pipelines/blender/testing_blend.h"

namespace atelier::pipelines::blender {
namespace {

namespace fs = std::filesystem;
using testing_support::shared_blends;

constexpr int changes_of_a_sample = 2000;
constexpr int shards = 4;  // so that ctest can run them side by side
constexpr long most_memory_kb = 160 * 1024;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool memory_is_ours = false;  // the sanitizers keep what was freed
#else
constexpr bool memory_is_ours = true;
#endif

// Where a change hurts: the begin and the size of what is read.
struct Spot {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
};

std::vector<Spot> spots_of(const fs::path& path) {
    std::vector<Spot> spots = {{0, longest_header}};
    try {
        BlendFile file(path);
        const std::size_t head = file.header().block_head_size();
        for (const Block& block : file.blocks()) {
            spots.push_back({block.content - head, head + std::min<std::uint64_t>(block.head.length, 2048)});
            file.each_data(block, [&](const Block& data) {
                if (data.head.length < 4096) spots.push_back({data.content - head, head});
                return true;
            });
        }
    } catch (const Error&) {  // a sample that is broken as it is
    }
    return spots;
}

class Torture {
public:
    Torture(fs::path path, std::string bytes, std::uint64_t seed)
        : path_(std::move(path)), bytes_(std::move(bytes)), random_(seed) {
        write_all(open_file(path_, O_WRONLY | O_CREAT | O_TRUNC).get(), bytes_, path_);
        file_ = open_file(path_, O_RDWR);
        spots_ = spots_of(path_);
        if (const std::size_t dna = bytes_.rfind("DNA1"); dna != std::string::npos)
            spots_.insert(spots_.end(), spots_.size() / 8 + 1, {dna, bytes_.size() - dna});
    }

    void run(int changes) {
        for (int i = 0; i < changes; ++i) {
            if (i % 4 == 0)
                cut();
            else
                change();
        }
    }

    int read() const { return read_; }
    int refused() const { return refused_; }

private:
    std::uint64_t below(std::uint64_t bound) { return random_() % std::max<std::uint64_t>(bound, 1); }

    void cut() {
        const std::uint64_t size = below(bytes_.size());
        ASSERT_EQ(::ftruncate(file_.get(), static_cast<off_t>(size)), 0);
        look();
        put(size, std::string_view(bytes_).substr(size));
    }

    void change() {
        const Spot spot = below(8) == 0 ? Spot{0, bytes_.size()} : spots_[below(spots_.size())];
        static const std::vector<std::string> values = {"\xFF\xFF\xFF\xFF",
                                                        "\xFF\xFF\xFF\x7F",
                                                        std::string(8, '\0'),
                                                        std::string("\x00\x00\x00\x80", 4),
                                                        "DATA",
                                                        "DNA1"};
        std::string value = values[below(values.size())];
        if (below(2) == 0) value = std::string(1, static_cast<char>(below(256)));
        const std::uint64_t at = std::min(spot.offset + below(spot.size), bytes_.size() - value.size());
        put(at, value);
        look();
        put(at, std::string_view(bytes_).substr(at, value.size()));
    }

    void put(std::uint64_t at, std::string_view value) {
        ASSERT_EQ(::pwrite(file_.get(), value.data(), value.size(), static_cast<off_t>(at)),
                  static_cast<ssize_t>(value.size()));
    }

    void look() {
        DependencyLimits limits;
        limits.only_below = path_.parent_path();
        limits.read.free_content = 64u << 20;
        try {
            BlendFile file(path_, limits.read);
            file.scenes();
            file.current_scene();
            if (++looks_ % 8 == 0)
                find_dependencies(path_, limits);
            else
                each_named_file(file, [](const NamedFile&) {});
            ++read_;
        } catch (const Error& error) {
            EXPECT_THAT(error.kind(), testing::AnyOf(Error::Kind::invalid, Error::Kind::exhausted)) << error.what();
            EXPECT_THAT(error.what(), testing::HasSubstr(error.kind() == Error::Kind::invalid ? path_.string() : ""));
            ++refused_;
        }
    }

    fs::path path_;
    std::string bytes_;
    std::mt19937_64 random_;
    Fd file_;
    std::vector<Spot> spots_;
    int looks_ = 0;
    int read_ = 0;
    int refused_ = 0;
};

std::vector<fs::path> samples() {
    std::vector<fs::path> paths;
    for (const auto& entry : fs::recursive_directory_iterator(shared_blends()))
        if (entry.path().extension() == ".blend") paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    return paths;
}

class HostileTest : public testing::TestWithParam<int> {};

TEST_P(HostileTest, ChangedSamplesAreReadOrRefused) {
    ATELIER_NEED_DATA(shared_blends());
    const TemporaryFolder folder;
    const auto paths = samples();
    ASSERT_GT(paths.size(), 40u);
    for (std::size_t i = static_cast<std::size_t>(GetParam()); i < paths.size(); i += shards) {
        SCOPED_TRACE(paths[i]);
        const std::string bytes = read_file(paths[i]);
        // Of a compressed one half of the changes fall on its content.
        const std::string content = BlendSource(paths[i], {}).read(0, 64u << 20);
        Torture plain(folder.path() / "plain.blend", content, i);
        plain.run(content == bytes ? changes_of_a_sample : changes_of_a_sample / 2);
        Torture packed(folder.path() / "packed.blend", bytes, i + 1000);
        if (content != bytes) packed.run(changes_of_a_sample / 2);
        EXPECT_EQ(plain.read() + plain.refused() + packed.read() + packed.refused(), changes_of_a_sample);
        EXPECT_GT(plain.refused(), changes_of_a_sample / 8);  // the cuts alone
    }
    if (!memory_is_ours) return;
    rusage usage{};
    ASSERT_EQ(::getrusage(RUSAGE_SELF, &usage), 0);
    EXPECT_LT(usage.ru_maxrss, most_memory_kb);
}

INSTANTIATE_TEST_SUITE_P(Shards, HostileTest, testing::Range(0, shards));

}  // namespace
}  // namespace atelier::pipelines::blender
