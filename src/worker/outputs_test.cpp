#include "worker/outputs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/files.h"

namespace atelier::worker {
namespace {

namespace fs = std::filesystem;

class OutputsTest : public testing::Test {
protected:
    OutputsTest() {
        fs::create_directories(out_);
        blobs_ = std::make_shared<store::Blobs>(
            std::shared_ptr<store::Store>(store::open_folder_store(folder_.path() / "store")));
    }

    std::unique_ptr<Outputs> watch() {
        return std::make_unique<Outputs>(std::vector<OutputPlace>{{"Out", out_, false}}, blobs_);
    }
    void write(const std::string& name, const std::string& text) {
        fs::create_directories((out_ / name).parent_path());
        std::ofstream(out_ / name) << text;
    }
    static std::vector<std::string> names(const std::vector<wire::Output>& outputs) {
        std::vector<std::string> names;
        for (const wire::Output& output : outputs)
            names.push_back(output.path);
        std::sort(names.begin(), names.end());
        return names;
    }

    TemporaryFolder folder_;
    fs::path out_ = folder_.path() / "out";
    std::shared_ptr<store::Blobs> blobs_;
};

TEST_F(OutputsTest, WhatIsNewOrChangedIsTakenOnce) {
    const auto outputs = watch();
    EXPECT_TRUE(outputs->take().empty());
    write("a", "1");
    write("deep/er/b", "2");
    const auto first = outputs->take();
    EXPECT_EQ(names(first), (std::vector<std::string>{"a", "deep/er/b"}));
    EXPECT_TRUE(blobs_->has({sha256("1"), 1}));
    EXPECT_TRUE(outputs->take().empty());
    write("a", "other");
    const auto second = outputs->take();
    ASSERT_EQ(names(second), std::vector<std::string>{"a"});
    EXPECT_EQ(second[0].digest, sha256("other").hex());
}

// Two tasks of one folder: the first to end finds what the other has half written.
TEST_F(OutputsTest, AHalfDoesNotComeAfterTheWhole) {
    const auto outputs = watch();
    write("mine", "mine");
    write("shared", "half");
    auto first = outputs->take();
    outputs->drop_superseded(first);
    EXPECT_EQ(names(first), (std::vector<std::string>{"mine", "shared"})) << "nobody has found it anew";
    write("shared", "half and half");
    auto second = outputs->take();
    outputs->drop_superseded(first);
    outputs->drop_superseded(second);
    EXPECT_EQ(names(first), std::vector<std::string>{"mine"});
    ASSERT_EQ(names(second), std::vector<std::string>{"shared"});
    EXPECT_EQ(second[0].digest, sha256("half and half").hex());
}

TEST_F(OutputsTest, ALinkThatLeadsOutIsLeftOut) {
    const auto outputs = watch();
    write("sub/file", "1");
    fs::create_symlink("file", out_ / "sub/beside");
    fs::create_symlink("../sub", out_ / "sub/inward");
    fs::create_symlink("/etc/passwd", out_ / "absolute");
    fs::create_symlink("../../out-beside/file", out_ / "sub/outward");
    fs::create_symlink("..", out_ / "up");
    EXPECT_EQ(names(outputs->take()), (std::vector<std::string>{"sub/beside", "sub/file", "sub/inward"}));
}

TEST_F(OutputsTest, WhatWasThereBeforeIsNoOutput) {
    write("old", "old");
    fs::last_write_time(out_ / "old", fs::file_time_type::clock::now() - std::chrono::hours(1));
    const auto outputs = watch();
    outputs->learn(system_clock().wall() - 60'000'000, {});
    write("new", "new");
    EXPECT_EQ(names(outputs->take()), std::vector<std::string>{"new"});
}

TEST_F(OutputsTest, AfterAKillWhatIsCommittedIsKnownAndTheRestIsFound) {
    write("committed", "12345");
    write("lost", "x");
    const auto outputs = watch();
    outputs->learn(system_clock().wall() - 60'000'000, {{"Out", "committed", sha256("12345").hex(), 5, 0644, false}});
    EXPECT_EQ(names(outputs->take()), std::vector<std::string>{"lost"});
}

TEST_F(OutputsTest, WhatIsStillBeingWrittenIsLeftToItsWriter) {
    const auto outputs = watch();
    write("done", "1");
    std::ofstream open(out_ / "open");
    open << "half" << std::flush;
    EXPECT_EQ(names(outputs->take()), std::vector<std::string>{"done"});
    open << " and whole" << std::flush;
    open.close();
    const auto rest = outputs->take();
    ASSERT_EQ(names(rest), std::vector<std::string>{"open"});
    EXPECT_EQ(rest[0].size, 14u);
}

TEST_F(OutputsTest, WhatWasRefusedIsFoundAgain) {
    const auto outputs = watch();
    write("a", "1");
    const auto taken = outputs->take();
    outputs->disclaim(taken);
    EXPECT_EQ(outputs->take(), taken);
}

TEST_F(OutputsTest, LinksAreKeptAndNotFollowed) {
    const TemporaryFolder elsewhere;
    write_file_durably(elsewhere.path() / "secret", "s");
    write("a", "1");
    fs::create_symlink("a", out_ / "link");
    fs::create_directory_symlink(elsewhere.path(), out_ / "away");
    const auto outputs = watch();
    const auto taken = outputs->take();
    EXPECT_EQ(names(taken), (std::vector<std::string>{"a", "link"})) << "one that leads out is left out";
    EXPECT_FALSE(blobs_->has({sha256("s"), 1})) << "nothing behind a link is read";
}

TEST_F(OutputsTest, NamesThatCannotBeKeptAreLeftOut) {
    const auto outputs = watch();
    write("good", "1");
    write("bad\xff", "2");
    write("back\\slash", "3");
    EXPECT_EQ(names(outputs->take()), std::vector<std::string>{"good"});
}

TEST_F(OutputsTest, OneFileMayBeAnOutput) {
    Outputs outputs({{"Film", out_ / "film.mp4", true}}, blobs_);
    write("other", "x");
    EXPECT_TRUE(outputs.take().empty());
    write("film.mp4", "film");
    EXPECT_EQ(names(outputs.take()), std::vector<std::string>{"film.mp4"});
}

TEST_F(OutputsTest, AFolderThatIsNotThereHasNothing) {
    Outputs outputs({{"Out", folder_.path() / "nowhere", false}}, blobs_);
    EXPECT_TRUE(outputs.take().empty());
}

}  // namespace
}  // namespace atelier::worker
