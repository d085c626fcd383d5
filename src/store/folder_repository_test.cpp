// The folder keeps what every repository promises, and what is its own: links, kills, other processes.
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <random>
#include <thread>

#include "base/text.h"
#include "store/repository_contract.h"

namespace atelier::store {
namespace {

namespace fs = std::filesystem;
using testing_support::error_of;

std::unique_ptr<Repository> open_below_temporary(int number) {
    static const TemporaryFolder folder;
    return open_folder_repository(folder.path() / std::to_string(number) / "site");
}

INSTANTIATE_TEST_SUITE_P(Folder, RepositoryContract, testing::Values(RepositoryKind{"folder", open_below_temporary}),
                         [](const auto& kind) { return kind.param.name; });

class FolderRepositoryTest : public testing::Test {
protected:
    static Upload text(const std::string& name, const std::string& content) {
        return {name, {}, content, "text/plain", ""};
    }
    void publish(const std::vector<Upload>& uploads) { repository_->publish(uploads); }
    std::vector<std::string> all_names() const {
        std::vector<std::string> names;
        for (const auto& entry : fs::recursive_directory_iterator(root_))
            if (!entry.is_directory()) names.push_back(entry.path().lexically_relative(root_).generic_string());
        std::sort(names.begin(), names.end());
        return names;
    }

