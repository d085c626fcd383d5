#include "worker/lease_guard.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "worker/agent.h"
#include "worker/testing.h"

namespace atelier::worker {
namespace {

using std::chrono::milliseconds;
using std::chrono_literals::operator""ms;
using testing::FakeLink;
using wire::ResultClass;

struct Alarms {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<milliseconds> left;

    auto hear() {
        return [this](milliseconds time) {
            const std::lock_guard lock(mutex);
            left.push_back(time);
            changed.notify_all();
        };
    }
    bool wait_for(std::size_t count) {
        std::unique_lock lock(mutex);
        return changed.wait_for(lock, std::chrono::seconds(60), [&] { return left.size() >= count; });
    }
};

TEST(LeaseGuard, MarginsAreTwentyAndFiveSecondsOfALongLease) {
    EXPECT_EQ(margins_of(60'000ms).notice, 20'000ms);
    EXPECT_EQ(margins_of(60'000ms).kill, 5'000ms);
    EXPECT_EQ(margins_of(600'000ms).notice, 20'000ms);
}

TEST(LeaseGuard, MarginsOfShortLeasesLeaveTimeToWork) {
    for (const milliseconds lease : {12ms, 100ms, 1'000ms, 6'000ms, 59'000ms}) {
        EXPECT_GE(margins_of(lease).notice, margins_of(lease).kill);
        EXPECT_GT(margins_of(lease).kill, 0ms);
        EXPECT_GE(lease - margins_of(lease).notice, lease / 2);
    }
}

TEST(LeaseGuard, NoticeThenKillAndEachOnce) {
    Alarms alarms;
    LeaseGuard guard(alarms.hear());
    guard.renew(LeaseGuard::now(), 1'200ms);
    ASSERT_TRUE(alarms.wait_for(2));
    std::this_thread::sleep_for(300ms);
    ASSERT_EQ(alarms.left.size(), 2u);
    EXPECT_GT(alarms.left[0], 0ms);
    EXPECT_EQ(alarms.left[1], 0ms);
}

// As after a SIGCONT, or when the machine slept: there is no time left for a notice.
TEST(LeaseGuard, ALeaseThatIsOverKillsAtOnce) {
    Alarms alarms;
    LeaseGuard guard(alarms.hear());
    guard.renew(LeaseGuard::now() - 120'000ms, 60'000ms);
    ASSERT_TRUE(alarms.wait_for(1));
    EXPECT_EQ(alarms.left.front(), 0ms);
}

TEST(LeaseGuard, RenewedInTimeNothingIsGivenUp) {
    Alarms alarms;
    LeaseGuard guard(alarms.hear());
    guard.renew(LeaseGuard::now(), 3'600'000ms);
    guard.renew(LeaseGuard::now() - 60'000ms, 3'600'000ms);
    std::this_thread::sleep_for(300ms);
    const std::lock_guard lock(alarms.mutex);
    EXPECT_TRUE(alarms.left.empty());
}

TEST(LeaseGuard, WithoutAnAnswerThereIsNoLease) {
    Alarms alarms;
    {
        const LeaseGuard guard(alarms.hear());
        std::this_thread::sleep_for(300ms);
    }
    EXPECT_TRUE(alarms.left.empty());
}

TEST(LeaseGuard, AWorkerWhoseExchangeHangsGivesUpItsTasks) {
    TemporaryFolder folder;
    std::filesystem::create_directory(folder.path() / "sessions");
    const auto blobs = std::make_shared<store::Blobs>(
        std::shared_ptr<store::Store>(store::open_folder_store(folder.path() / "store")));
    FakeLink link;
    link.lease_ms = 3'000;
    link.the_order = testing::order_of(
        "specificationVersion: jobtemplate-2023-09\nname: Test\nsteps:\n- name: Work\n  parameterSpace: "
        "{taskParameterDefinitions: [{name: N, type: INT, range: \"0-9\"}]}\n"
        "  script: {actions: {onRun: {command: bash, args: [\"-c\", \"echo begun; sleep 600\"]}}}\n");
    Agent agent(link, blobs, {"w", "w", 1, folder.path() / "sessions", folder.path() / "checkpoints"});
    link.assign({4});
    ASSERT_TRUE(link.wait_for_log("begun\n"));
    {
        const std::lock_guard lock(link.mutex);
        link.hangs = true;
    }
    for (int i = 0; i < 6000 && !std::filesystem::is_empty(folder.path() / "sessions"); ++i)
        std::this_thread::sleep_for(10ms);
    EXPECT_TRUE(std::filesystem::is_empty(folder.path() / "sessions")) << "the task was killed and its session left";
    {
        const std::lock_guard lock(link.mutex);
        link.hangs = false;
        link.changed.notify_all();
    }
    ASSERT_TRUE(link.wait_for_results(1));
    EXPECT_EQ(link.results.front().result->result, ResultClass::interrupted);
}

}  // namespace
}  // namespace atelier::worker
