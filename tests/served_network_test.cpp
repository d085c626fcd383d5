// A bad network between remote workers and the server: connections that are cut in the middle of a body, bytes that are
// late or never come, requests that come twice, and a cable that is pulled.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <csignal>
#include <thread>

#include "base/text.h"
#include "proxy.h"
#include "served.h"

namespace atelier::tests {

namespace {

constexpr unsigned seed = 20261103;
constexpr seconds stall{60};

int port_of(const Server& server) {
    return static_cast<int>(parse_int(server.url().substr(server.url().rfind(':') + 1)).value());
}

// Outputs of half a megabyte, so that there are bodies to be cut in the middle.
constexpr const char* large_script = R"(
i=0
while [ $i -lt 2000 ]; do
  echo "line $i of $N 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789"; i=$((i+1))
done > "$OUT/large-$N.txt"
printf "first half of %s\nsecond half of %s\n" $N $N > "$OUT/part-$N.txt"
)";

void expect_large_outputs_right(const Ground& ground, const std::string& job, int tasks) {
    const Ended download = ground.run({"job", "download", job, "--to", ground.path("large").string()});
    ASSERT_EQ(download.status, 0) << download.all();
    for (int number = 1; number <= tasks; ++number) {
        std::string content;
        for (int i = 0; i < 2000; ++i)
            content +=
                fmt::format("line {} of {}{}\n", i, number, join(std::vector<std::string>(7, " 0123456789"), ""));
        EXPECT_EQ(ground.read(fmt::format("large/large-{}.txt", number)), content) << number;
        EXPECT_EQ(ground.read(fmt::format("large/part-{}.txt", number)), LongJob::content(number));
    }
    EXPECT_EQ(ground.run({"store", "check"}).status, 0);
}

}  // namespace

TEST(BadNetwork, CutsDelaysLossesAndRepeatsInBothDirectionsSpoilNothing) {
    constexpr int tasks = 24;
    Ground ground;
    Server server(ground, {"--lease", "6"});
    const Books books(ground);
    Proxy bad(port_of(server), {0.02, 0.02, 0.05, 0.001, 0.05}, seed);
    Proxy worse(port_of(server), {0.03, 0.03, 0.1, 0.001, 0.1}, seed + 1);
    RemoteWorker one(ground, "one", bad.url());
    RemoteWorker two(ground, "two", worse.url());
    LongJob long_job{tasks};
    long_job.script = large_script;
    const std::string job = long_job.submit(server.client(), ground);
    ASSERT_TRUE(books.succeeds(job)) << one.said() << two.said();
    EXPECT_GT(bad.faults() + worse.faults(), 30u);
    bad.heal();
    worse.heal();
    expect_each_task_once(books, job, tasks, 2 * tasks);
    expect_large_outputs_right(ground, job, tasks);
    expect_worker_clean(one);
    expect_worker_clean(two);
    one.leave();
    two.leave();
    server.stop();
}

// The task ends while its worker is cut off, whose lease runs out: it is done elsewhere, and what the first one tells
// at last is refused.
TEST(BadNetwork, AWorkerThatIsCutOffBeyondItsLeaseTellsItsResultsTooLate) {
    constexpr int tasks = 2;
    Ground ground;
    Server server(ground, {"--lease", "4"});
    const Books books(ground);
    Proxy proxy(port_of(server), {}, seed);
    RemoteWorker away(ground, "away", proxy.url(), {"--slots", "2"});
    LongJob long_job{tasks};
    long_job.script = fmt::format(
        "echo $N >> '{0}/tally'; while [ ! -e '{0}/go' ]; do sleep 0.02; done\n"
        "printf 'first half of %s\\nsecond half of %s\\n' $N $N > \"$OUT/part-$N.txt\"\n",
        ground.root().string());
    const std::string job = long_job.submit(server.client(), ground);
    ASSERT_TRUE(eventually([&] { return ground.lines("tally").size() == tasks; })) << away.said();
    proxy.block(true);
    ground.write("go", "");
    const std::string held = "SELECT count(*) FROM tasks WHERE worker <> ''";
    ASSERT_TRUE(eventually([&] { return books.count(held) == 0; }, stall)) << server.said();
    RemoteWorker other(ground, "other", server.url());
    ASSERT_TRUE(books.succeeds(job)) << other.said();
    proxy.block(false);
    expect_worker_clean(away);
    EXPECT_EQ(ground.lines("tally").size(), 2u * tasks) << "each was run by both";
    expect_each_task_once(books, job, tasks);
    for (const auto& attempt : farm::attempts_of(*books.open(), job, {}, {}, 1000))
        EXPECT_EQ(attempt.result.result == farm::ResultClass::succeeded, attempt.worker == other.id());
    expect_outputs_right(ground, job, tasks);
    away.leave();
    other.leave();
    server.stop();
}

