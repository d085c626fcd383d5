#include "farm/queue.h"
#include "farm/job_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "farm/testing.h"
#include "farm/why.h"

namespace atelier::farm {
namespace {

using testing::FakeWorker;
using testing::Ground;
using ::testing::HasSubstr;
using testing::submission;

TEST(Queue, RunsAJobToItsEnd) {
    Ground ground;
    const std::string id = ground.submit(submission(5, true));
    EXPECT_EQ(ground.job(id).state, JobState::ready);
    FakeWorker worker("w", 2);
    ground.work_off(worker);
    const JobSummary job = ground.job(id);
    EXPECT_EQ(job.state, JobState::succeeded);
    EXPECT_EQ(job.succeeded, 6u);
    EXPECT_EQ(job.progress, 100);
    EXPECT_EQ(ground.count("SELECT count(*) FROM attempts"), 6);
    EXPECT_EQ(ground.count("SELECT count(DISTINCT task) FROM tasks WHERE step = 0 AND state = 5"), 5);
    EXPECT_EQ(ground.queue->find(id), nullptr) << "what has ended is not kept in memory";
}

TEST(Queue, AStepWaitsForThoseItDependsOn) {
    Ground ground;
    ground.submit(submission(2, true));
    FakeWorker worker("w", 4);
    EXPECT_EQ(ground.exchange(worker).assign.size(), 2u) << "the gathering step may not begin";
    worker.end(0, ResultClass::succeeded);
    EXPECT_TRUE(ground.exchange(worker).assign.empty());
    worker.end(0, ResultClass::succeeded);
    const auto reply = ground.exchange(worker);
    ASSERT_EQ(reply.assign.size(), 1u);
    EXPECT_EQ(reply.assign[0].attempt.step, 1u);
}

TEST(Queue, AMillionTasksCostNothingUntilTheyAreLeased) {
    Ground ground;
    const std::string id = ground.submit(submission(1'000'000'000));
    EXPECT_EQ(ground.count("SELECT count(*) FROM tasks"), 0);
    FakeWorker worker("w", 2);
    ground.exchange(worker);
    EXPECT_EQ(ground.count("SELECT count(*) FROM tasks"), static_cast<std::int64_t>(worker.request.attempts.size()));
    EXPECT_EQ(ground.job(id).total_tasks, 1'000'000'000u);
}

TEST(Queue, ALateResultIsRefused) {
    Ground ground;
    const std::string id = ground.submit(submission(1));
    FakeWorker slow("slow", 1), quick("quick", 1);
    ground.exchange(slow);
    ASSERT_EQ(slow.request.attempts.size(), 1u);
    ground.clock.advance(61);
    ground.queue->tick(*ground.connection);
    const auto given = ground.exchange(quick);
    ASSERT_EQ(given.assign.size(), 1u) << "the lease ran out, somebody else has it";
    EXPECT_EQ(given.assign[0].attempt.epoch, 2);

    slow.end(0, ResultClass::succeeded);
    const auto refused = ground.exchange(slow);
    ASSERT_EQ(refused.drop.size(), 1u);
    EXPECT_EQ(ground.job(id).succeeded, 0u);
    quick.end(0, ResultClass::succeeded);
    ground.exchange(quick);
    EXPECT_EQ(ground.job(id).state, JobState::succeeded);
    EXPECT_EQ(ground.count("SELECT count(*) FROM attempts WHERE result = 0"), 1);
}

TEST(Queue, ATaskThatKeepsFailingHasThreeTries) {
    Ground ground;
    const std::string id = ground.submit(submission(1));
    FakeWorker worker("w", 1);
    ground.work_off(worker, ResultClass::failed_app);
    const JobSummary job = ground.job(id);
    EXPECT_EQ(job.state, JobState::failed);
    EXPECT_EQ(job.failed, 1u);
    ASSERT_TRUE(job.first_failure);
    EXPECT_EQ(job.first_failure->epoch, 3);
    EXPECT_EQ(ground.count("SELECT count(*) FROM attempts"), 3);
}

TEST(Queue, OtherTasksGoOnWhenOneFails) {
    Ground ground;
    const std::string id = ground.submit(submission(4, true));
    FakeWorker worker("w", 1);
    ground.exchange(worker);
    while (!worker.request.attempts.empty()) {
        worker.end(0, worker.request.attempts[0].attempt.task == 1 ? ResultClass::failed_app : ResultClass::succeeded);
        ground.exchange(worker);
    }
    const JobSummary job = ground.job(id);
    EXPECT_EQ(job.state, JobState::failed);
    EXPECT_EQ(job.succeeded, 3u);
    EXPECT_EQ(job.failed, 1u);
    EXPECT_EQ(ground.count("SELECT count(*) FROM tasks WHERE step = 1"), 0) << "what depends on it never began";
}

TEST(Queue, InterruptionsCostNoTryButTenInARowPauseTheJob) {
    Ground ground;
    const std::string id = ground.submit(submission(1));
    FakeWorker worker("w", 1);
    for (int i = 0; i < 9; ++i) {
        ground.exchange(worker);
        ASSERT_EQ(worker.request.attempts.size(), 1u) << i;
        worker.end(0, ResultClass::interrupted);
    }
    ground.exchange(worker);
    EXPECT_EQ(ground.job(id).state, JobState::running);
    worker.end(0, ResultClass::interrupted);
    ground.exchange(worker);
    EXPECT_EQ(ground.job(id).state, JobState::paused);
    EXPECT_THAT(ground.job(id).message, HasSubstr("interrupted 10 times"));
    ground.queue->resume(*ground.connection, id);
    ground.work_off(worker);
    EXPECT_EQ(ground.job(id).state, JobState::succeeded);
}

TEST(Queue, APersonWhoGoesOnAfterEachInterruptionIsNotStopped) {
    Ground ground;
    FakeWorker worker("w", 1);
    const std::string id = ground.submit(submission(1));
    for (int kill = 0; kill < 2 * most_interruptions_in_a_row; ++kill) {
        ground.exchange(worker);
        ASSERT_EQ(ground.job(id).state, JobState::running) << "after " << kill << " kills";
        worker.restart("boot after " + std::to_string(kill));
        ground.reopen();
        ground.queue->resume(*ground.connection, id);
    }
    ground.work_off(worker);
    EXPECT_EQ(ground.job(id).state, JobState::succeeded);
}

TEST(Queue, ALicenceIsWaitedFor) {
    Ground ground;
    const std::string id = ground.submit(submission(1));
    FakeWorker worker("w", 1);
    ground.exchange(worker);
    worker.end(0, ResultClass::failed_licence);
    EXPECT_TRUE(ground.exchange(worker).assign.empty());
    EXPECT_THAT(why_it_waits(*ground.queue, *ground.connection, id, "Work", 0), HasSubstr("tried again in"));
    ground.clock.advance(29);
    ground.queue->tick(*ground.connection);
    EXPECT_TRUE(ground.exchange(worker).assign.empty());
    ground.clock.advance(2);
    EXPECT_TRUE(ground.queue->tick_is_due());
    ground.queue->tick(*ground.connection);
    ASSERT_EQ(ground.exchange(worker).assign.size(), 1u);
    worker.end(0, ResultClass::failed_licence);
    ground.exchange(worker);
    ground.clock.advance(31);
    ground.queue->tick(*ground.connection);
    EXPECT_TRUE(ground.exchange(worker).assign.empty()) << "the second wait is twice as long";
    ground.clock.advance(30);
    ground.queue->tick(*ground.connection);
    ground.work_off(worker);
    EXPECT_EQ(ground.job(id).state, JobState::succeeded);
    EXPECT_EQ(ground.count("SELECT tries FROM tasks"), 0);
}

TEST(Queue, OutOfMemoryAsksForMore) {
    Ground ground;
    const std::string more = "  hostRequirements: {amounts: [{name: amount.worker.memory, min: 4000}]}\n";
    ground.submit(submission(1, false, more));
    FakeWorker worker("w", 1);
    ground.exchange(worker);
    worker.end(0, ResultClass::failed_resource);
    ground.exchange(worker);
    ground.exchange(worker);
    ASSERT_EQ(worker.request.attempts.size(), 1u);
    EXPECT_EQ(ground.queue->workers().at("w").reserved.at("amount.worker.memory"), 6000);
}

TEST(Queue, ATaskAvoidsTheWorkerThatFailedItUnlessItIsTheOnlyOne) {
    Ground ground;
    ground.submit(submission(1));
    FakeWorker first("a", 1), second("b", 1);
    ground.exchange(first);
    ground.exchange(second);
    first.end(0, ResultClass::failed_app);
    EXPECT_TRUE(ground.exchange(first).assign.empty());
    EXPECT_TRUE(ground.exchange(first).assign.empty());
    EXPECT_EQ(ground.exchange(second).assign.size(), 1u);
    second.end(0, ResultClass::failed_app);
    EXPECT_EQ(ground.exchange(second).assign.size() + ground.exchange(first).assign.size(), 1u) << "somebody must";
}

TEST(Queue, ANewBootMeansThatNothingOfBeforeRuns) {
    Ground ground;
    const std::string id = ground.submit(submission(1));
    FakeWorker worker("w", 1);
    ground.exchange(worker);
    worker.request.attempts[0].phase = wire::Phase::running;
    ground.exchange(worker);
    worker.restart("boot-2");
    const auto reply = ground.exchange(worker);
    ASSERT_EQ(reply.assign.size(), 1u) << "at once, not after the lease";
    EXPECT_EQ(reply.assign[0].attempt.epoch, 2);
    EXPECT_TRUE(reply.assign[0].resume);
    const auto attempts = attempts_of(*ground.connection, id, {}, {}, 10);
    ASSERT_EQ(attempts.size(), 1u);
    EXPECT_EQ(attempts[0].result.result, ResultClass::interrupted);
    EXPECT_THAT(attempts[0].result.reason, HasSubstr("started anew"));
}

TEST(Queue, AReplyThatWasLostHealsWithTheNextExchange) {
    Ground ground;
    const std::string id = ground.submit(submission(3));
    FakeWorker worker("w", 2);
    ++worker.request.sequence;
    ASSERT_FALSE(ground.queue->exchange(*ground.connection, worker.request).assign.empty());  // never arrives
    ground.work_off(worker);
    EXPECT_EQ(ground.job(id).state, JobState::succeeded);
    EXPECT_EQ(ground.count("SELECT count(*) FROM attempts"), 3) << "what was never begun is no attempt";
    EXPECT_TRUE(ground.queue->workers().at("w").sessions.empty());
}

TEST(Queue, ThatASessionEndsIsToldUntilTheWorkerKnows) {
    Ground ground;
    ground.submit(submission(1));
    FakeWorker worker("w", 1);
    ground.exchange(worker);
    worker.end(0, ResultClass::succeeded);
    ++worker.request.sequence;
    EXPECT_EQ(ground.queue->exchange(*ground.connection, worker.request).end_sessions.size(), 1u);  // is lost
    worker.request.attempts.clear();
    worker.request.leaving = worker.request.sessions;
    ++worker.request.sequence;
    EXPECT_TRUE(ground.queue->exchange(*ground.connection, worker.request).tells_nothing())
        << "it knows, and is leaving";
    worker.request.leaving.clear();
    EXPECT_EQ(ground.exchange(worker).end_sessions.size(), 1u);
    ground.exchange(worker);
    EXPECT_TRUE(ground.queue->workers().at("w").sessions.empty());
}

TEST(Queue, ARepeatedRequestDoesNoHarm) {
    Ground ground;
    const std::string id = ground.submit(submission(2));
    FakeWorker worker("w", 2);
    ground.exchange(worker);
    worker.end_all(ResultClass::succeeded);
    ++worker.request.sequence;
    const wire::ExchangeRequest twice = worker.request;
    worker.take(ground.queue->exchange(*ground.connection, twice));
    const auto again = ground.queue->exchange(*ground.connection, twice);
    EXPECT_EQ(again.drop.size(), 2u);
    EXPECT_EQ(ground.count("SELECT count(*) FROM attempts"), 2);
    EXPECT_EQ(ground.job(id).succeeded, 2u);
}

TEST(Queue, TheHigherPriorityGoesFirst) {
    Ground ground;
    const std::string low = ground.submit(submission(100));
    FakeWorker worker("w", 1);
    ground.exchange(worker);
    wire::Submission urgent = submission(2);
    urgent.settings.priority = 90;
    const std::string high = ground.submit(urgent);
    std::vector<std::string> order;
    for (int i = 0; i < 12; ++i) {
        if (!worker.request.attempts.empty()) {
            order.push_back(worker.request.attempts[0].attempt.job);
            worker.end(0, ResultClass::succeeded);
        }
        ground.exchange(worker);
    }
    EXPECT_EQ(ground.job(high).state, JobState::succeeded);
    EXPECT_LE(std::find(order.begin(), order.end(), high) - order.begin(), 2) << "a session that runs is let run dry";
}

TEST(Queue, ShortTasksAreGivenAheadAndLongOnesAreNot) {
    for (const auto& [seconds, ahead] : {std::pair(0.01, true), std::pair(60.0, false)}) {
        Ground ground;
        ground.submit(submission(1000));
        FakeWorker worker("w", 1);
        ground.exchange(worker);
        EXPECT_EQ(worker.request.attempts.size(), 1u) << "nobody knows yet how long one takes";
        worker.end(0, ResultClass::succeeded, seconds);
        ground.exchange(worker);
        EXPECT_EQ(worker.request.attempts.size() > 1, ahead) << seconds;
    }
}

TEST(Queue, HostRequirementsAreMatchedAndReserved) {
    Ground ground;
    const std::string id =
        ground.submit(submission(4, false, "  hostRequirements: {amounts: [{name: amount.worker.vcpu, min: 3}]}\n"));
    FakeWorker small("small", 2), large("large", 4);
    EXPECT_TRUE(ground.exchange(small).assign.empty());
    EXPECT_THAT(why_it_waits(*ground.queue, *ground.connection, id, "", {}), HasSubstr("needs 3 cores"));
    ground.exchange(large);
    EXPECT_EQ(large.request.sessions.size(), 1u) << "four slots, but cores for one";
    EXPECT_EQ(ground.queue->workers().at("large").reserved.at("amount.worker.vcpu"), 3);
    ground.work_off(large);
    EXPECT_EQ(ground.job(id).state, JobState::succeeded);
    EXPECT_EQ(ground.queue->workers().at("large").reserved.at("amount.worker.vcpu"), 0) << "nothing stays reserved";
}

TEST(Queue, AttributesAreMatched) {
    Ground ground;
    ground.submit(submission(
        1, false, "  hostRequirements: {attributes: [{name: attr.worker.os.family, anyOf: [windows, macos]}]}\n"));
    FakeWorker worker("w", 1);
    EXPECT_TRUE(ground.exchange(worker).assign.empty());
}

TEST(Queue, AJobKeepsToItsConcurrency) {
    Ground ground;
    wire::Submission limited = submission(20);
    limited.settings.max_concurrency = 2;
    ground.submit(limited);
    FakeWorker worker("w", 8);
    ground.exchange(worker);
    EXPECT_EQ(worker.request.sessions.size(), 2u);
}

TEST(Queue, PauseCancelAndRetry) {
    Ground ground;
    const std::string id = ground.submit(submission(10));
    FakeWorker worker("w", 1);
    ground.exchange(worker);
    ground.queue->pause(*ground.connection, id);
    worker.end_all(ResultClass::succeeded);
    EXPECT_TRUE(ground.exchange(worker).assign.empty());
    EXPECT_THAT(why_it_waits(*ground.queue, *ground.connection, id, "", {}), HasSubstr("paused"));
    ground.queue->resume(*ground.connection, id);
    ground.exchange(worker);
    ASSERT_FALSE(worker.request.attempts.empty());

    ground.queue->cancel(*ground.connection, id);
    const auto reply = ground.exchange(worker);
    EXPECT_EQ(reply.cancel.size(), worker.request.attempts.size());
    EXPECT_TRUE(ground.exchange(worker).cancel.empty()) << "told once";
    worker.end_all(ResultClass::canceled);
    ground.exchange(worker);
    JobSummary job = ground.job(id);
    EXPECT_EQ(job.state, JobState::canceled);
    const auto done = job.succeeded;
    EXPECT_GE(done, 1u);

    EXPECT_THROW(ground.queue->cancel(*ground.connection, id), Error);
    ground.queue->retry(*ground.connection, id, false);
    ground.work_off(worker);
    EXPECT_EQ(ground.job(id).state, JobState::succeeded);
    EXPECT_EQ(ground.count("SELECT count(*) FROM attempts WHERE result = 0"), 10) << "what was done is not done again";

    EXPECT_THROW(ground.queue->retry(*ground.connection, id, false), Error) << "nothing failed";
    ground.queue->retry(*ground.connection, id, true);
    ground.work_off(worker);
    EXPECT_EQ(ground.count("SELECT count(*) FROM attempts WHERE result = 0"), 20);
}

TEST(Queue, AJobStopsAfterTooManyFailures) {
    Ground ground;
    wire::Submission fragile = submission(100);
    fragile.settings.max_failed_tasks = 2;
    fragile.settings.max_tries = 1;
    const std::string id = ground.submit(fragile);
    FakeWorker worker("w", 2);
    ground.work_off(worker, ResultClass::failed_app);
    EXPECT_EQ(ground.job(id).state, JobState::failed);
    EXPECT_LE(ground.job(id).failed, 3u);
    EXPECT_THAT(ground.job(id).message, HasSubstr("stopped after"));
}

TEST(Queue, AJobStopsAtOnceWhenItsFailureIsOfAllItsTasks) {
    Ground ground;
    const std::string id = ground.submit(submission(100));
    FakeWorker worker("w", 1);
    ground.exchange(worker);
    worker.end(0, ResultClass::failed_job);
    ground.work_off(worker);
    EXPECT_EQ(ground.job(id).state, JobState::failed);
    EXPECT_EQ(ground.job(id).failed, 1u);
    EXPECT_THAT(ground.job(id).message, HasSubstr("stopped: "));
    EXPECT_EQ(ground.count("SELECT count(*) FROM attempts WHERE result = 10"), 1) << "one try, not three";
    EXPECT_EQ(ground.count("SELECT count(*) FROM attempts WHERE result <> 10 AND result <> 7"), 0);

    ground.queue->retry(*ground.connection, id, false);
    ground.work_off(worker);
    EXPECT_EQ(ground.job(id).state, JobState::succeeded);
}

TEST(Queue, ArchiveAndDelete) {
    Ground ground;
    const std::string id = ground.submit(submission(1));
    EXPECT_THROW(ground.queue->archive(*ground.connection, id), Error) << "it has not ended";
    EXPECT_THROW(ground.queue->remove(*ground.connection, id), Error);
    FakeWorker worker("w", 1);
    ground.work_off(worker);
    ground.queue->archive(*ground.connection, id);
    EXPECT_TRUE(list_jobs(*ground.connection).jobs.empty());
    JobFilter archived;
    archived.with_archived = true;
    EXPECT_EQ(list_jobs(*ground.connection, archived).jobs.size(), 1u);
    ground.queue->remove(*ground.connection, id);
    for (const char* table : {"jobs", "steps", "tasks", "attempts"})
        EXPECT_EQ(ground.count(std::string("SELECT count(*) FROM ") + table), 0) << table;
}

TEST(Queue, ARestartGoesOnWhereItWas) {
    Ground ground;
    const std::string id = ground.submit(submission(30, true));
    FakeWorker worker("w", 2);
    ground.exchange(worker);
    for (int i = 0; i < 7; ++i) {
        worker.end(0, ResultClass::succeeded);
        ground.exchange(worker);
    }
    const JobSummary before = ground.job(id);
    ground.reopen();
    worker.restart("boot-2");
    ground.work_off(worker);
    const JobSummary after = ground.job(id);
    EXPECT_EQ(before.succeeded, 7u);
    EXPECT_EQ(after.state, JobState::succeeded);
    EXPECT_EQ(ground.count("SELECT count(*) FROM attempts WHERE result = 0"), 31) << "each once";
    EXPECT_TRUE(ground.queue->jobs().empty());
    EXPECT_TRUE(ground.queue->workers().at("w").sessions.empty());
}

TEST(Queue, AStopOutlivesARestart) {
    Ground ground;
    const std::string id = ground.submit(submission(5));
    FakeWorker worker("w", 1);
    ground.exchange(worker);
    ground.queue->cancel(*ground.connection, id);
    ground.reopen();
    worker.restart("boot-2");
    EXPECT_TRUE(ground.exchange(worker).assign.empty());
    EXPECT_EQ(ground.job(id).state, JobState::canceled);
}

TEST(Queue, OutputsThatAreNotInTheStoreAreNoSuccess) {
    Ground ground;
    const std::string id = ground.submit(submission(1));
    FakeWorker worker("w", 1);
    ground.exchange(worker);
    worker.end(0, ResultClass::succeeded);
    worker.request.attempts[0].result->outputs.push_back({"Out", "a.png", std::string(64, 'a'), 3, 0644, false});
    ground.blobs_exist = false;
    ground.exchange(worker);
    EXPECT_EQ(ground.job(id).succeeded, 0u);
    EXPECT_TRUE(artifacts_of(*ground.connection, id).empty());
    ground.blobs_exist = true;
    ground.exchange(worker);
    ASSERT_EQ(worker.request.attempts.size(), 1u);
    worker.end(0, ResultClass::succeeded);
    worker.request.attempts[0].result->outputs.push_back({"Out", "a.png", std::string(64, 'a'), 3, 0644, false});
    ground.exchange(worker);
    EXPECT_EQ(ground.job(id).state, JobState::succeeded);
    ASSERT_EQ(artifacts_of(*ground.connection, id).size(), 1u);
    EXPECT_EQ(artifacts_of(*ground.connection, id)[0].attempt.epoch, 2);
}

TEST(Queue, ProgressOnlyGrows) {
    Ground ground;
    const std::string id = ground.submit(submission(4));
    FakeWorker worker("w", 1);
    double highest = 0;
    const auto look = [&] {
        ground.queue->tick(*ground.connection);
        const double now = ground.job(id).progress;
        EXPECT_GE(now, highest);
        highest = now;
    };
    ground.exchange(worker);
    for (int round = 0; round < 20 && !worker.request.attempts.empty(); ++round) {
        auto& report = worker.request.attempts[0];
        report.phase = wire::Phase::running;
        for (const double percent : {10.0, 80.0, 40.0, 500.0}) {
            report.progress = percent;
            ground.exchange(worker);
            look();
        }
        worker.end(0, round % 3 == 1 ? ResultClass::interrupted : ResultClass::succeeded);
        ground.exchange(worker);
        look();
    }
    EXPECT_EQ(ground.job(id).state, JobState::succeeded);
    EXPECT_EQ(highest, 100);
}

TEST(Queue, EventsCanBeReadAgainFromAnyNumber) {
    Ground ground;
    const std::string id = ground.submit(submission(3));
    FakeWorker worker("w", 1);
    ground.work_off(worker);
    const auto all = events_after(*ground.connection, 0, "", 1000);
    ASSERT_GE(all.size(), 5u);
    for (std::size_t i = 1; i < all.size(); ++i)
        EXPECT_EQ(all[i].number, all[i - 1].number + 1);
    const auto rest = events_after(*ground.connection, all[2].number, id, 1000);
    ASSERT_EQ(rest.size(), all.size() - 3);
    EXPECT_EQ(rest.front().number, all[3].number);
    EXPECT_EQ(all.back().detail, "SUCCEEDED");
    EXPECT_EQ(all.back().kind, "job");
}

TEST(Queue, SettingsAreChecked) {
    Ground ground;
    wire::Submission wrong = submission(1);
    wrong.settings.priority = 101;
    EXPECT_THROW(ground.submit(wrong), Error);
    wrong.settings.priority = 50;
    wrong.settings.tags = {"a b"};
    EXPECT_THROW(ground.submit(wrong), Error);
    EXPECT_EQ(ground.count("SELECT count(*) FROM jobs"), 0);
}

TEST(Queue, ReportsOfWhatNeverWasAreDropped) {
    Ground ground;
    const std::string id = ground.submit(submission(1));
    FakeWorker worker("w", 1);
    for (const wire::AttemptId& odd : {wire::AttemptId{"nojob", 0, 0, 1}, wire::AttemptId{id, 7, 0, 1},
                                       wire::AttemptId{id, 0, 99, 1}, wire::AttemptId{id, 0, 0, 1}}) {
        FakeWorker liar("liar", 1);
        wire::AttemptReport report;
        report.attempt = odd;
        report.result.emplace().result = ResultClass::succeeded;
        liar.request.attempts = {report};
        liar.request.draining = true;
        ++liar.request.sequence;
        EXPECT_EQ(ground.queue->exchange(*ground.connection, liar.request).drop.size(), 1u);
    }
    EXPECT_EQ(ground.job(id).succeeded, 0u);
}

}  // namespace
}  // namespace atelier::farm
