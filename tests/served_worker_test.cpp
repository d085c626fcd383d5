// Remote workers that are killed, stand still, are cut off from the server, or are told to leave, in the middle of a
// job: what they had is done by others, once; what they had finished still counts.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <csignal>
#include <random>
#include <thread>

#include "base/text.h"
#include "served.h"

namespace atelier::tests {

namespace fs = std::filesystem;

namespace {

constexpr unsigned seed = 20261102;
constexpr seconds stall{60};

std::string running_at(const RemoteWorker& worker) {
    return fmt::format("SELECT count(*) FROM tasks WHERE worker = '{}' AND state = {}", worker.id(),
                       static_cast<int>(farm::TaskState::running));
}

// Each execution leaves a line in "tally", told from outside of the job; the task then waits for "go".
std::string waiting_script(const Ground& ground) {
    return fmt::format(
        "echo $N >> '{0}/tally'\n"
        "echo \"first half of $N\" > \"$OUT/part-$N.txt\"\n"
        "while [ ! -e '{0}/go' ]; do sleep 0.02; done\n"
        "echo \"second half of $N\" >> \"$OUT/part-$N.txt\"\n"
        "echo $N >> '{0}/finished'\n",
        ground.root().string());
}

}  // namespace

TEST(WorkerKilled, AgainAndAgainInOneJob) {
    constexpr int tasks = 120, kills = 9;  // a task that is interrupted ten times in a row pauses its job
    Ground ground;
    Server server(ground, {"--lease", "5"});
    const Books books(ground);
    RemoteWorker steady(ground, "steady", server.url());
    RemoteWorker victim(ground, "victim", server.url(), {"--slots", "2"});
    const std::string job = LongJob{tasks, "0.05"}.submit(server.client(), ground);
    std::mt19937 random(seed);
    const auto pick = [&](int from, int to) { return std::uniform_int_distribution(from, to)(random); };
    for (int killed = 0; killed < kills; ++killed) {
        const std::int64_t wanted = books.done() + pick(1, 3);
        ASSERT_TRUE(eventually([&] { return books.done() >= wanted; }, stall)) << steady.said() << victim.said();
        if (pick(0, 3) > 0) {
            ASSERT_TRUE(eventually([&] { return books.count(running_at(victim)) > 0; }, stall)) << victim.said();
        }
        std::this_thread::sleep_for(milliseconds(pick(0, 60)));
        ASSERT_NE(books.state(job), "SUCCEEDED") << "the job is too short: killed " << killed << " times";
        victim.kill();
        victim.start();
    }
    ASSERT_TRUE(books.succeeds(job)) << steady.said() << victim.said();
    expect_each_task_once(books, job, tasks);
    expect_outputs_right(ground, job, tasks);
    expect_worker_clean(steady);
    expect_worker_clean(victim);
    victim.leave();
    steady.leave();
    server.stop();
}

TEST(WorkerKilled, WhatOneHadThatNeverComesBackGoesToOthersAfterTheLease) {
    constexpr int tasks = 6;
    Ground ground;
    Server server(ground, {"--lease", "3"});
    const Books books(ground);
    RemoteWorker lost(ground, "lost", server.url(), {"--slots", "2"});
    LongJob long_job{tasks};
    long_job.script = waiting_script(ground);
    const std::string job = long_job.submit(server.client(), ground);
    ASSERT_TRUE(eventually([&] { return books.count(running_at(lost)) == 2; })) << lost.said();
    lost.kill();
    ground.write("go", "");
    RemoteWorker other(ground, "other", server.url());
    ASSERT_TRUE(books.succeeds(job)) << server.said() << other.said();
    expect_each_task_once(books, job, tasks);
    const auto database = books.open();
    int interrupted = 0;
    for (const farm::AttemptRecord& attempt : farm::attempts_of(*database, job, {}, {}, 1000))
        if (attempt.worker == lost.id()) {
            EXPECT_EQ(attempt.result.result, farm::ResultClass::interrupted);
            EXPECT_NE(attempt.result.reason.find("not heard of"), std::string::npos) << attempt.result.reason;
            ++interrupted;
        }
    EXPECT_EQ(interrupted, 2);
    expect_outputs_right(ground, job, tasks);
    other.leave();
    server.stop();
}

TEST(WorkerStopped, BeyondItsLeaseItsTasksRanElsewhereAndItsLateResultsDontCount) {
    constexpr int tasks = 60, rounds = 3;
    Ground ground;
    Server server(ground, {"--lease", "3"});
    const Books books(ground);
    RemoteWorker frozen(ground, "frozen", server.url(), {"--slots", "2"});
    RemoteWorker other(ground, "other", server.url());
    const std::string job = LongJob{tasks, "0.3"}.submit(server.client(), ground);
    for (int round = 0; round < rounds; ++round) {
        ASSERT_TRUE(eventually([&] { return books.count(running_at(frozen)) == 2; }, stall)) << frozen.said();
        frozen.signal(SIGSTOP);
        const std::string held = fmt::format("SELECT 1 + count(*) FROM tasks WHERE worker = '{}'", frozen.id());
        ASSERT_TRUE(eventually([&] { return books.count(held) == 1; }, stall)) << server.said();
        const std::int64_t done = books.done();
        ASSERT_TRUE(eventually([&] { return books.done() > done; }, stall)) << "nothing is done elsewhere";
        frozen.signal(SIGCONT);
    }
    ASSERT_TRUE(books.succeeds(job)) << frozen.said() << other.said();
    EXPECT_FALSE(frozen.ended()) << frozen.said();
    expect_each_task_once(books, job, tasks);
    expect_outputs_right(ground, job, tasks);
    expect_worker_clean(frozen);
    frozen.leave();
    other.leave();
    server.stop();
}

// A worker whose tasks are all at work when its server goes away, and end meanwhile.
class ServerAway : public ::testing::Test {
protected:
    void leave_it_with_finished_tasks() {
        LongJob long_job{tasks};
        long_job.script = waiting_script(ground);
        job = long_job.submit(server.client(), ground);
        ASSERT_TRUE(eventually([&] { return books.count(running_at(worker)) == tasks; })) << worker.said();
        server.kill();
        ground.write("go", "");
    }

