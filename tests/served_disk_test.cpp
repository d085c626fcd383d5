// A disk that is full, on the worker's machine or on the server's, and has room again: it costs time, and nothing else.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/mount.h>

#include <optional>
#include <thread>

#include "base/testing.h"
#include "served.h"

namespace atelier::tests {

namespace fs = std::filesystem;
using testing_support::SmallDisk;

namespace {

constexpr int tasks = 12;
constexpr seconds stall{60};

// A megabyte each, the same for everybody who makes it.
constexpr const char* large_script = R"(
yes "the line of task $N" | head -c 1000000 > "$OUT/large-$N.txt" || exit 1
printf 'first half of %s\nsecond half of %s\n' $N $N > "$OUT/part-$N.txt"
)";

std::string large_content(int number) {
    const std::string line = fmt::format("the line of task {}\n", number);
    std::string content;
    while (content.size() < 1'000'000)
        content += line;
    content.resize(1'000'000);
    return content;
}

// Fills a folder's disk to the last byte until it is told to go.
class Filling {
public:
    explicit Filling(const fs::path& folder) : file_(folder / "filling") {
        std::FILE* const file = std::fopen(file_.c_str(), "w");
        const std::string piece(4096, 'x');
        while (file != nullptr && std::fwrite(piece.data(), 1, piece.size(), file) == piece.size() &&
               std::fflush(file) == 0)
            continue;
        if (file != nullptr) std::fclose(file);
    }
    void go() { fs::remove(file_); }

private:
    fs::path file_;
};

void expect_large_outputs_right(const Ground& ground, const std::string& job) {
    const Ended download = ground.run({"job", "download", job, "--to", ground.path("large").string()});
    ASSERT_EQ(download.status, 0) << download.all();
    for (int number = 1; number <= tasks; ++number) {
        EXPECT_EQ(ground.read(fmt::format("large/large-{}.txt", number)), large_content(number)) << number;
        EXPECT_EQ(ground.read(fmt::format("large/part-{}.txt", number)), LongJob::content(number));
    }
    EXPECT_EQ(ground.run({"store", "check"}).status, 0);
}

}  // namespace

TEST(FullDisk, OnAWorkersMachine) {
    Ground ground;
    Server server(ground);
    const Books books(ground);
    const SmallDisk disk(ground.path("small"), "size=16m");
    if (!disk.mounted()) GTEST_SKIP() << "only root may mount a small disk";
    RemoteWorker small(ground, "small", server.url());
    LongJob long_job{tasks};
    long_job.script = large_script;
    ASSERT_TRUE(eventually([&] { return !small.id().empty(); }));
    std::optional<Filling> filling(ground.path("small"));
    const std::string job = long_job.submit(server.client(), ground);
    const auto attempts = [&] { return books.count("SELECT count(*) FROM attempts"); };
    ASSERT_TRUE(eventually([&] { return attempts() >= 1 || small.ended(); }, stall)) << small.said();
    EXPECT_FALSE(small.ended()) << small.said();
    filling->go();
    if (eventually([&] { return books.state(job) == "SUCCEEDED" || books.state(job) == "FAILED"; }) &&
        books.state(job) == "FAILED") {
        const Ended retry = ground.run({"job", "retry", job, "--failed"});
        EXPECT_EQ(retry.status, 0) << retry.all();
    }
    ASSERT_TRUE(books.succeeds(job)) << small.said();
    expect_large_outputs_right(ground, job);
    expect_worker_clean(small);
    small.leave();
    server.stop();
}

// A server with its store and database on a small disk, in the middle of a job.
class FullServer : public ::testing::Test {
protected:
    void SetUp() override {
        if (!disk.mounted()) GTEST_SKIP() << "only root may mount a small disk";
        server.emplace(ground);
        worker.emplace(ground, "worker", server->url(), std::vector<std::string>{"--slots", "2"});
        LongJob long_job{tasks};
        long_job.script = large_script;
        job = long_job.submit(server->client(), ground);
        ASSERT_TRUE(eventually([&] { return books.done() >= 2; }, stall)) << worker->said();
    }

    void expect_all_done() {
        ASSERT_TRUE(books.succeeds(job)) << server->said() << worker->said();
        expect_each_task_once(books, job, tasks, 2 * tasks);
        expect_large_outputs_right(ground, job);
        expect_worker_clean(*worker);
        worker->leave();
        server->stop();
    }

    Ground ground;
    const SmallDisk disk{ground.path("data"), "size=64m"};
    std::optional<Server> server;
    const Books books{ground};
    std::optional<RemoteWorker> worker;
    std::string job;
};

TEST_F(FullServer, GoesOnWhenThereIsRoomAgain) {
    Filling filling(ground.path("data"));
    std::this_thread::sleep_for(seconds(2));
    const std::int64_t done = books.done();
    EXPECT_TRUE(server->runs()) << server->said();
    filling.go();
    expect_all_done();
    EXPECT_LT(done, tasks) << "it was never full";
}

// There is room again before it is started anew.
TEST_F(FullServer, MayBeKilledMeanwhile) {
    Filling filling(ground.path("data"));
    std::this_thread::sleep_for(milliseconds(500));
    server->kill();
    filling.go();
    server->start();
    expect_all_done();
}

}  // namespace atelier::tests
