#include "worker/log_post.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

namespace atelier::worker {
namespace {

namespace fs = std::filesystem;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

// A farm for logs, which can be away and can refuse.
struct Farm {
    std::mutex mutex;
    std::map<std::string, std::string> logs;
    std::vector<std::string> ended;
    bool away = false;
    bool refuses = false;

    LogPost::Carrier carrier() {
        return {
            [this](const std::string& job, const std::string& session, std::uint64_t offset, std::string_view bytes) {
                const std::lock_guard lock(mutex);
                check();
                std::string& log = logs[job + "/" + session];
                if (log.size() < offset + bytes.size()) log.resize(offset + bytes.size());
                log.replace(offset, bytes.size(), bytes);
            },
            [this](const std::string& job, const std::string& session) {
                const std::lock_guard lock(mutex);
                check();
                ended.push_back(job + "/" + session);
            }};
    }
    void check() const {
        if (away) throw Error(Error::Kind::unavailable, "away");
        if (refuses) throw Error(Error::Kind::conflict, "not yours any more");
    }
    void set_away(bool value) {
        const std::lock_guard lock(mutex);
        away = value;
    }
    std::string log(const std::string& name) {
        const std::lock_guard lock(mutex);
        return logs[name];
    }
    bool wait_for_end(std::size_t count) {
        for (int i = 0; i < 6000; ++i) {
            {
                const std::lock_guard lock(mutex);
                if (ended.size() >= count) return true;
            }
            std::this_thread::sleep_for(10ms);
        }
        return false;
    }
};

class LogPostTest : public ::testing::Test {
protected:
    std::size_t files() const {
        return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_.path()), {}));
    }
    // Until it has noticed that the farm is away.
    static void wait_until_away(LogPost& post) {
        for (int i = 0; i < 100 && post.wait_sent({}, 10s); ++i) {
        }
    }

    TemporaryFolder folder_;
    Farm farm_;
};

TEST_F(LogPostTest, PiecesArriveInTheirPlaces) {
    LogPost post(folder_.path(), farm_.carrier());
    post.write("j", "a", 0, "one\n");
    post.write("j", "b", 0, "other\n");
    post.write("j", "a", 4, "two\n");
    EXPECT_TRUE(post.wait_sent({"a", "b"}, 60s));
    EXPECT_EQ(farm_.log("j/a"), "one\ntwo\n");
    EXPECT_EQ(farm_.log("j/b"), "other\n");
    post.end("j", "a");
    EXPECT_TRUE(farm_.wait_for_end(1));
    EXPECT_EQ(files(), 0u) << "the normal way costs no file";
}

TEST_F(LogPostTest, WaitingForNothingIsQuick) {
    LogPost post(folder_.path(), farm_.carrier());
    EXPECT_TRUE(post.wait_sent({}, 60s));
    EXPECT_TRUE(post.wait_sent({"unknown"}, 60s));
}

TEST_F(LogPostTest, ARepeatedPieceIsNotDoubled) {
    LogPost post(folder_.path(), farm_.carrier());
    post.write("j", "a", 0, "one\ntwo\n");
    post.write("j", "a", 0, "one\ntwo\n");
    post.write("j", "a", 4, "two\nthree\n");
    EXPECT_TRUE(post.wait_sent({}, 60s));
    EXPECT_EQ(farm_.log("j/a"), "one\ntwo\nthree\n");
}

TEST_F(LogPostTest, WhatTheFarmCannotTakeNowComesLater) {
    farm_.set_away(true);
    LogPost post(folder_.path(), farm_.carrier());
    std::string all;
    for (int i = 0; i < 1000; ++i) {
        const std::string line = "line " + std::to_string(i) + "\n";
        post.write("j", "a", all.size(), line);
        all += line;
    }
    EXPECT_FALSE(post.wait_sent({"a"}, 60s)) << "as soon as it was tried in vain";
    EXPECT_EQ(files(), 1u);
    post.write("j", "a", all.size(), "last\n");
    post.end("j", "a");
    farm_.set_away(false);
    ASSERT_TRUE(farm_.wait_for_end(1));
    EXPECT_EQ(farm_.log("j/a"), all + "last\n");
    EXPECT_EQ(files(), 0u);
}

TEST_F(LogPostTest, ALaterProcessSendsWhatIsLeft) {
    farm_.set_away(true);
    {
        LogPost post(folder_.path(), farm_.carrier());
        post.write("j", "a", 100, "left over\n");
        post.write("j/../x", "b", 0, "strange name\n");
        post.secure();
    }
    EXPECT_EQ(files(), 2u);
    farm_.set_away(false);
    LogPost post(folder_.path(), farm_.carrier());
    ASSERT_TRUE(farm_.wait_for_end(2));
    EXPECT_EQ(farm_.log("j/a").substr(100), "left over\n");
    EXPECT_EQ(farm_.log("j/../x/b"), "strange name\n");
    EXPECT_EQ(files(), 0u);
}

TEST_F(LogPostTest, ALogThatIsNotWantedAnyMoreIsForgotten) {
    farm_.refuses = true;
    LogPost post(folder_.path(), farm_.carrier());
    post.write("j", "a", 0, "one\n");
    EXPECT_TRUE(post.wait_sent({"a"}, 60s));
    post.write("j", "a", 4, "two\n");
    EXPECT_TRUE(post.wait_sent({"a"}, 60s));
    post.end("j", "a");
    EXPECT_EQ(files(), 0u);
    EXPECT_EQ(farm_.log("j/a"), "");
}

TEST_F(LogPostTest, MuchOutputGoesThroughAFile) {
    farm_.set_away(true);
    LogPost post(folder_.path(), farm_.carrier());
    const std::string piece(1u << 20, 'x');
    for (std::uint64_t i = 0; i < 20; ++i)
        post.write("j", "a", i * piece.size(), piece);
    wait_until_away(post);
    farm_.set_away(false);
    post.end("j", "a");
    ASSERT_TRUE(farm_.wait_for_end(1));
    EXPECT_EQ(farm_.log("j/a"), std::string(20u << 20, 'x'));
    EXPECT_EQ(files(), 0u);
}

TEST_F(LogPostTest, ForeignFilesAreLeftAlone) {
    write_file_durably(folder_.path() / "README", "mine");
    write_file_durably(folder_.path() / "a,b,c", "mine");
    write_file_durably(folder_.path() / "j,empty,0", "");
    const LogPost post(folder_.path(), farm_.carrier());
    EXPECT_TRUE(farm_.wait_for_end(1));
    EXPECT_EQ(files(), 2u);
}

TEST_F(LogPostTest, AFullDiskCostsTheLogAndNothingElse) {
    farm_.set_away(true);
    LogPost post(folder_.path() / "gone", farm_.carrier());
    fs::remove_all(folder_.path() / "gone");
    post.write("j", "a", 0, "one\n");
    wait_until_away(post);
    post.write("j", "a", 4, "two\n");
    farm_.set_away(false);
    post.write("j", "b", 0, "next\n");
    EXPECT_TRUE(post.wait_sent({"a"}, 60s));
    fs::create_directory(folder_.path() / "gone");
}

}  // namespace
}  // namespace atelier::worker