    TemporaryFolder folder_;
    fs::path root_ = folder_.path() / "site";
    std::unique_ptr<Repository> repository_ = open_folder_repository(root_);
};

TEST_F(FolderRepositoryTest, OthersMayReadWhatIsPublished) {
    publish({text("a/b", "x")});
    struct stat info {};
    ASSERT_EQ(::stat((root_ / "a/b").c_str(), &info), 0);
    const mode_t mask = ::umask(0);
    ::umask(mask);
    EXPECT_EQ(info.st_mode & 0777, 0666 & ~mask);
}

TEST_F(FolderRepositoryTest, NothingIsLeftOver) {
    publish({text("a/b", "x"), text("c", "y")});
    EXPECT_TRUE(repository_->publish_if(text("d", "z"), std::nullopt));
    EXPECT_FALSE(repository_->publish_if(text("d", "z"), std::nullopt));
    testing_support::error_of([&] { publish({text("e", "x"), {"f", folder_.path() / "none", "", "", ""}}); });
    EXPECT_THAT(all_names(), testing::ElementsAre("a/b", "c", "d"));
    std::size_t entries = 0;
    for ([[maybe_unused]] const auto& entry : fs::directory_iterator(root_))
        ++entries;
    EXPECT_EQ(entries, 3u);
}

TEST_F(FolderRepositoryTest, NoLinkLeadsOut) {
    const fs::path outside = folder_.path() / "outside";
    fs::create_directory(outside);
    publish({text("a", "x")});
    fs::create_directory_symlink(outside, root_ / "out");
    fs::create_symlink(outside / "secret", root_ / "file");
    EXPECT_EQ(error_of([&] { publish({text("out/x", "y")}); }).kind(), Error::Kind::invalid);
    EXPECT_EQ(error_of([&] { publish({text("out/deep/x", "y")}); }).kind(), Error::Kind::invalid);
    EXPECT_EQ(error_of([&] { repository_->remove("out/x"); }).kind(), Error::Kind::invalid);
    write_file_durably(outside / "secret", "secret");
    EXPECT_EQ(error_of([&] { repository_->read("out/secret", 100); }).kind(), Error::Kind::invalid);
    EXPECT_EQ(error_of([&] { repository_->read("file", 100); }).kind(), Error::Kind::invalid);
    EXPECT_EQ(error_of([&] { repository_->head("file"); }).kind(), Error::Kind::invalid);
    publish({text("file", "ours")});  // replaces the link, not what it leads to
    EXPECT_EQ(read_file(outside / "secret"), "secret");
    std::vector<std::string> listed;
    repository_->list("", [&](const PublishedFile& file) { listed.push_back(file.name); });
    EXPECT_THAT(listed, testing::ElementsAre("a", "file"));
    EXPECT_THAT(repository_->folders(""), testing::IsEmpty());
}

TEST_F(FolderRepositoryTest, WhatIsInTheWayIsNamed) {
    publish({text("a/b", "x")});
    const Error folder = error_of([&] { publish({text("a", "y")}); });
    EXPECT_EQ(folder.kind(), Error::Kind::conflict);
    EXPECT_THAT(folder.what(), testing::HasSubstr("is in the way"));
    EXPECT_EQ(error_of([&] { publish({text("a/b/c", "y")}); }).kind(), Error::Kind::conflict);
    EXPECT_EQ(error_of([&] { publish({text(".atelier-publishing-x/c", "y")}); }).kind(), Error::Kind::invalid);
    EXPECT_EQ(error_of([&] { publish({{"c", "/dev/null", "", "", ""}}); }).kind(), Error::Kind::invalid);
}

TEST_F(FolderRepositoryTest, AFullDiskIsTold) {
    const testing_support::SmallDisk disk(folder_.path() / "disk");
    if (!disk.mounted()) GTEST_SKIP() << "only root can mount a small disk";
    const auto repository = open_folder_repository(folder_.path() / "disk/site");
    const std::vector<Upload> good{text("a", "before")};
    repository->publish(good);
    const std::vector<Upload> large{text("a", std::string(4u << 20, 'x'))};
    EXPECT_EQ(error_of([&] { repository->publish(large); }).kind(), Error::Kind::exhausted);
    EXPECT_EQ(repository->read("a", 100), "before");
}

// The same content in every file of a round: who reads sees the files of rounds, whole.
std::string content_of(int round, int file) {
    return "round " + std::to_string(round) + ' ' + std::string(static_cast<std::size_t>(3000 + file * 7), 'x') +
           " end";
}

// A byte goes into the pipe after each round.
[[noreturn]] void publish_for_ever(const fs::path& root, int pipe) {
    const auto repository = open_folder_repository(root);
    for (int round = 0;; ++round) {
        std::vector<Upload> uploads;
        for (int i = 0; i < 200; ++i)
            uploads.push_back({std::to_string(i % 7) + "/" + std::to_string(i), {}, content_of(round, i), "", ""});
        repository->publish(uploads);
        if (::write(pipe, "x", 1) != 1) ::_exit(1);
    }
}

TEST_F(FolderRepositoryTest, AKillLeavesWholeFiles) {
    std::mt19937 chance(1);
    std::size_t seen = 0;
    for (int round = 0; round < 12; ++round) {
        int ends[2];
        ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
        const Fd from(ends[0]), to(ends[1]);
        const pid_t child = ::fork();
        if (child == 0) publish_for_ever(root_, to.get());
        char byte = 0;
        ASSERT_EQ(::read(from.get(), &byte, 1), 1);
        std::this_thread::sleep_for(std::chrono::microseconds(chance() % 60'000));
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        repository_->list("", [&](const PublishedFile& file) {
            ++seen;
            const std::string content = repository_->read(file.name, 100'000);
            const auto words = split(content, ' ');
            ASSERT_EQ(words.size(), 4u) << file.name;
            const auto file_number = parse_int(file.name.substr(file.name.rfind('/') + 1));
            EXPECT_EQ(content, content_of(static_cast<int>(*parse_int(words[1])), static_cast<int>(*file_number)));
        });
    }
    EXPECT_GT(seen, 0u);
    publish({text("after", "x")});  // what was left backstage goes with the next
    for (const auto& entry : fs::directory_iterator(root_))
        EXPECT_FALSE(entry.path().filename().string().starts_with('.')) << entry.path();
}

TEST_F(FolderRepositoryTest, TwoProcessesAtOnce) {
    constexpr int processes = 3, rounds = 15;
    std::vector<pid_t> children;
    for (int p = 0; p < processes; ++p) {
        const pid_t child = ::fork();
        children.push_back(child);
        if (child != 0) continue;
        const auto mine = open_folder_repository(root_);
        for (int i = 0; i < rounds;) {
            const auto head = mine->head("index");
            const std::string before = head ? mine->read("index", 10'000) : "";
            const std::vector<Upload> others{text("p" + std::to_string(p) + "/" + std::to_string(i), "x"),
                                             text("same/file", "y")};
            mine->publish(others);
            if (mine->publish_if(text("index", before + "x"), head ? std::optional(head->tag) : std::nullopt)) ++i;
        }
        ::_exit(0);
    }
    for (const pid_t child : children) {
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    EXPECT_EQ(repository_->read("index", 10'000).size(), std::size_t{processes * rounds});
    EXPECT_EQ(all_names().size(), std::size_t{processes * rounds + 2});
}

TEST(ContentType, ByExtension) {
    EXPECT_EQ(content_type_of("a/0_0.png"), "image/png");
    EXPECT_EQ(content_type_of("THUMB.JPG"), "image/jpeg");
    EXPECT_EQ(content_type_of("index.wtml"), "application/x-wtml+xml");
    EXPECT_EQ(content_type_of("none"), "application/octet-stream");
    EXPECT_EQ(content_type_of(""), "application/octet-stream");
}

}  // namespace
}  // namespace atelier::store
