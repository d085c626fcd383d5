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
#include "db/testing_postgres.h"

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
        "CREATE TABLE IF NOT EXISTS parts (thing BIGINT NOT NULL REFERENCES things (id) DEFERRABLE INITIALLY "
        "DEFERRED)");
}

// The writer's thread stands still until this goes out of scope: what is posted meanwhile becomes one group.
class Pause {
public:
    explicit Pause(Writer& writer) {
        std::promise<void> started;
        auto wait = [&started, go_on = go_on_.get_future().share(), first = true](Connection&) mutable {
            if (std::exchange(first, false)) started.set_value();
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

enum class Backend { sqlite, postgres };

class WriterTest : public testing::TestWithParam<Backend> {
protected:
    void SetUp() override {
        url_ = GetParam() == Backend::sqlite ? (folder_.path() / "farm.db").string()
                                             : testing_support::PostgresServer::shared().fresh_url();
        make_tables(*open(url_));
    }
    std::string url() const { return url_; }
    static bool commits_durably(Connection& connection) {
        if (GetParam() == Backend::sqlite) return std::get<0>(*connection.row<int>("PRAGMA synchronous")) == 2;
        return std::get<0>(*connection.row<std::string>("SHOW synchronous_commit")) == "on";
    }
    std::vector<std::int64_t> ids() const {
        std::vector<std::int64_t> found;
        open(url())->each<std::int64_t>(all, [&](std::int64_t id) { found.push_back(id); });
        return found;
    }
    TemporaryFolder folder_;
    std::string url_;
};

INSTANTIATE_TEST_SUITE_P(Backends, WriterTest, testing::Values(Backend::sqlite, Backend::postgres),
                         [](const auto& instance) {
                             return instance.param == Backend::sqlite ? "sqlite" : "postgres";
                         });

TEST_P(WriterTest, GivesBackWhatTheChangeGives) {
    Writer writer(open(url()));
    writer.run([](Connection& connection) { connection.run(add, 1); });
    const auto count = writer.run([](Connection& connection) { return connection.rows<int>(all).size(); });
    EXPECT_EQ(count, 1u);
    EXPECT_THROW(writer.run([](Connection& connection) { connection.run(add, 1); }), Error);
    EXPECT_EQ(ids(), std::vector<std::int64_t>{1});
}

TEST_P(WriterTest, ManyThreadsLoseNothing) {
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

TEST_P(WriterTest, RunsAndTellsInTheOrderOfPosting) {
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

TEST_P(WriterTest, TellsOnlyWhatOthersCanSee) {
    Writer writer(open(url()));
    const auto reader = open(url(), Access::read_only);
    for (int i = 0; i < 20; ++i) {
        writer.run([i](Connection& connection) { connection.run(add, i); });
        EXPECT_EQ(reader->rows<int>(all).size(), static_cast<std::size_t>(i + 1));
    }
}

TEST_P(WriterTest, AFailingChangeSpoilsOnlyItself) {
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
    EXPECT_EQ(failed_groups, GetParam() == Backend::sqlite ? 0 : 1) << "begun anew, with savepoints";
}

TEST_P(WriterTest, AChangeThatFailsBeforeItWritesLetsItsGroupGoOn) {
    int ran = 0;
    int failed_groups = 0;
    std::vector<bool> told;
    const auto remember = [&](std::exception_ptr problem) { told.push_back(problem == nullptr); };
    {
        Writer writer(open(url()), [&](Connection&) { ++failed_groups; });
        const Pause pause(writer);
        writer.post([&](Connection& connection) { connection.send(add, ++ran); }, remember);
        writer.post(
            [](Connection& connection) {
                connection.rows<int>(all);
                throw Error(Error::Kind::denied, "not you");
            },
            remember);
        writer.post([&](Connection& connection) { connection.send(add, ++ran); }, remember);
    }
    EXPECT_EQ(told, (std::vector<bool>{true, false, true}));
    EXPECT_EQ(ids(), (std::vector<std::int64_t>{1, 2}));
    EXPECT_EQ(failed_groups, 0);
}

TEST_P(WriterTest, TellsOnceForAGroupThatItIsOver) {
    std::atomic<int> over = 0;
    std::vector<int> seen;
    {
        Writer writer(open(url()), {}, [&] { ++over; });
        const Pause pause(writer);
        for (int id = 0; id < 10; ++id)
            writer.post([id](Connection& connection) { connection.send(add, id); },
                        [&](std::exception_ptr) { seen.push_back(over); });
    }
    ASSERT_EQ(seen.size(), 10u);
    EXPECT_EQ(seen.front(), seen.back()) << "before anybody of the group was told";
    EXPECT_GE(seen.front(), 1);
}

// A reference to nowhere that is only checked at the end makes COMMIT itself fail.
void break_the_commit(Connection& connection) { connection.run("INSERT INTO parts VALUES ($1)", 99); }

TEST_P(WriterTest, AFailingCommitFailsItsGroupAndTheWriterLivesOn) {
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

TEST_P(WriterTest, AChangeThatLosesTheTransactionFailsTheGroup) {
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

TEST_P(WriterTest, SurvivesADoneThatThrowsAndOneThatPosts) {
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

TEST_P(WriterTest, RelaxedChangesJoinTheNextDurableGroupOrGoAlone) {
    Writer writer(open(url()));
    std::atomic<bool> relaxed_told = false;
    writer.post([](Connection& connection) { connection.run(add, 1); },
                [&](std::exception_ptr) { relaxed_told = true; }, Durability::relaxed);
    writer.run([](Connection& connection) { connection.run(add, 2); });
    EXPECT_TRUE(relaxed_told) << "it was posted before";
    EXPECT_FALSE(writer.run(commits_durably, Durability::relaxed)) << "committed without a sync";
    EXPECT_TRUE(writer.run(commits_durably));
}

TEST_P(WriterTest, WaitsWhileAnotherProgramHoldsTheLock) {
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

TEST_P(WriterTest, AFullDiskIsToldAndWorkGoesOnWhenThereIsSpaceAgain) {
    if (GetParam() != Backend::sqlite) GTEST_SKIP() << "the disk is the server's";
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

TEST_P(WriterTest, WhatWasToldIsThereAfterAKill) {
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
    if (GetParam() == Backend::sqlite) {
        EXPECT_EQ(open(url())->row<std::string>("PRAGMA integrity_check"), std::tuple("ok"));
    }
}

// In a pipeline it shows at the commit that one of many has failed.
TEST_P(WriterTest, AChangeWhoseSentStatementsFailSpoilsOnlyItself) {
    std::vector<std::optional<Error::Kind>> told;
    const auto remember = [&](std::exception_ptr problem) { told.push_back(kind_of(problem)); };
    int rebuilt = 0;
    {
        Writer writer(open(url()), [&](Connection&) { ++rebuilt; });
        const Pause pause(writer);
        for (const int id : {1, 2, 1, 3})
            writer.post([id](Connection& connection) { connection.send(add, id); }, remember);
        const auto write_twice = [](Connection& connection) {
            connection.run(add, 4);
            connection.send(add, 2);
        };
        writer.post(write_twice, remember);
        writer.post([](Connection& connection) { connection.send(add, 5); }, remember);
    }
    using Kinds = std::vector<std::optional<Error::Kind>>;
    EXPECT_EQ(told, (Kinds{std::nullopt, std::nullopt, Error::Kind::conflict, std::nullopt, Error::Kind::conflict,
                           std::nullopt}));
    EXPECT_EQ(ids(), (std::vector<std::int64_t>{1, 2, 3, 5}));
    EXPECT_EQ(rebuilt, GetParam() == Backend::sqlite ? 0 : 3) << "once for all, and once for each that failed";
}

TEST(WriterOnPostgres, GoesOnWhenTheServerIsBack) {
    testing_support::PostgresServer server(testing_support::PostgresServer::Sync::on);
    const std::string url = server.fresh_url();
    make_tables(*open(url));
    std::set<int> told;
    int failed = 0;
    std::atomic<bool> stop = false;
    Writer writer(open(url));
    std::thread work([&] {
        for (int id = 0; !stop; ++id) {
            try {
                writer.run([&](Connection& connection) { connection.send(add, id); });
                told.insert(id);
            } catch (const Error& error) {
                EXPECT_EQ(error.kind(), Error::Kind::unavailable) << error.what();
                ++failed;
                std::this_thread::sleep_for(std::chrono::milliseconds(10));
            }
        }
    });
    for (const bool crash : {false, true, false}) {
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
        crash ? server.kill() : server.stop();
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        server.start();
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    stop = true;
    work.join();
    EXPECT_GT(failed, 0);
    std::set<int> there;
    open(url)->each<int>(all, [&](int id) { there.insert(id); });
    EXPECT_TRUE(std::includes(there.begin(), there.end(), told.begin(), told.end()));
    EXPECT_GT(told.size(), 3u);
}

}  // namespace
}  // namespace atelier::db
