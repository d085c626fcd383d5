// Many workers, many jobs, and everything that can go wrong on the way, in a fixed order of chance: afterwards each
// task has succeeded exactly once, the counters are the sums of the rows, and nothing is reserved.
#include <gtest/gtest.h>

#include <random>

#include "base/error.h"
#include "farm/testing.h"

namespace atelier::farm {
namespace {

using testing::FakeWorker;
using testing::Ground;
using testing::submission;

class Simulation : public ::testing::TestWithParam<unsigned> {
protected:
    bool chance(int percent) { return static_cast<int>(random_() % 100) < percent; }

    void step(FakeWorker& worker) {
        ground_.clock.advance(0.5);
        if (chance(3)) worker.restart("boot-" + std::to_string(++boots_));  // killed and started again
        if (chance(3)) ground_.clock.advance(70);                           // everybody's lease runs out
        if (chance(3)) ground_.clock.wall_now += chance(50) ? 86'400'000'000 : -86'400'000'000;  // the clock is set
        for (std::size_t i = 0; i < worker.request.attempts.size(); ++i)
            if (!worker.request.attempts[i].result && chance(50)) worker.end(i, random_result());
        ++worker.request.sequence;
        const wire::ExchangeReply reply = ground_.queue->exchange(*ground_.connection, worker.request);
        if (chance(4)) return;                                                        // the reply is lost
        if (chance(4)) ground_.queue->exchange(*ground_.connection, worker.request);  // the request came twice
        worker.take(reply);
        if (ground_.queue->tick_is_due()) ground_.queue->tick(*ground_.connection);
        if (chance(1)) ground_.reopen();  // the farm is killed
    }

    ResultClass random_result() {
        if (chance(80)) return ResultClass::succeeded;
        constexpr std::array others = {ResultClass::interrupted, ResultClass::failed_app, ResultClass::failed_resource,
                                       ResultClass::failed_licence, ResultClass::timeout};
        return others[random_() % others.size()];
    }

    void check_invariants(bool at_rest) {
        EXPECT_EQ(
            ground_.count("SELECT count(*) FROM (SELECT 1 FROM attempts WHERE result = 0 GROUP BY job, step, task "
                          "HAVING count(*) > 1) AS twice"),
            0);
        EXPECT_EQ(
            ground_.count("SELECT count(*) FROM steps WHERE succeeded <> (SELECT count(*) FROM tasks WHERE tasks.job = "
                          "steps.job AND tasks.step = steps.step AND state = 5)"),
            0);
        for (const auto& [id, worker] : ground_.queue->workers()) {
            Amounts sum;
            for (const auto& [session_id, session] : worker.sessions)
                add(sum, session.reserved);
            for (const auto& [name, value] : worker.reserved)
                EXPECT_NEAR(value, sum[name], 1e-6) << id << " " << name;
            EXPECT_TRUE(!at_rest || worker.sessions.empty());
        }
        for (const auto& [key, job] : ground_.queue->jobs()) {
            int sessions = 0;
            std::uint64_t held = 0;
            for (const auto& [id, worker] : ground_.queue->workers())
                for (const auto& [session_id, session] : worker.sessions) {
                    if (session.job != key) continue;
                    ++sessions;
                    held += session.tasks.size();
                }
            EXPECT_EQ(job.sessions, sessions);
            EXPECT_EQ(job.leased(), held);
        }
    }

    std::mt19937 random_{GetParam()};
    int boots_ = 1;
    Ground ground_;
};

TEST_P(Simulation, NothingIsLostAndNothingIsDoneTwice) {
    std::vector<std::string> jobs;
    std::uint64_t tasks = 0;
    for (int i = 0; i < 6; ++i) {
        wire::Submission what = submission(20 + random_() % 60, chance(50));
        what.settings.max_tries = 100;
        what.settings.priority = static_cast<int>(random_() % 100);
        if (chance(30)) what.settings.max_concurrency = 2;
        jobs.push_back(ground_.submit(what));
        tasks += ground_.job(jobs.back()).total_tasks;
    }
    std::vector<FakeWorker> workers;
    for (int i = 0; i < 5; ++i)
        workers.emplace_back("w" + std::to_string(i), 1 + static_cast<int>(random_() % 4));
    for (int round = 0; round < 20'000 && !ground_.queue->jobs().empty(); ++round) {
        step(workers[random_() % workers.size()]);
        if (round % 100 == 0) {
            check_invariants(false);
            for (const std::string& id : jobs)  // ten interruptions in a row pause a job; a person lets it go on
                if (ground_.job(id).state == JobState::paused) ground_.queue->resume(*ground_.connection, id);
        }
        if (HasFatalFailure() || HasNonfatalFailure()) break;
    }
    for (const std::string& id : jobs)
        EXPECT_EQ(ground_.job(id).state, JobState::succeeded) << id;
    EXPECT_EQ(ground_.count("SELECT count(*) FROM attempts WHERE result = 0"), static_cast<std::int64_t>(tasks));
    for (FakeWorker& worker : workers)
        ground_.work_off(worker);
    check_invariants(true);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Simulation, ::testing::Range(1u, 41u));

}  // namespace
}  // namespace atelier::farm
