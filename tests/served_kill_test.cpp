// kill -9 of the server, again and again, while remote workers do a job: they notice little of it, and nothing is lost
// or done twice.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>
#include <thread>

#include "served.h"

namespace atelier::tests {

namespace {

constexpr unsigned seed = 20261101;
constexpr seconds stall{60};

}  // namespace

TEST(ServerKilled, FiftyTimesInOneJob) {
    constexpr int tasks = 300, kills = 50;
    Ground ground;
    Server server(ground);
    const Books books(ground);
    RemoteWorker one(ground, "one", server.url());
    RemoteWorker two(ground, "two", server.url());
    const std::string job = LongJob{tasks}.submit(server.client(), ground);
    std::mt19937 random(seed);
    const auto pick = [&](int from, int to) { return std::uniform_int_distribution(from, to)(random); };
    for (int killed = 0; killed < kills; ++killed) {
        // While it starts, or a moment after so many more tasks are done.
        if (pick(0, 3) > 0) {
            const std::int64_t wanted = books.done() + pick(1, 4);
            ASSERT_TRUE(eventually([&] { return books.done() >= wanted; }, stall))
                << "it stands still: " << server.said() << one.said() << two.said();
        }
        std::this_thread::sleep_for(milliseconds(pick(0, 60)));
        ASSERT_NE(books.state(job), "SUCCEEDED") << "the job is too short: killed " << killed << " times";
        server.kill();
        server.start();
    }
    ASSERT_TRUE(books.succeeds(job)) << server.said() << one.said();
    EXPECT_FALSE(one.ended() || two.ended()) << "the workers were never started anew";
    expect_each_task_once(books, job, tasks);
    expect_outputs_right(ground, job, tasks);
    expect_worker_clean(one);
    expect_worker_clean(two);
    one.leave();
    two.leave();
    server.stop();
}

}  // namespace atelier::tests