// Two machines as the kernel makes them: two network namespaces and a cable between, which is pulled and put back.
class Cable {
public:
    Cable() : name_(fmt::format("atelier{}", ::getpid())) {
        is_there_ = run("ip netns add " + name_) &&
                    run(fmt::format("ip link add {0}a type veth peer name {0}b", short_name())) &&
                    run(fmt::format("ip link set {}b netns {}", short_name(), name_)) &&
                    run(fmt::format("ip addr add 10.213.77.1/24 dev {}a", short_name())) &&
                    run(fmt::format("ip link set {}a up", short_name())) &&
                    in(fmt::format("ip addr add 10.213.77.2/24 dev {}b", short_name())) &&
                    in(fmt::format("ip link set {}b up", short_name())) && in("ip link set lo up");
    }
    ~Cable() {
        run(fmt::format("ip link del {}a", short_name()));
        run("ip netns del " + name_);
    }
    Cable(const Cable&) = delete;
    Cable& operator=(const Cable&) = delete;

    bool is_there() const { return is_there_; }
    void pull() { run(fmt::format("ip link set {}a down", short_name())); }
    void put_back() { run(fmt::format("ip link set {}a up", short_name())); }
    const std::string& other_side() const { return name_; }

private:
    std::string short_name() const { return fmt::format("a{}", ::getpid() % 10'000'000); }
    bool in(const std::string& command) { return run(fmt::format("ip netns exec {} {}", name_, command)); }
    static bool run(const std::string& command) { return std::system((command + " 2>/dev/null").c_str()) == 0; }

    const std::string name_;
    bool is_there_ = false;
};

TEST(BadNetwork, ACableThatIsPulledAgainAndAgain) {
    constexpr int tasks = 80;
    Cable cable;
    if (!cable.is_there()) GTEST_SKIP() << "only root may make network namespaces and a cable between them";
    Ground ground;
    Server server(ground, {"--lease", "6", "--listen", fmt::format("10.213.77.1:{}", free_port())});
    const Books books(ground);
    RemoteWorker near(ground, "near", server.url());
    RemoteWorker far(ground, "far", server.url(), {"--slots", "2"}, {"ip", "netns", "exec", cable.other_side()});
    const std::string job = LongJob{tasks, "0.2"}.submit(server.client(), ground);
    const auto far_works = [&] {
        return books.count(fmt::format("SELECT count(*) FROM tasks WHERE worker = '{}'", far.id())) > 0;
    };
    // A moment; then longer than a task takes; then longer than the lease.
    for (const milliseconds away : {milliseconds(300), milliseconds(1500), milliseconds(8000)}) {
        ASSERT_TRUE(eventually(far_works, stall)) << far.said();
        cable.pull();
        std::this_thread::sleep_for(away);
        cable.put_back();
    }
    ASSERT_TRUE(books.succeeds(job)) << near.said() << far.said();
    expect_each_task_once(books, job, tasks);
    expect_outputs_right(ground, job, tasks);
    expect_worker_clean(near);
    expect_worker_clean(far);
    near.leave();
    far.leave();
    server.stop();
}

}  // namespace atelier::tests
