// Owners, shares and limits, as workers see them.
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

int sessions_of(const Ground& ground, const std::string& job) { return ground.queue->find(job)->sessions; }

// Every task that is held ends well, and the worker asks again, some times over.
void work(Ground& ground, FakeWorker& worker, int rounds) {
    for (int i = 0; i < rounds; ++i) {
        worker.end_all(ResultClass::succeeded);
        for (auto& report : worker.request.attempts)
            if (report.result) report.result->usage.wall_seconds = 60;
        ground.exchange(worker);
    }
}

TEST(Fairness, TwoOwnersShareHoweverManyJobsEachHas) {
    Ground ground;
    std::vector<std::string> many;
    for (int i = 0; i < 5; ++i)
        many.push_back(ground.submit(submission(1000), "ada"));
    FakeWorker worker("w", 10);
    ground.exchange(worker);
    const std::string one = ground.submit(submission(1000), "ben");
    work(ground, worker, 6);
    EXPECT_EQ(sessions_of(ground, one), 5) << "sessions give way between tasks";
    for (const std::string& id : many)
        EXPECT_EQ(sessions_of(ground, id), 1) << "and an owner's jobs share what is theirs";
    const auto before = worker.request.sessions;
    work(ground, worker, 5);
    EXPECT_EQ(worker.request.sessions, before) << "and from then on each keeps what it has";
}

TEST(Fairness, ASmallJobDoesNotWaitBehindALargeOne) {
    Ground ground;
    ground.submit(submission(1'000'000), "ada");
    FakeWorker worker("w", 8);
    ground.exchange(worker);
    const std::string small = ground.submit(submission(2), "ben");
    work(ground, worker, 4);
    EXPECT_EQ(ground.job(small).state, JobState::succeeded);
    EXPECT_EQ(ground.count("SELECT count(DISTINCT session) FROM attempts"), 8 + 2 + 2)
        << "two gave way and no more, and are begun again";
}

TEST(Fairness, WhatNeedsAWholeMachineIsNotStarvedBySmallTasks) {
    Ground ground;
    ground.submit(submission(1'000'000), "ada");
    FakeWorker worker("w", 8);
    ground.exchange(worker);
    const std::string wide = ground.submit(
        submission(1, false, "  hostRequirements: {amounts: [{name: amount.worker.vcpu, min: 8}]}\n"), "ben");
    for (int i = 0; i < 40 && ground.job(wide).state != JobState::succeeded; ++i) {
        if (!worker.request.attempts.empty())
            worker.end(static_cast<std::size_t>(i) % worker.request.attempts.size(), ResultClass::succeeded, 60);
        ground.exchange(worker);
    }
    EXPECT_EQ(ground.job(wide).state, JobState::succeeded);
    work(ground, worker, 3);
    EXPECT_EQ(worker.request.sessions.size(), 8u) << "then the small ones have it again";
}

TEST(Fairness, AgeLiftsWhatWaits) {
    Ground ground;
    const std::string low = ground.submit(submission(100));
    wire::Submission urgent = submission(1000);
    urgent.settings.priority = 60;
    ground.pass(20 * 1800);
    ground.submit(urgent);
    FakeWorker worker("w", 1);
    EXPECT_EQ(ground.exchange(worker).assign.at(0).attempt.job, low) << "twenty points for ten hours";
}

TEST(Fairness, TheWeightOfAnOwnerIsReadAtLoadAndChangedByTheVerb) {
    Ground ground;
    ground.connection->run("INSERT INTO users (name, password, role, weight, created_at) VALUES ('ada', '', 1, 3, 0)");
    ground.reopen();
    const std::string heavy = ground.submit(submission(1000), "ada");
    const std::string light = ground.submit(submission(1000), "ben");
    FakeWorker worker("w", 8);
    ground.exchange(worker);
    EXPECT_EQ(sessions_of(ground, heavy), 6);
    ground.queue->set_weight(*ground.connection, "ada", 1);
    work(ground, worker, 4);
    EXPECT_EQ(sessions_of(ground, heavy), 4);
    EXPECT_THROW(ground.queue->set_weight(*ground.connection, "nobody", 1), Error);
    EXPECT_THROW(ground.queue->set_weight(*ground.connection, "ada", 0), Error);
    EXPECT_THROW(ground.queue->set_weight(*ground.connection, "ada", std::nan("")), Error);
}

TEST(Fairness, AnOwnerKeepsToTheLimitAndWhySaysSo) {
    QueueOptions options;
    options.most_sessions_of_an_owner = 3;
    Ground ground(options);
    const std::string id = ground.submit(submission(100), "ada");
    FakeWorker worker("w", 8);
    ground.exchange(worker);
    EXPECT_EQ(worker.request.sessions.size(), 3u);
    EXPECT_THAT(why_it_waits(*ground.queue, *ground.connection, id, "", {}), HasSubstr("ada may run 3"));
    ground.submit(submission(100), "ben");
    ground.exchange(worker);
    EXPECT_EQ(worker.request.sessions.size(), 6u);
}

TEST(Fairness, OwnersAndSharesSurviveARestart) {
    Ground ground;
    const std::string id = ground.submit(submission(100), "ada");
    FakeWorker worker("w", 4);
    ground.exchange(worker);
    ground.reopen();
    EXPECT_EQ(ground.queue->find(id)->owner, "ada");
    EXPECT_EQ(ground.queue->order().owner_standing("ada").sessions, 4);
    EXPECT_DOUBLE_EQ(ground.queue->order().owner_standing("ada").share, 4);
}

TEST(Fairness, ARetriedJobCountsTheSessionsThatItStillHas) {
    Ground ground;
    const std::string id = ground.submit(submission(1), "ada");
    FakeWorker worker("w", 1);
    ground.exchange(worker);
    worker.end_all(ResultClass::succeeded);
    ground.exchange(worker);
    EXPECT_EQ(ground.job(id).state, JobState::succeeded);
    ground.queue->retry(*ground.connection, id, true);
    EXPECT_EQ(sessions_of(ground, id), 1);
    ground.work_off(worker);
    EXPECT_EQ(ground.job(id).state, JobState::succeeded);
    EXPECT_EQ(ground.queue->order().owner_standing("ada").sessions, 0);
}

TEST(Fairness, WhoWaitsIsAskedOnlyWhenSomethingBecameReady) {
    Ground ground;
    FakeWorker idle("idle", 1), busy("busy", 1);
    ground.exchange(idle);
    EXPECT_FALSE(ground.queue->has_work_for("idle"));
    const auto seen = ground.queue->touched();
    const std::string id = ground.submit(submission(3));
    EXPECT_GT(ground.queue->touched(), seen);
    EXPECT_EQ(ground.queue->takers(), 3u);
    EXPECT_TRUE(ground.queue->has_work_for("idle"));
    ground.exchange(busy);
    const auto after = ground.queue->touched();
    work(ground, busy, 1);
    EXPECT_EQ(ground.queue->touched(), after) << "that a task follows another is no news for others";
    ground.queue->cancel(*ground.connection, id);
    EXPECT_TRUE(ground.queue->stirred().contains("busy"));
    EXPECT_TRUE(ground.queue->has_work_for("busy"));
    ground.exchange(busy);
    EXPECT_FALSE(ground.queue->stirred().contains("busy"));
}

}  // namespace
}  // namespace atelier::farm
