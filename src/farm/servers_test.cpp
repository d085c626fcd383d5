// Several servers on one PostgreSQL: one schedules, another takes over when it dies, and nothing is lost on the way.
#include "farm/servers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "base/testing.h"
#include "farm/farm.h"
#include "farm/testing.h"

namespace atelier::farm {
namespace {

using testing::FakeWorker;
using testing::submission;
using testing_support::error_of;
using testing_support::PostgresServer;
using std::chrono_literals::operator""ms;

constexpr int patience = 6000;  // times 10 ms

bool eventually(const std::function<bool()>& is_true) {
    for (int i = 0; i < patience; ++i) {
        if (is_true()) return true;
        std::this_thread::sleep_for(10ms);
    }
    return false;
}

class FarmServers : public ::testing::Test {
protected:
    FarmOptions options(const std::string& url) const {
        return {{folder_.path()}, {}, &system_clock(), database_, url};
    }

    // A server in a process of its own, which schedules until it is killed.
    pid_t start_process(const std::string& url) const {
        const pid_t child = ::fork();
        if (child != 0) return child;
        const Farm farm(options(url));
        for (;;)
            ::pause();
    }

    // Asks as a worker does that is told to try again, and gives what is left to be told.
    static bool exchange(Farm& farm, FakeWorker& worker) {
        try {
            ++worker.request.sequence;
            worker.take(farm.exchange(worker.request));
            return true;
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), Error::Kind::unavailable) << error.what();
            return false;
        }
    }

    static void work_off(Farm& farm, FakeWorker& worker, const std::string& job) {
        const bool done = eventually([&] {
            if (exchange(farm, worker)) worker.end_all(ResultClass::succeeded);
            bool succeeded = false;
            try {
                farm.read([&](db::Connection& connection) {
                    succeeded = job_by_id(connection, job).state == JobState::succeeded;
                });
            } catch (const Error& error) {
                EXPECT_EQ(error.kind(), Error::Kind::unavailable) << error.what();
            }
            return succeeded;
        });
        EXPECT_TRUE(done);
    }

    TemporaryFolder folder_;
    PostgresServer server_{PostgresServer::Sync::on};
    const std::string database_ = server_.fresh_url();
};

TEST_F(FarmServers, OneSchedulesAndTheOthersSayWho) {
    auto first = std::make_unique<Farm>(options("http://first"));
    Farm second(options("http://second"));
    EXPECT_TRUE(first->schedules());
    EXPECT_FALSE(second.schedules());
    EXPECT_EQ(second.scheduler_url(), "http://first");
    const auto refused = error_of([&] { second.submit(submission(1)); });
    EXPECT_EQ(refused.kind(), Error::Kind::unavailable);
    EXPECT_THAT(refused.what(), ::testing::HasSubstr("http://first"));
    const std::string job = first->submit(submission(2));
    second.read([&](db::Connection& connection) { EXPECT_EQ(job_by_id(connection, job).state, JobState::ready); });
    first.reset();
    EXPECT_TRUE(eventually([&] { return second.schedules(); }));
    EXPECT_TRUE(eventually([&] { return second.scheduler_url() == "http://second"; }));
    FakeWorker worker("w", 1);
    work_off(second, worker, job);
}

TEST_F(FarmServers, AnotherTakesOverWhenOneIsKilled) {
    const pid_t first = start_process("http://first");
    ASSERT_GT(first, 0);
    ASSERT_TRUE(eventually([&] {
        const auto connection = db::open(database_);
        return db::has_table(*connection, "servers") && scheduler_url(*connection) == "http://first";
    }));
    Farm second(options("http://second"));
    EXPECT_FALSE(second.schedules());
    ::kill(first, SIGKILL);
    ::waitpid(first, nullptr, 0);
    const Steady died = system_clock().steady();
    EXPECT_TRUE(eventually([&] { return second.schedules(); }));
    EXPECT_LT(seconds_between(died, system_clock().steady()), 10) << "promised in docs/farm.md";
    EXPECT_NO_THROW(second.submit(submission(1)));
}

TEST_F(FarmServers, GoesOnWhenItsDatabaseIsStartedAnew) {
    Farm farm(options("http://only"));
    Farm standby(options("http://standby"));
    const std::string job = farm.submit(submission(300));
    FakeWorker worker("w", 4);
    std::atomic<bool> broken = false;
    std::thread work([&] {  // whoever of the two schedules now is asked, as a worker's requests are relayed
        while (!broken)
            if (exchange(farm.schedules() ? farm : standby, worker))
                worker.end_all(ResultClass::succeeded);
            else
                std::this_thread::sleep_for(10ms);
    });
    for (const bool crash : {false, true}) {
        std::this_thread::sleep_for(100ms);
        crash ? server_.kill() : server_.stop();
        std::this_thread::sleep_for(100ms);
        server_.start();
    }
    broken = true;
    work.join();
    EXPECT_TRUE(eventually([&] { return farm.schedules() != standby.schedules(); })) << "never both";
    Farm& scheduler = farm.schedules() ? farm : standby;
    work_off(scheduler, worker, job);
    const auto connection = db::open(database_);
    EXPECT_EQ(connection->row<int>("SELECT count(*) FROM attempts WHERE result = 0"), std::tuple(300));
    EXPECT_EQ(connection->row<int>("SELECT count(*) FROM tasks WHERE state = 5"), std::tuple(300));
}

}  // namespace
}  // namespace atelier::farm