    void expect_all_delivered() {
        ASSERT_TRUE(books.succeeds(job)) << worker.said();
        EXPECT_EQ(ground.lines("tally").size(), tasks) << "a task was run again";
        expect_each_task_once(books, job, tasks);
        expect_outputs_right(ground, job, tasks);
        expect_worker_clean(worker);
        worker.leave();
        server.stop();
    }

    static constexpr int tasks = 4;
    Ground ground;
    Server server{ground};
    const Books books{ground};
    RemoteWorker worker{ground, "worker", server.url(), {"--slots", "4"}};
    std::string job;
};

TEST_F(ServerAway, ResultsAreKeptAndDeliveredWithoutRunningTheTasksAgain) {
    ASSERT_NO_FATAL_FAILURE(leave_it_with_finished_tasks());
    ASSERT_TRUE(eventually([&] { return ground.lines("finished").size() == tasks; }));
    ASSERT_TRUE(eventually([&] { return worker.said().find("no answer") != std::string::npos; }));
    server.start();
    expect_all_delivered();
}

// Also when the worker itself is killed meanwhile.
TEST_F(ServerAway, ResultsOutliveTheWorkerThatHasThem) {
    ASSERT_NO_FATAL_FAILURE(leave_it_with_finished_tasks());
    const auto kept = [&] {
        const fs::path results = worker.folder() / "spool/results";
        return std::count_if(fs::directory_iterator(results), fs::directory_iterator(),
                             [](const auto& entry) { return entry.path().extension() == ".result"; });
    };
    ASSERT_TRUE(eventually([&] { return kept() == tasks; }, stall)) << kept() << "\n" << worker.said();
    worker.kill();
    worker.start();
    server.start();
    expect_all_delivered();
}

TEST(WorkerLeaves, AtTheFirstSignalItFinishesItsTasksAndTakesNoMore) {
    constexpr int tasks = 6;
    Ground ground;
    Server server(ground);
    const Books books(ground);
    RemoteWorker leaving(ground, "leaving", server.url(), {"--slots", "2"});
    LongJob long_job{tasks};
    long_job.script = waiting_script(ground);
    const std::string job = long_job.submit(server.client(), ground);
    ASSERT_TRUE(eventually([&] { return books.count(running_at(leaving)) == 2; })) << leaving.said();
    leaving.signal(SIGTERM);
    ASSERT_TRUE(eventually([&] { return leaving.said().find("takes nothing more") != std::string::npos; }));
    EXPECT_FALSE(leaving.ended()) << "its tasks still run";
    ground.write("go", "");
    const Ended ended = leaving.wait();
    EXPECT_EQ(ended.status, 0) << ended.all();
    EXPECT_EQ(books.done(), 2) << "what it had, and nothing else";
    EXPECT_EQ(books.count("SELECT count(*) FROM attempts"), 2);

    RemoteWorker other(ground, "other", server.url());
    ASSERT_TRUE(books.succeeds(job)) << other.said();
    EXPECT_EQ(ground.lines("tally").size(), tasks);
    expect_each_task_once(books, job, tasks);
    expect_outputs_right(ground, job, tasks);
    expect_worker_clean(leaving);
    other.leave();
    server.stop();
}

TEST(WorkerLeaves, AtTheSecondSignalItInterruptsItsTaskWhichGoesOnElsewhereFromItsCheckpoint) {
    Ground ground;
    Server server(ground);
    const Books books(ground);
    RemoteWorker leaving(ground, "leaving", server.url());
    LongJob long_job{1};
    long_job.script = fmt::format(
        "state=\"$ATELIER_CHECKPOINT_DIR/state\"\n"
        "echo begun >> '{0}/tally'\n"
        "if [ -e \"$state\" ]; then cat \"$state\" > '{0}/resumed'; else\n"
        "  trap 'echo half > \"$state\"; exit 1' TERM\n"
        "  touch '{0}/traps'; while :; do sleep 0.02; done\n"
        "fi\n"
        "printf 'first half of 1\\nsecond half of 1\\n' > \"$OUT/part-1.txt\"\n",
        ground.root().string());
    long_job.cancelation = "{mode: NOTIFY_THEN_TERMINATE, notifyPeriodInSeconds: 30}";
    const std::string job = long_job.submit(server.client(), ground);
    ASSERT_TRUE(eventually([&] { return fs::exists(ground.path("traps")); })) << leaving.said();
    leaving.signal(SIGTERM);
    ASSERT_TRUE(eventually([&] { return leaving.said().find("takes nothing more") != std::string::npos; }));
    leaving.signal(SIGTERM);
    const Ended ended = leaving.wait();
    EXPECT_EQ(ended.status, 0) << ended.all();
    EXPECT_EQ(books.count(fmt::format("SELECT count(*) FROM attempts WHERE result = {}",
                                      static_cast<int>(farm::ResultClass::interrupted))),
              1);

    RemoteWorker other(ground, "other", server.url());
    ASSERT_TRUE(books.succeeds(job)) << other.said();
    EXPECT_EQ(ground.read("resumed"), "half\n");
    EXPECT_EQ(ground.lines("tally").size(), 2u);
    expect_each_task_once(books, job, 1);
    expect_outputs_right(ground, job, 1);
    other.leave();
    server.stop();
}

}  // namespace atelier::tests
