// Servers on a PostgreSQL: the database is restarted under them, and of two on one data folder the one that schedules
// is killed, again and again.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>
#include <thread>

#include "base/text.h"
#include "db/testing_postgres.h"
#include "served.h"

namespace atelier::tests {

using testing_support::PostgresServer;

namespace {

constexpr unsigned seed = 20261106;
constexpr seconds stall{60};

}  // namespace

TEST(ServedPostgres, IsRestartedInTheMiddleOfAJob) {
    constexpr int tasks = 100;
    PostgresServer postgres(PostgresServer::Sync::on);
    const std::string url = postgres.fresh_url();
    Ground ground;
    Server server(ground, {"--db", url});
    const Books books(url);
    RemoteWorker one(ground, "one", server.url());
    RemoteWorker two(ground, "two", server.url());
    const std::string job = LongJob{tasks, "0.05"}.submit(server.client(), ground);
    for (int round = 0; round < 4; ++round) {
        const std::int64_t wanted = books.done() + 5;
        ASSERT_TRUE(eventually([&] { return books.done() >= wanted; }, stall)) << server.said() << one.said();
        round % 2 == 0 ? postgres.stop() : postgres.kill();
        std::this_thread::sleep_for(milliseconds(round * 150));
        postgres.start();
    }
    ASSERT_TRUE(books.succeeds(job)) << server.said() << one.said();
    EXPECT_TRUE(server.runs()) << server.said();
    expect_each_task_once(books, job, tasks);
    expect_outputs_right(ground, job, tasks);
    expect_worker_clean(one);
    expect_worker_clean(two);
    one.leave();
    two.leave();
    server.stop();
}

TEST(ServedPostgres, OfTwoServersTheOneThatSchedulesIsKilledAgainAndAgain) {
    constexpr int tasks = 120, kills = 6;
    PostgresServer& postgres = PostgresServer::shared();
    const std::string url = postgres.fresh_url();
    Ground ground;
    Server first(ground, {"--db", url});
    Server second(ground, {"--db", url});
    const Books books(url);
    RemoteWorker one(ground, "one", first.url());
    RemoteWorker two(ground, "two", second.url());
    // By the one that doesn't schedule: it passes it on.
    const std::string job = LongJob{tasks, "0.05"}.submit(second.client(), ground);
    const auto scheduler = [&]() -> std::string {
        const auto row = books.open()->row<std::string>("SELECT url FROM servers WHERE schedules = 1");
        return row ? std::get<0>(*row) : "";
    };
    std::mt19937 random(seed);
    std::string killed;
    for (int round = 0; round < kills; ++round) {
        ASSERT_TRUE(eventually([&] { return !scheduler().empty() && scheduler() != killed; }, stall)) << first.said();
        killed = scheduler();
        Server& it = killed == first.url() ? first : second;
        Server& other = killed == first.url() ? second : first;
        const std::int64_t wanted = books.done() + 4;
        ASSERT_TRUE(eventually([&] { return books.done() >= wanted; }, stall)) << it.said() << one.said() << two.said();
        std::this_thread::sleep_for(milliseconds(std::uniform_int_distribution(0, 100)(random)));
        ASSERT_NE(books.state(job), "SUCCEEDED") << "the job is too short";
        it.kill();
        EXPECT_TRUE(eventually([&] { return scheduler() == other.url(); }, seconds(30))) << "the other takes over";
        EXPECT_EQ(other.client().get("/api/v1/jobs/" + job).at("job").at("id").as_string(), job);
        it.start();
    }
    ASSERT_TRUE(books.succeeds(job)) << one.said() << two.said();
    expect_each_task_once(books, job, tasks);
    expect_outputs_right(ground, job, tasks);
    expect_worker_clean(one);
    expect_worker_clean(two);

    // A change that is asked of either is made.
    Server& standby = scheduler() == first.url() ? second : first;
    const std::string another = LongJob{2}.submit(standby.client(), ground);
    ASSERT_TRUE(eventually([&] { return books.state(another) == "SUCCEEDED"; })) << one.said() << two.said();
    one.leave();
    two.leave();
    first.stop();
    second.stop();
}

// The folders in which the first server's tasks run are none of the second's, though both share the data folder.
TEST(ServedPostgres, AServerThatStartsLeavesTheSessionsOfAnotherAlone) {
    const std::string url = PostgresServer::shared().fresh_url();
    Ground ground;
    Server first(ground, {"--db", url, "--workers", "1"});
    const Books books(url);
    LongJob long_job{1};
    long_job.script = fmt::format(
        "touch {0}/begun; while [ ! -e {0}/go ]; do sleep 0.02; done; "
        "printf 'first half of %s\\nsecond half of %s\\n' $N $N > \"$OUT/part-$N.txt\"",
        ground.root().string());
    const std::string job = long_job.submit(first.client(), ground);
    ASSERT_TRUE(eventually([&] { return std::filesystem::exists(ground.path("begun")); })) << first.said();
    Server second(ground, {"--db", url, "--workers", "1"});
    ground.write("go", "");
    ASSERT_TRUE(books.succeeds(job)) << first.said();
    EXPECT_EQ(books.count("SELECT count(*) FROM attempts"), 1);
    first.stop();
    second.stop();
}

// A farm on PostgreSQL leaves a folder of blobs that looks like a farm without jobs.
TEST(ServedPostgres, ItsFolderIsTakenForNoFarmOfItsOwn) {
    const std::string url = PostgresServer::shared().fresh_url();
    Ground ground;
    Server first(ground, {"--db", url});
    {
        Server second(ground, {"--db", url});
        second.stop();
    }
    // The note of where the server is was the second's, and is the first's again.
    ASSERT_TRUE(eventually([&] { return ground.read("data/server.json").find(first.url()) != std::string::npos; }));
    const Ended asked = ground.run({"jobs", "--json"});
    EXPECT_EQ(asked.status, 0) << asked.all();
    first.stop();
    for (const std::vector<std::string>& command :
         std::vector<std::vector<std::string>>{{"jobs"},
                                               {"store", "gc"},
                                               {"run", ground.write("job.yaml", shell_job("true"))},
                                               {"serve"},
                                               {"user", "list"},
                                               {"backup", ground.path("farm.tar").string()}}) {
        const Ended refused = ground.run(command);
        EXPECT_NE(refused.status, 0) << join(command, " ") << refused.all();
        EXPECT_NE(refused.err.find("are in the database postgres at"), std::string::npos) << refused.all();
    }
    const Ended copy = ground.run({"db", "copy", url, ground.path("data").string()});
    EXPECT_EQ(copy.status, 0) << copy.all();
    const Ended here = ground.run({"jobs"});
    EXPECT_EQ(here.status, 0) << here.all();
}

}  // namespace atelier::tests
