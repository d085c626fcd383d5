// When what lies below breaks: the disk is full, the store can't be written, the database is locked, a blob is damaged,
// the clock jumps. Nothing that was finished is lost, and when the cause is gone the work goes on.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/mount.h>

#include <csignal>
#include <thread>

#include "base/hash.h"
#include "base/testing.h"
#include "base/text.h"
#include "farm/testing.h"
#include "program.h"

namespace atelier::tests {

namespace fs = std::filesystem;
using testing_support::SmallDisk;

namespace {

constexpr const char* megabyte_each = "head -c 1000000 /dev/urandom > \"$OUT/$N.bin\"; sleep 0.05\n";

void expect_outputs_are_sound(const Ground& ground, std::size_t count) {
    const auto artifacts = farm::artifacts_of(*ground.database(), ground.job());
    EXPECT_EQ(artifacts.size(), count);
    const auto blobs = ground.layout().open_blobs();
    for (const auto& [output, attempt] : artifacts) {
        EXPECT_TRUE(blobs->has({Digest::from_hex(output.digest), output.size})) << output.path;
        EXPECT_EQ(sha256(ground.read("out/" + output.path)).hex(), output.digest) << output.path;
    }
    const Ended check = ground.run({"store", "check"});
    EXPECT_EQ(check.status, 0) << check.all();
}

bool says_why(const std::string& text) {
    return text.find("No space left") != std::string::npos || text.find("full") != std::string::npos;
}

}  // namespace

TEST(Disk, AFullDiskStopsTheJobInWordsAndNothingIsLost) {
    Ground ground;
    const SmallDisk disk(ground.path("data"), "size=8m");
    if (!disk.mounted()) {
        if (is_root() && std::getenv("CI") != nullptr) FAIL() << "root can't mount a small disk";
        GTEST_SKIP() << "only root may mount a small disk";
    }
    const std::vector<std::string> command{"run", ground.write("job.yaml", shell_job(megabyte_each, 15)), "--workers",
                                           "2"};
    const auto run = ground.start(command);
    ASSERT_TRUE(eventually([&] { return run->ended() || says_why(run->err() + run->out()); })) << run->err();
    ASSERT_EQ(::mount(nullptr, ground.path("data").c_str(), nullptr, MS_REMOUNT, "size=64m"), 0);
    Ended ended = run->wait();
    EXPECT_TRUE(says_why(ended.all())) << ended.all();
    for (int again = 0; ended.status != 0 && again < 3; ++again) {
        EXPECT_EQ(ended.status, 1) << ended.all();
        ended =
            ground.state() == "FAILED" ? ground.run({"job", "retry", ground.job(), "--failed"}) : ground.run(command);
    }
    EXPECT_EQ(ended.status, 0) << ended.all();
    EXPECT_EQ(ground.count("SELECT count(*) FROM jobs"), 1);
    expect_outputs_are_sound(ground, 15);
}

TEST(Disk, AStoreThatCannotBeWrittenFailsTheJobInWords) {
    Ground ground;
    fs::create_directory(ground.path("data"));
    SmallDisk disk(ground.path("data/store"), "size=32m");
    if (!disk.mounted()) {
        if (is_root() && std::getenv("CI") != nullptr) FAIL() << "root can't mount a small disk";
        GTEST_SKIP() << "only root may mount a disk that is read-only for everybody";
    }
    const std::string job = ground.write("job.yaml", shell_job("echo $N > \"$OUT/$N.bin\"", 2));
    ASSERT_EQ(ground.run({"run", job, "--name", "First"}).status, 0);
    fs::remove_all(ground.path("out"));
    ground.write("job.yaml", shell_job("echo other $N > \"$OUT/$N.bin\"", 2));
    ASSERT_TRUE(disk.make_read_only());
    const Ended run = ground.run({"run", job, "--max-tries", "1"});
    EXPECT_EQ(run.status, 1);
    EXPECT_NE(run.all().find("Read-only file system"), std::string::npos) << run.all();

    ASSERT_EQ(::mount(nullptr, ground.path("data/store").c_str(), nullptr, MS_REMOUNT, "size=32m"), 0);
    const Ended retry = ground.run({"job", "retry", ground.job(), "--failed"});
    EXPECT_EQ(retry.status, 0) << retry.all();
    expect_outputs_are_sound(ground, 2);
}

TEST(Disk, ADatabaseThatIsLockedForTenSecondsOnlyHoldsThingsUp) {
    Ground ground;
    const auto run = ground.start(
        {"run", ground.write("job.yaml", shell_job("sleep 0.05; echo $N > \"$OUT/$N.bin\"", 60)), "--workers", "2"});
    ASSERT_TRUE(eventually([&] { return ground.count("SELECT sum(succeeded) FROM steps") >= 4; })) << run->err();
    {
        const auto other = db::open(ground.layout().database().string());
        const db::Transaction locks(*other);
        std::this_thread::sleep_for(seconds(10));
        EXPECT_FALSE(run->ended());
    }
    const Ended ended = run->wait();
    EXPECT_EQ(ended.status, 0) << ended.all();
    EXPECT_EQ(ground.count("SELECT count(*) FROM attempts"), 60) << "no task was run twice";
    expect_outputs_are_sound(ground, 60);
}

TEST(Disk, ADamagedInputIsNamedByTheJobAndByTheCheck) {
    constexpr const char* head =
        "parameterDefinitions:\n"
        "- {name: In, type: PATH, objectType: FILE, dataFlow: IN, default: input.txt}\n"
        "- {name: Out, type: PATH, objectType: DIRECTORY, dataFlow: OUT, default: out}\n";
    Ground ground;
    const std::string content = "the input of an isolated job\n";
    ground.write("input.txt", content);
    const std::string begun = ground.path("begun").string();
    const std::string go = ground.path("go").string();
    const std::string job =
        shell_job("touch " + begun + "; while [ ! -e " + go + " ]; do sleep 0.05; done", 1, "", head) +
        "- name: Reads\n"
        "  dependencies: [{dependsOn: Work}]\n"
        "  script:\n"
        "    actions: {onRun: {command: cp, args: ['{{Param.In}}', '{{Param.Out}}/copy.txt']}}\n";
    const auto run = ground.start({"run", ground.write("job.yaml", job), "--isolate", "--max-tries", "1"});
    ASSERT_TRUE(eventually([&] { return fs::exists(begun); })) << run->err();
    const std::string digest = sha256(content).hex();
    fs::path blob;
    for (const auto& entry : fs::recursive_directory_iterator(ground.layout().store()))
        if (entry.is_regular_file() && entry.path().string().ends_with(digest.substr(10))) blob = entry.path();
    ASSERT_FALSE(blob.empty());
    fs::permissions(blob, fs::perms::owner_write, fs::perm_options::add);
    fs::resize_file(blob, 5);
    ground.write("go", "");

    const Ended ended = run->wait();
    EXPECT_EQ(ended.status, 1) << ended.all();
    EXPECT_NE(ended.all().find(digest), std::string::npos) << ended.all();
    EXPECT_FALSE(fs::exists(ground.path("out/copy.txt")));
    const Ended check = ground.run({"store", "check"});
    EXPECT_EQ(check.status, 1) << check.all();
    EXPECT_NE(check.out.find(digest.substr(10)), std::string::npos) << check.all();
}

// ---- a clock that jumps

namespace {

constexpr Micros day = Micros{24} * 3600 * 1'000'000;

}  // namespace

TEST(Clock, AJumpOfTheWallClockEndsNoLease) {
    farm::testing::Ground ground;
    farm::testing::FakeWorker worker("w", 2);
    const std::string job = ground.submit(farm::testing::submission(6));
    ground.exchange(worker);
    const std::size_t held = worker.request.attempts.size();
    ASSERT_GE(held, 2u);
    for (const Micros jump : {day, -2 * day, day}) {
        ground.clock.wall_now += jump;
        ground.clock.advance(10);
        ground.queue->tick(*ground.connection);
        ground.exchange(worker);
        EXPECT_EQ(worker.request.attempts.size(), held) << "nothing was taken away or given twice";
    }
    ground.work_off(worker);
    EXPECT_EQ(ground.job(job).state, farm::JobState::succeeded);
    EXPECT_EQ(ground.count("SELECT count(*) FROM attempts"), 6) << "each task was run once";
}

TEST(Clock, AJumpOfTheWallClockHoldsBackNoTaskForLong) {
    for (const bool restarted : {false, true}) {
        farm::testing::Ground ground;
        farm::testing::FakeWorker worker("w", 1);
        const std::string job = ground.submit(farm::testing::submission(1));
        ground.exchange(worker);
        worker.end(0, farm::ResultClass::failed_licence);
        ground.exchange(worker);
        ground.clock.wall_now += day;
        ground.queue->tick(*ground.connection);
        ground.exchange(worker);
        EXPECT_TRUE(worker.request.attempts.empty()) << "no time has passed";
        ground.clock.wall_now -= 2 * day;
        if (restarted) {
            ground.reopen();
            worker.restart("boot-2");
        }
        ground.clock.advance(farm::longest_backoff_seconds + 1);
        EXPECT_TRUE(ground.queue->tick_is_due());
        ground.queue->tick(*ground.connection);
        ground.work_off(worker);
        EXPECT_EQ(ground.job(job).state, farm::JobState::succeeded) << (restarted ? "after a restart" : "");
    }
}

}  // namespace atelier::tests
