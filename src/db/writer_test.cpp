#include "db/writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <future>
#include <random>
#include <set>
#include <thread>

#include "base/files.h"
#include "base/testing.h"

namespace atelier::db {
namespace {

namespace fs = std::filesystem;

constexpr auto add = "INSERT INTO things (id) VALUES ($1)";
constexpr auto all = "SELECT id FROM things ORDER BY id";

std::optional<Error::Kind> kind_of(const std::exception_ptr& problem) {
    if (!problem) return std::nullopt;
    try {
        std::rethrow_exception(problem);
    } catch (const Error& error) {
        return error.kind();
    } catch (...) {
        return std::nullopt;
    }
}

void make_tables(Connection& connection) {
    connection.script(
        "CREATE TABLE IF NOT EXISTS things (id BIGINT PRIMARY KEY, name TEXT);"
        "CREATE TABLE IF NOT EXISTS parts (thing BIGINT NOT NULL REFERENCES things (id))");
}

// The writer's thread stands still until this goes out of scope: what is posted meanwhile becomes one group.
class Pause {
public:
    explicit Pause(Writer& writer) {
        std::promise<void> started;
        auto wait = [&started, go_on = go_on_.get_future().share()](Connection&) {
            started.set_value();
            go_on.wait();
        };
        auto begun = started.get_future();
        writer.post(wait, {});
        begun.wait();
    }
    ~Pause() { go_on_.set_value(); }

private:
    std::promise<void> go_on_;
};

class WriterTest : public testing::Test {
protected:
    void SetUp() override { make_tables(*open(url())); }
    std::string url() const { return (folder_.path() / "farm.db").string(); }
    std::vector<std::int64_t> ids() const {
        std::vector<std::int64_t> found;
        open(url())->each<std::int64_t>(all, [&](std::int64_t id) { found.push_back(id); });
        return found;
    }
    TemporaryFolder folder_;
};

TEST_F(WriterTest, GivesBackWhatTheChangeGives) {
    Writer writer(open(url()));
    writer.run([](Connection& connection) { connection.run(add, 1); });
    const auto count = writer.run([](Connection& connection) { return connection.rows<int>(all).size(); });
    EXPECT_EQ(count, 1u);
    EXPECT_THROW(writer.run([](Connection& connection) { connection.run(add, 1); }), Error);
    EXPECT_EQ(ids(), std::vector<std::int64_t>{1});
}

TEST_F(WriterTest, ManyThreadsLoseNothing) {
    constexpr int threads = 8;
    constexpr int each = 200;
    std::atomic<int> told = 0;
    {
        Writer writer(open(url()));
        std::vector<std::jthread> posters;
        for (int t = 0; t < threads; ++t)
            posters.emplace_back([&, t] {
                for (int i = 0; i < each; ++i) {
                    const auto id = t * each + i;
                    const auto durability = i % 3 == 0 ? Durability::relaxed : Durability::durable;
                    if (i % 10 == 0)
                        writer.run([id](Connection& connection) { connection.run(add, id); }, durability), ++told;
                    else
                        writer.post([id](Connection& connection) { connection.run(add, id); },
                                    [&](std::exception_ptr problem) { told += problem ? 0 : 1; }, durability);
                }
            });
    }
    EXPECT_EQ(told, threads * each);
    EXPECT_EQ(ids().size(), static_cast<std::size_t>(threads * each));
}

TEST_F(WriterTest, RunsAndTellsInTheOrderOfPosting) {
    std::vector<int> ran;
    std::vector<int> told;
    {
        Writer writer(open(url()));
        for (int i = 0; i < 500; ++i)
            writer.post([&ran, i](Connection&) { ran.push_back(i); },
                        [&told, i](std::exception_ptr) { told.push_back(i); },
                        i % 2 == 0 ? Durability::relaxed : Durability::durable);
    }
    EXPECT_EQ(ran.size(), 500u);
    EXPECT_TRUE(std::is_sorted(ran.begin(), ran.end()));
    EXPECT_EQ(ran, told);
}

TEST_F(WriterTest, TellsOnlyWhatOthersCanSee) {
    Writer writer(open(url()));
    const auto reader = open(url(), Access::read_only);
    for (int i = 0; i < 20; ++i) {
        writer.run([i](Connection& connection) { connection.run(add, i); });
        EXPECT_EQ(reader->rows<int>(all).size(), static_cast<std::size_t>(i + 1));
    }
}

TEST_F(WriterTest, AFailingChangeSpoilsOnlyItself) {
    std::vector<std::optional<Error::Kind>> told;
    const auto remember = [&](std::exception_ptr problem) { told.push_back(kind_of(problem)); };
    int failed_groups = 0;
    {
        Writer writer(open(url()), [&](Connection&) { ++failed_groups; });
        const Pause pause(writer);
        writer.post([](Connection& connection) { connection.run(add, 1); }, remember);
        writer.post(
            [](Connection& connection) {
                connection.run(add, 2);
                connection.run(add, 1);  // a conflict, after a part was done
            },
            remember);
        writer.post([](Connection& connection) { connection.run(add, 3); }, remember);
    }
    EXPECT_EQ(told, (std::vector<std::optional<Error::Kind>>{std::nullopt, Error::Kind::conflict, std::nullopt}));
    EXPECT_EQ(ids(), (std::vector<std::int64_t>{1, 3}));
    EXPECT_EQ(failed_groups, 0);
}

// A reference to nowhere that is only checked at the end makes COMMIT itself fail.
void break_the_commit(Connection& connection) {
    connection.script("PRAGMA defer_foreign_keys = ON");
    connection.run("INSERT INTO parts VALUES ($1)", 99);
}

TEST_F(WriterTest, AFailingCommitFailsItsGroupAndTheWriterLivesOn) {
    std::vector<std::string> happened;
    const auto tell = [&](const char* name) {
        return [&happened, name](std::exception_ptr problem) {
            happened.push_back(name + std::string(problem ? " failed" : " done"));
        };
    };
    std::promise<void> told_of_second;
    Writer writer(open(url()), [&](Connection& connection) {
        happened.push_back("group failed, " + std::to_string(connection.rows<int>(all).size()) + " rows");
        throw std::runtime_error("nor can memory be rebuilt");
    });
    {
        const Pause pause(writer);
        writer.post([](Connection& connection) { connection.run(add, 1); }, tell("first"));
        writer.post(break_the_commit, [&, tell_second = tell("second")](std::exception_ptr problem) {
            tell_second(problem);
            told_of_second.set_value();
        });
    }
    told_of_second.get_future().wait();
    EXPECT_THROW(writer.run(break_the_commit), Error) << "alone as well";
    writer.run([](Connection& connection) { connection.run(add, 2); });
    EXPECT_EQ(happened, (std::vector<std::string>{"group failed, 0 rows", "first failed", "second failed",
                                                  "group failed, 0 rows"}));
    EXPECT_EQ(ids(), std::vector<std::int64_t>{2});
}

TEST_F(WriterTest, AChangeThatLosesTheTransactionFailsTheGroup) {
    int failed_groups = 0;
    std::vector<bool> told;
    const auto remember = [&](std::exception_ptr problem) { told.push_back(problem == nullptr); };
    {
        Writer writer(open(url()), [&](Connection&) { ++failed_groups; });
        {
            const Pause pause(writer);
            writer.post([](Connection& connection) { connection.run(add, 1); }, remember);
            writer.post([](Connection& connection) { connection.rollback(); }, remember);
        }
        writer.post([](Connection& connection) { connection.rollback(); }, remember);
    }
    EXPECT_EQ(told, (std::vector<bool>{false, false, false}));
    EXPECT_GE(failed_groups, 1);
    EXPECT_TRUE(ids().empty());
}

TEST_F(WriterTest, SurvivesADoneThatThrowsAndOneThatPosts) {
    Writer writer(open(url()));
    writer.post([](Connection&) {}, [](std::exception_ptr) { throw std::runtime_error("oops"); });
    std::promise<void> second;
    writer.post([](Connection&) {},
                [&](std::exception_ptr) {
                    writer.post([](Connection& connection) { connection.run(add, 5); },
                                [&](std::exception_ptr) { second.set_value(); });
                });
    second.get_future().wait();
    EXPECT_EQ(ids(), std::vector<std::int64_t>{5});
}

TEST_F(WriterTest, RelaxedChangesJoinTheNextDurableGroupOrGoAlone) {
    Writer writer(open(url()));
    std::atomic<bool> relaxed_told = false;
    writer.post([](Connection& connection) { connection.run(add, 1); },
                [&](std::exception_ptr) { relaxed_told = true; }, Durability::relaxed);
    writer.run([](Connection& connection) { connection.run(add, 2); });
    EXPECT_TRUE(relaxed_told) << "it was posted before";
    const auto sync =
        writer.run([](Connection& connection) { return std::get<0>(*connection.row<int>("PRAGMA synchronous")); },
                   Durability::relaxed);
    EXPECT_EQ(sync, 1) << "committed without a sync";
    EXPECT_EQ(
        writer.run([](Connection& connection) { return std::get<0>(*connection.row<int>("PRAGMA synchronous")); }), 2);
}

TEST_F(WriterTest, WaitsWhileAnotherProgramHoldsTheLock) {
    Writer writer(open(url()));
    const auto other = open(url());
    auto lock = std::make_optional<Transaction>(*other);
    std::atomic<int> told = 0;
    for (int i = 0; i < 10; ++i)
        writer.post([i](Connection& connection) { connection.run(add, i); },
                    [&](std::exception_ptr problem) { told += problem ? 0 : 1; });
    std::this_thread::sleep_for(std::chrono::seconds(2));
    EXPECT_EQ(told, 0);
    lock.reset();
    writer.run([](Connection&) {});
    EXPECT_EQ(told, 10);
    EXPECT_EQ(ids().size(), 10u);
}

TEST_F(WriterTest, AFullDiskIsToldAndWorkGoesOnWhenThereIsSpaceAgain) {
    const fs::path folder = folder_.path() / "disk";
    const testing_support::SmallDisk disk(folder);
    if (!disk.mounted()) GTEST_SKIP() << "a small file system can be mounted by root only";
    const std::string database = (folder / "farm.db").string();
    make_tables(*open(database));
    write_file_durably(folder / "ballast", std::string(1u << 20, 'x'));
    std::set<int> done;
    int failed_groups = 0;
    std::optional<Error> problem;
    Writer writer(open(database), [&](Connection&) { ++failed_groups; });
    const auto insert = [&](int id) {
        writer.run([id](Connection& connection) {
            connection.run("INSERT INTO things VALUES ($1, $2)", id, std::string(10'000, 'x'));
        });
        done.insert(id);
    };
    for (int id = 0; id < 1000 && !problem; ++id) {
        try {
            insert(id);
        } catch (const Error& error) {
            problem = error;
        }
    }
    ASSERT_TRUE(problem) << "the disk never became full";
    EXPECT_EQ(problem->kind(), Error::Kind::exhausted) << problem->what();
    EXPECT_GE(failed_groups, 1);
    fs::remove(folder / "ballast");
    insert(5000);
    const auto reader = open(database, Access::read_only);
    std::set<int> found;
    reader->each<int>(all, [&](int id) { found.insert(id); });
    EXPECT_EQ(found, done);
    EXPECT_EQ(reader->row<std::string>("PRAGMA integrity_check"), std::tuple("ok"));
}

// Writes the number of each change that was told to be done into the pipe, until it is killed.
[[noreturn]] void post_until_killed(const std::string& url, std::int64_t first, int pipe) {
    Writer writer(open(url));
    std::atomic<std::int64_t> next = first;
    const auto work = [&] {
        for (;;) {
            const std::int64_t id = next++;
            writer.run([id](Connection& connection) { connection.run(add, id); });
            if (::write(pipe, &id, sizeof id) != sizeof id) ::_exit(1);
        }
    };
    std::jthread one(work), two(work), three(work);
    one.join();
    ::_exit(1);
}

TEST_F(WriterTest, WhatWasToldIsThereAfterAKill) {
    std::mt19937 random(20261121);
    std::set<std::int64_t> told;
    for (int round = 0; round < 5; ++round) {
        int ends[2];
        ASSERT_EQ(::pipe(ends), 0);
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            ::close(ends[0]);
            post_until_killed(url(), 1'000'000 * (round + 1), ends[1]);
        }
        ::close(ends[1]);
        const std::size_t enough = told.size() + 20 + random() % 100;
        std::int64_t id = 0;
        while (::read(ends[0], &id, sizeof id) == sizeof id) {
            told.insert(id);
            if (told.size() == enough) ::kill(child, SIGKILL);
        }
        ::close(ends[0]);
        ::waitpid(child, nullptr, 0);
        ASSERT_GE(told.size(), enough) << "the child ended by itself";
        const auto there = ids();
        EXPECT_TRUE(std::includes(there.begin(), there.end(), told.begin(), told.end()));
    }
    EXPECT_EQ(open(url())->row<std::string>("PRAGMA integrity_check"), std::tuple("ok"));
}

}  // namespace
}  // namespace atelier::db
