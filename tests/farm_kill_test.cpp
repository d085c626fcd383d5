// kill -9 of the program, again and again, in the middle of a job: whatever the moment, the job goes on and comes to
// the same end as if nothing had happened.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <csignal>
#include <random>
#include <thread>

#include "base/hash.h"
#include "base/text.h"
#include "program.h"

namespace atelier::tests {

namespace fs = std::filesystem;

namespace {

constexpr int tasks = 300;
constexpr seconds stall{60};
constexpr unsigned seed = 20230901;

// Written in two parts, so that a kill can come between; now and then with a child that tries to stay.
constexpr const char* script = R"(
echo "first half of $N" > "$OUT/part-$N.txt"
if [ $((N % 40)) = 7 ]; then setsid sleep 300 & fi
sleep 0.02
echo "second half of $N" >> "$OUT/part-$N.txt"
)";

std::string content(int number) { return fmt::format("first half of {}\nsecond half of {}\n", number, number); }

struct Killer {
    Ground ground;
    std::mt19937 random{seed};
    std::vector<std::string> command;
    int kills = 0;
    std::string previous;  // what the run before has said

    explicit Killer(const std::vector<std::string>& more) {
        command = {"run", ground.write("job.yaml", shell_job(script, tasks)), "--workers", "2"};
        command.insert(command.end(), more.begin(), more.end());
    }

    int pick(int from, int to) { return std::uniform_int_distribution(from, to)(random); }

    // The command again, or `jobs resume`, as people would.
    std::vector<std::string> next_command() {
        const bool begun = ground.count("SELECT count(*) FROM jobs") > 0;
        if (!begun || pick(0, 1) == 0) return command;
        return {"jobs", "resume", ground.job(), "--workers", "2"};
    }

    // One run that is killed: while it starts, or a moment after so many more tasks are done.
    void kill_once() {
        const auto run = ground.start(next_command());
        if (pick(0, 3) > 0) {
            const char* done = "SELECT sum(succeeded) FROM steps";
            const std::int64_t wanted = ground.count(done) + pick(1, 4);
            ASSERT_TRUE(eventually([&] { return run->ended() || ground.count(done) >= wanted; }, stall))
                << "it stands still: " << run->out() << run->err();
        }
        std::this_thread::sleep_for(milliseconds(pick(0, 60)));
        run->signal(SIGKILL);
        const Ended ended = run->wait();
        ASSERT_EQ(ended.signal, SIGKILL) << "it came to its end before it was killed: " << ended.all();
        ++kills;
    }

    void expect_everything_once_and_right() {
        const Ended last = ground.run(next_command());
        ASSERT_EQ(last.status, 0) << last.all();
        EXPECT_EQ(ground.count("SELECT count(*) FROM jobs"), 1) << "each run went on with the same job";
        const auto database = ground.database();
        const std::string job = ground.job();
        EXPECT_EQ(farm::job_by_id(*database, job).succeeded, static_cast<std::uint64_t>(tasks));

        const auto artifacts = farm::artifacts_of(*database, job);
        EXPECT_EQ(artifacts.size(), static_cast<std::size_t>(tasks));
        std::map<std::string, std::string> digests;
        for (const farm::Artifact& artifact : artifacts)
            digests[artifact.output.path] = artifact.output.digest;
        for (int number = 1; number <= tasks; ++number) {
            const std::string name = fmt::format("part-{}.txt", number);
            EXPECT_EQ(ground.read("out/" + name), content(number));
            EXPECT_EQ(digests[name], sha256(content(number)).hex()) << name;
        }
        EXPECT_EQ(std::distance(fs::directory_iterator(ground.path("out")), fs::directory_iterator()), tasks);

        std::map<std::uint64_t, int> successes;
        for (const farm::AttemptRecord& attempt : farm::attempts_of(*database, job, {}, {}, 1'000'000))
            if (attempt.result.result == farm::ResultClass::succeeded) ++successes[attempt.id.task];
        EXPECT_EQ(successes.size(), static_cast<std::size_t>(tasks));
        for (const auto& [task, count] : successes)
            EXPECT_EQ(count, 1) << "task " << task << " succeeded more than once";
    }

    void expect_nothing_left() {
        EXPECT_TRUE(eventually([&] { return ground.running().empty(); }, seconds(20))) << join(ground.running(), ", ");
        EXPECT_TRUE(fs::is_empty(ground.layout().sessions()));
        EXPECT_TRUE(fs::is_empty(ground.layout().checkpoints()));
        for (const auto& log : fs::recursive_directory_iterator(ground.layout().logs()))
            if (log.is_regular_file()) {
                EXPECT_EQ(log.path().extension(), ".zst") << log.path();
            }
        const Ended check = ground.run({"store", "check"});
        EXPECT_EQ(check.status, 0) << check.all();
    }
};

}  // namespace

TEST(Kill, FiftyTimesInOneJob) {
    Killer killer({});
    while (killer.kills < 50)
        ASSERT_NO_FATAL_FAILURE(killer.kill_once());
    killer.expect_everything_once_and_right();
    killer.expect_nothing_left();
}

TEST(Kill, FifteenTimesInAJobThatIsIsolated) {
    Killer killer({"--isolate"});
    while (killer.kills < 15)
        ASSERT_NO_FATAL_FAILURE(killer.kill_once());
    killer.expect_everything_once_and_right();
    killer.expect_nothing_left();
}

}  // namespace atelier::tests
