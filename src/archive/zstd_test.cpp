#include "archive/zstd.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zstd.h>

#include <random>

#include "archive/seek_table.h"
#include "base/error.h"
#include "base/files.h"
#include "base/testing.h"

namespace atelier::archive {
namespace {

namespace fs = std::filesystem;
using testing_support::error_of;

class ZstdTest : public testing::Test {
protected:
    fs::path at(const std::string& name) const { return folder_.path() / name; }
    fs::path compressed(const std::string& content) const {
        write_file_durably(at("log"), content);
        compress_file(at("log"), at("log.zst"));
        return at("log.zst");
    }
    static std::string read(const fs::path& file, std::uint64_t offset = 0, std::uint64_t length = UINT64_MAX) {
        std::string content;
        read_compressed(file, offset, length, [&](std::string_view piece) { content += piece; });
        return content;
    }
    TemporaryFolder folder_;
};

// Lines that can be packed and are all different, over several frames.
std::string long_log() {
    std::string log;
    for (int i = 0; log.size() < 10'000'000; ++i)
        log += "frame " + std::to_string(i) + " rendered\n";
    return log;
}

TEST_F(ZstdTest, WhatIsPackedComesBack) {
    std::mt19937 random(1);
    std::string noise(300'000, '\0');
    for (char& byte : noise)
        byte = static_cast<char>(random());
    for (const std::string& content :
         {std::string(), std::string("x"), noise, std::string(4u << 20, 'x'), long_log()}) {
        const fs::path file = compressed(content);
        EXPECT_EQ(read(file), content);
        EXPECT_EQ(read_file(at("log")), content) << "the log itself is left";
    }
    EXPECT_LT(fs::file_size(at("log.zst")), fs::file_size(at("log")) / 4);
    EXPECT_EQ(std::distance(fs::directory_iterator(folder_.path()), {}), 2) << "nothing is left beside";
}

TEST_F(ZstdTest, APartIsReadWithoutTheRest) {
    const std::string content = long_log();
    const fs::path file = compressed(content);
    constexpr std::uint64_t frame = 4u << 20;
    for (const std::uint64_t offset : {std::uint64_t{0}, std::uint64_t{1}, frame - 1, frame, frame + 1, 2 * frame + 5,
                                       std::uint64_t{content.size() - 1}})
        for (const std::uint64_t length : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1000}, frame + 3})
            EXPECT_EQ(read(file, offset, length), content.substr(offset, length)) << offset << " " << length;
    EXPECT_EQ(read(file, content.size(), 5), "");
    EXPECT_EQ(read(file, UINT64_MAX, UINT64_MAX), "");
    // The first frame is damaged, and what lies behind it doesn't care.
    std::string bytes = read_file(file);
    bytes[20] = static_cast<char>(~bytes[20]);
    write_file_durably(file, bytes);
    EXPECT_EQ(read(file, frame, 1000), content.substr(frame, 1000));
    EXPECT_EQ(error_of([&] { read(file); }).kind(), Error::Kind::invalid);
}

TEST_F(ZstdTest, FilesOfOthersHaveNoTable) {
    const std::string content = long_log();
    std::string packed(ZSTD_compressBound(content.size()), '\0');
    packed.resize(ZSTD_compress(packed.data(), packed.size(), content.data(), content.size(), 1));
    write_file_durably(at("other.zst"), packed);
    EXPECT_EQ(read(at("other.zst")), content);
    EXPECT_EQ(read(at("other.zst"), 5'000'000, 10), content.substr(5'000'000, 10));
}

TEST_F(ZstdTest, WhatIsDamagedIsRefused) {
    for (const std::string& bytes :
         {std::string(), std::string("x"), std::string("not compressed at all, but long enough")}) {
        write_file_durably(at("bad.zst"), bytes);
        EXPECT_EQ(error_of([&] { read(at("bad.zst")); }).kind(), Error::Kind::invalid) << bytes;
    }
    const std::string good = read_file(compressed(std::string(100'000, 'x')));
    for (std::size_t size = 0; size < good.size(); ++size) {
        write_file_durably(at("bad.zst"), good.substr(0, size));
        try {  // with only its table cut off, the content is still whole
            EXPECT_EQ(read(at("bad.zst")), std::string(100'000, 'x')) << size;
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), Error::Kind::invalid) << size;
        }
    }
    EXPECT_EQ(error_of([&] { read(at("missing.zst")); }).kind(), Error::Kind::not_found);
    EXPECT_EQ(error_of([&] { compress_file(at("missing"), at("missing.zst")); }).kind(), Error::Kind::not_found);
}

TEST_F(ZstdTest, ATableThatCannotBeIsRefused) {
    const std::string good = read_file(compressed("content"));
    const auto with = [&](std::size_t from_end, char byte) {
        std::string bytes = good;
        bytes[bytes.size() - from_end] = byte;
        write_file_durably(at("bad.zst"), bytes);
        return at("bad.zst");
    };
    EXPECT_EQ(error_of([&] { read(with(9, 2)); }).kind(), Error::Kind::invalid) << "more frames than there are";
    EXPECT_EQ(error_of([&] { read(with(6, '\x7f')); }).kind(), Error::Kind::invalid) << "2^30 frames";
    EXPECT_EQ(error_of([&] { read(with(17, '\x7f')); }).kind(), Error::Kind::invalid) << "a frame of another size";
    EXPECT_EQ(error_of([&] { read(with(25, 0)); }).kind(), Error::Kind::invalid) << "no frame that is skipped";
    EXPECT_EQ(read(with(1, 0)), "content") << "no table at all";
}

}  // namespace
}  // namespace atelier::archive
