// Workers that fail: blocks, quarantine, forgiveness; and what people say of workers.
#include "farm/trust.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "farm/queries.h"
#include "farm/testing.h"
#include "farm/why.h"
#include "farm/workers.h"

namespace atelier::farm {
namespace {

using testing::FakeWorker;
using testing::Ground;
using ::testing::HasSubstr;
using testing::submission;

// One exchange in which every task that is held ends so.
void turn(Ground& ground, FakeWorker& worker, ResultClass result) {
    worker.end_all(result);
    ground.exchange(worker);
}

wire::Submission with_tries(std::uint64_t tasks, int tries) {
    wire::Submission made = submission(tasks);
    made.settings.max_tries = tries;
    return made;
}

TEST(Trust, AWorkerThatFailsThreeTasksOfAStepGetsNoMoreOfIt) {
    Ground ground;
    const std::string id = ground.submit(with_tries(50, 1));
    FakeWorker bad("bad", 1), good("good", 1);
    ground.exchange(good);
    for (int i = 0; i < 8; ++i)
        turn(ground, bad, ResultClass::failed_app);
    EXPECT_EQ(ground.count("SELECT count(*) FROM blocks"), 1);
    EXPECT_EQ(ground.job(id).failed, 0u) << "its failures were taken back, though each was the last try";
    EXPECT_TRUE(bad.request.attempts.empty());
    EXPECT_THAT(why_it_waits(*ground.queue, *ground.connection, id, "", {}), HasSubstr("1 blocked"));
    ground.reopen();
    ground.exchange(bad);
    EXPECT_TRUE(ground.exchange(bad).assign.empty()) << "a restart doesn't forgive";
    ground.work_off(good);
    EXPECT_EQ(ground.job(id).state, JobState::succeeded);
}

TEST(Trust, ABlockIsForgivenAfterHoursOrByHand) {
    for (const bool by_hand : {true, false}) {
        Ground ground;
        ground.submit(submission(50));
        FakeWorker bad("bad", 1), good("good", 1);
        ground.exchange(good);
        for (int i = 0; i < 8; ++i)
            turn(ground, bad, ResultClass::failed_app);
        ASSERT_EQ(ground.count("SELECT count(*) FROM blocks"), 1);
        if (by_hand) ground.queue->forgive(*ground.connection, "bad");
        for (int minute = 0; !by_hand && minute < 301; ++minute) {
            ground.pass(60);
            ground.exchange(good);
            ground.exchange(bad);
        }
        EXPECT_EQ(ground.count("SELECT count(*) FROM blocks"), 0);
        ground.exchange(bad);
        EXPECT_FALSE(bad.request.attempts.empty());
    }
}

TEST(Trust, AFarmOfOneIsNeverStuck) {
    Ground ground;
    const std::string id = ground.submit(submission(10));
    FakeWorker only("only", 1);
    ground.work_off(only, ResultClass::failed_app);
    EXPECT_EQ(ground.job(id).state, JobState::failed) << "and its failures count";
    EXPECT_EQ(ground.count("SELECT count(*) FROM blocks"), 0);
}

TEST(Trust, WhoIsBlockedWorksOnWhenTheOthersLeave) {
    Ground ground;
    const std::string id = ground.submit(submission(20));
    FakeWorker bad("bad", 1), good("good", 1);
    ground.exchange(good);
    for (int i = 0; i < 8; ++i)
        turn(ground, bad, ResultClass::failed_app);
    ASSERT_EQ(ground.count("SELECT count(*) FROM blocks"), 1);
    const auto seen = ground.queue->touched();
    ground.queue->remove_worker(*ground.connection, "good");
    EXPECT_GT(ground.queue->touched(), seen) << "it is asked again";
    ground.work_off(bad);
    EXPECT_EQ(ground.job(id).state, JobState::succeeded);
}

TEST(Trust, AJobThatFailsEverywhereBlocksFewAndFails) {
    Ground ground;
    const std::string id = ground.submit(submission(200));
    std::vector<FakeWorker> workers;
    for (int i = 0; i < 8; ++i)
        workers.emplace_back("w" + std::to_string(i), 1);
    for (int round = 0; round < 200; ++round)
        for (FakeWorker& worker : workers)
            turn(ground, worker, ResultClass::failed_app);
    EXPECT_EQ(ground.job(id).state, JobState::failed);
    EXPECT_LT(ground.count("SELECT count(*) FROM attempts"), 150) << "it isn't tried for ever";
}

// Fails a task of each of these jobs on `bad`, and lets `good` do it then.
void fail_here_succeed_there(Ground& ground, FakeWorker& bad, FakeWorker& good, int jobs) {
    ground.exchange(good);
    for (int i = 0; i < jobs; ++i) {
        ground.submit(submission(1));
        ground.exchange(bad);
        ASSERT_FALSE(bad.request.attempts.empty()) << i;
        turn(ground, bad, ResultClass::failed_app);
        ground.work_off(good);
    }
}

TEST(Trust, AWorkerThatFailsWhatSucceedsElsewhereIsQuarantinedAndThenOnProbation) {
    Ground ground;
    FakeWorker bad("bad", 2), good("good", 1);
    fail_here_succeed_there(ground, bad, good, 3);
    ASSERT_TRUE(ground.queue->workers().at("bad").sick_since);
    const std::string id = ground.submit(submission(20));
    ground.exchange(good);
    EXPECT_TRUE(ground.exchange(bad).assign.empty());
    EXPECT_THAT(why_it_waits(*ground.queue, *ground.connection, id, "", {}), HasSubstr("1 in quarantine"));
    ground.reopen();
    ground.exchange(good);
    EXPECT_TRUE(ground.exchange(bad).assign.empty()) << "also after a restart";
    for (int minute = 0; minute < 30; ++minute) {
        ground.pass(60);
        ground.exchange(good);
        ground.exchange(bad);
    }
    ASSERT_EQ(bad.request.attempts.size(), 1u) << "one task, though it has two slots";
    turn(ground, bad, ResultClass::failed_app);
    ground.exchange(bad);
    EXPECT_TRUE(bad.request.attempts.empty()) << "quarantined again";
    for (int minute = 0; minute < 31; ++minute) {
        ground.pass(60);
        ground.exchange(good);
        ground.exchange(bad);
    }
    ASSERT_EQ(bad.request.attempts.size(), 1u);
    turn(ground, bad, ResultClass::succeeded);
    EXPECT_FALSE(ground.queue->workers().at("bad").sick_since);
    ground.exchange(bad);
    ground.exchange(bad);
    EXPECT_EQ(bad.request.sessions.size(), 2u) << "it is well";
}

TEST(Trust, TheSickAreForgivenByHandAndNeededWhenAlone) {
    Ground ground;
    FakeWorker bad("bad", 1), good("good", 1);
    fail_here_succeed_there(ground, bad, good, 3);
    ground.submit(submission(20));
    good.request.draining = true;
    ground.exchange(good);
    EXPECT_FALSE(ground.exchange(bad).assign.empty()) << "there is nobody else";
    good.request.draining = false;
    ground.exchange(good);
    ground.queue->forgive(*ground.connection, "bad");
    EXPECT_EQ(ground.count("SELECT count(*) FROM workers WHERE sick_since IS NOT NULL"), 0);
}

TEST(Trust, FailuresOfOneJobOrWithASuccessBetweenMakeNobodySick) {
    Ground ground;
    FakeWorker bad("bad", 1), good("good", 1);
    fail_here_succeed_there(ground, bad, good, 2);
    ground.submit(submission(1));
    ground.work_off(bad);  // goes well
    fail_here_succeed_there(ground, bad, good, 2);
    EXPECT_FALSE(ground.queue->workers().at("bad").sick_since);
}

TEST(Trust, WhereATaskFailedSurvivesARestart) {
    Ground ground;
    ground.submit(submission(1));
    FakeWorker bad("bad", 1), good("good", 1);
    ground.exchange(bad);
    ground.exchange(good);
    turn(ground, bad, ResultClass::failed_app);
    ground.reopen();
    EXPECT_TRUE(ground.exchange(bad).assign.empty());
    EXPECT_EQ(ground.exchange(good).assign.size(), 1u);
}

TEST(Workers, PausedRestingAndDrainingOnesTakeNothing) {
    Ground ground;
    const std::string id = ground.submit(submission(100));
    FakeWorker worker("w", 1);
    ground.exchange(worker);
    ground.queue->set_wish(*ground.connection, "w", WorkerWish::pause);
    for (int i = 0; i < 3; ++i)
        turn(ground, worker, ResultClass::succeeded);
    EXPECT_TRUE(worker.request.attempts.empty());
    EXPECT_THAT(why_it_waits(*ground.queue, *ground.connection, id, "", {}), HasSubstr("1 paused"));
    ground.reopen();
    EXPECT_TRUE(ground.exchange(worker).assign.empty()) << "also after a restart of the farm";
    worker.restart("boot-2");
    EXPECT_TRUE(ground.exchange(worker).assign.empty()) << "and of the worker";
    ground.queue->set_wish(*ground.connection, "w", WorkerWish::run);
    EXPECT_TRUE(ground.queue->has_work_for("w"));
    worker.request.resting = "its hours are 19 to 7";
    EXPECT_TRUE(ground.exchange(worker).assign.empty());
    EXPECT_THAT(why_it_waits(*ground.queue, *ground.connection, id, "", {}), HasSubstr("its hours are 19 to 7"));
    worker.request.resting.clear();
    EXPECT_FALSE(ground.exchange(worker).assign.empty());
}

TEST(Workers, OneThatIsToLeaveIsToldUntilItIsGoneAndMayComeBack) {
    Ground ground;
    ground.submit(submission(100));
    FakeWorker worker("w", 1);
    ground.exchange(worker);
    ground.queue->set_wish(*ground.connection, "w", WorkerWish::leave);
    EXPECT_TRUE(ground.exchange(worker).stop);
    EXPECT_TRUE(ground.exchange(worker).stop);
    worker.restart("boot-2");
    const auto reply = ground.exchange(worker);
    EXPECT_FALSE(reply.stop);
    EXPECT_FALSE(reply.assign.empty());
}

TEST(Workers, AForgottenOneLosesItsLeasesAtOnce) {
    Ground ground;
    ground.submit(submission(1));
    FakeWorker worker("w", 1), other("other", 1);
    ground.exchange(worker);
    EXPECT_TRUE(ground.queue->holds("w", ground.queue->jobs().begin()->second.id));
    ground.queue->remove_worker(*ground.connection, "w");
    EXPECT_FALSE(ground.queue->holds("w", ground.queue->jobs().begin()->second.id));
    EXPECT_EQ(ground.exchange(other).assign.size(), 1u);
    EXPECT_EQ(ground.count("SELECT count(*) FROM workers WHERE id = 'w'"), 0);
    EXPECT_EQ(ground.exchange(worker).drop.size(), 1u) << "it comes back as a new one";
}

TEST(Workers, ATokenSpeaksForItsWorkerAlone) {
    Ground ground;
    FakeWorker worker("w", 1);
    const auto say = [&](const std::string& token) {
        ++worker.request.sequence;
        ground.queue->exchange(*ground.connection, worker.request, token);
    };
    say("token-a");
    say("token-a");
    EXPECT_THROW(say("token-b"), Error);
    EXPECT_NO_THROW(say("")) << "an admin may speak for every worker";
    ground.reopen();
    EXPECT_THROW(say("token-b"), Error);
    ground.pass(61);
    EXPECT_TRUE(ground.queue->workers().empty());
    EXPECT_THROW(say("token-b"), Error) << "also while it is away";
    ground.queue->remove_worker(*ground.connection, "w");
    EXPECT_NO_THROW(say("token-b"));
}

TEST(Workers, HostileOrForeignRequestsAreRefusedAndChangeNothing) {
    Ground ground;
    FakeWorker worker("w", 1);
    worker.request.protocol = wire::protocol_number + 1;
    try {
        ground.exchange(worker);
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), Error::Kind::conflict);
        EXPECT_THAT(error.hint(), HasSubstr("update"));
    }
    worker.request.protocol = wire::protocol_number;
    for (const int slots : {-1, 1'000'000'000}) {
        worker.request.slots = slots;
        EXPECT_THROW(ground.exchange(worker), Error);
    }
    worker.request.slots = 1;
    worker.request.name = std::string(1000, 'x');
    EXPECT_THROW(ground.exchange(worker), Error);
    EXPECT_TRUE(ground.queue->workers().empty());
    EXPECT_EQ(ground.count("SELECT count(*) FROM workers"), 0);
}

TEST(Workers, AreFoundByIdOrByAnUnmistakableName) {
    Ground ground;
    FakeWorker first("id-1", 1), second("id-2", 1);
    first.request.name = "tower";
    second.request.name = "laptop";
    ground.exchange(first);
    ground.exchange(second);
    EXPECT_EQ(find_worker(*ground.connection, "tower"), "id-1");
    EXPECT_EQ(find_worker(*ground.connection, "id-2"), "id-2");
    EXPECT_THROW(find_worker(*ground.connection, "nobody"), Error);
    FakeWorker third("id-3", 1);
    third.request.name = "tower";
    ground.exchange(third);
    EXPECT_THROW(find_worker(*ground.connection, "tower"), Error);
}

TEST(Workers, AreListedAsTheyAre) {
    Ground ground;
    const std::string id = ground.submit(submission(1));
    FakeWorker busy("busy", 1), idle("idle", 1), gone("gone", 1);
    ground.exchange(busy);
    ground.exchange(gone);
    ground.pass(50);
    ground.exchange(busy);
    ground.exchange(idle);
    ground.pass(15);
    const std::vector<WorkerView> list = workers_now(*ground.queue, *ground.connection);
    ASSERT_EQ(list.size(), 3u);
    EXPECT_EQ(list[0].state, "busy");
    ASSERT_EQ(list[0].sessions.size(), 1u);
    EXPECT_EQ(list[0].sessions[0].job, id);
    EXPECT_EQ(list[0].seen_seconds, 15);
    EXPECT_EQ(list[1].state, "lost");
    EXPECT_EQ(list[2].state, "idle");
}

}  // namespace
}  // namespace atelier::farm
