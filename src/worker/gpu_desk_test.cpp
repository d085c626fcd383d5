#include "worker/gpu_desk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/testing.h"
#include "worker/capabilities.h"
#include "worker/gpu_testing.h"
#include "worker/testing.h"

namespace atelier::worker {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using testing::StandInNvidiaSmi;

constexpr auto patience = 60s;

TEST(GpuDesk, HandsOutAndTakesBack) {
    GpuDesk desk({{"GPU-1", "", 0}, {"GPU-2", "", 0}});
    EXPECT_TRUE(desk.has_gpus());
    EXPECT_THAT(desk.take(0, 0ms)->uuids(), IsEmpty());
    {
        const auto one = desk.take(1, 0ms);
        const auto other = desk.take(1, 0ms);
        EXPECT_NE(one->uuids(), other->uuids());
        EXPECT_FALSE(desk.take(1, 10ms));
        EXPECT_TRUE(desk.take(0, 0ms)) << "who asks for none never waits";
    }
    EXPECT_THAT(desk.take(2, 0ms)->uuids(), SizeIs(2));
    EXPECT_EQ(atelier::testing_support::error_of([&] { desk.take(3, 0ms); }).kind(), Error::Kind::exhausted);
    GpuDesk none({});
    EXPECT_FALSE(none.has_gpus());
}

TEST(GpuDesk, AHoldThatIsMovedIsGivenBackOnce) {
    GpuDesk desk({{"GPU-1", "", 0}});
    GpuDesk::Hold kept;
    {
        auto hold = desk.take(1, 0ms);
        kept = std::move(*hold);
    }
    EXPECT_FALSE(desk.take(1, 0ms));
    kept = {};
    EXPECT_THAT(desk.take(1, 0ms)->uuids(), ElementsAre("GPU-1"));
}

TEST(GpuDesk, NoCardIsEverGivenToTwo) {
    GpuDesk desk({{"0", "", 0}, {"1", "", 0}, {"2", "", 0}});
    std::array<std::atomic<int>, 3> used{};
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < 6; ++i)
        threads.emplace_back([&, i] {
            for (std::size_t k = 0; k < 200; ++k) {
                const auto hold = desk.take(1 + (i + k) % 3, patience);
                for (const std::string& card : hold->uuids())
                    EXPECT_EQ(used[static_cast<std::size_t>(card[0] - '0')]++, 0);
                for (const std::string& card : hold->uuids())
                    --used[static_cast<std::size_t>(card[0] - '0')];
            }
        });
    for (std::thread& thread : threads)
        thread.join();
}

class Visible {
public:
    explicit Visible(const char* value) { ::setenv("CUDA_VISIBLE_DEVICES", value, 1); }
    ~Visible() { ::unsetenv("CUDA_VISIBLE_DEVICES"); }
};

std::vector<std::string> uuids_detected() {
    std::vector<std::string> uuids;
    for (const wire::Gpu& gpu : detect_gpus())
        uuids.push_back(gpu.uuid);
    return uuids;
}

TEST(Capabilities, TellEachCardAndTheSmallestMemory) {
    const StandInNvidiaSmi stand_in(testing::two_cards);
    const TemporaryFolder scratch;
    const wire::Capabilities capabilities = detect_capabilities(1, scratch.path());
    ASSERT_THAT(capabilities.gpus, SizeIs(2));
    EXPECT_EQ(capabilities.gpus[0].uuid, testing::first_card);
    EXPECT_EQ(capabilities.gpus[0].model, "NVIDIA RTX A5000");
    EXPECT_EQ(capabilities.gpus[0].memory_mib, 24564);
    EXPECT_EQ(capabilities.amounts.at("amount.worker.gpu"), 2);
    EXPECT_EQ(capabilities.amounts.at("amount.worker.gpu.memory"), 8192);
}

TEST(Capabilities, OfAMachineWhoseDriverSaysNonsense) {
    const StandInNvidiaSmi stand_in("No devices were found\nx, GPU-1, [N/A], 535\n,,,\n");
    const TemporaryFolder scratch;
    const wire::Capabilities capabilities = detect_capabilities(1, scratch.path());
    EXPECT_THAT(capabilities.gpus, SizeIs(1));
    EXPECT_FALSE(capabilities.amounts.contains("amount.worker.gpu.memory"));
}

TEST(Capabilities, LeaveOutCardsThatAreHiddenFromTheWorker) {
    const StandInNvidiaSmi stand_in(testing::two_cards);
    const auto seen = [](const char* value) {
        const Visible visible(value);
        return uuids_detected();
    };
    EXPECT_THAT(seen("GPU-bbbb"), ElementsAre(testing::second_card));
    EXPECT_THAT(seen("1, 0"), ElementsAre(testing::second_card, testing::first_card));
    EXPECT_THAT(seen("0,-1,1"), ElementsAre(testing::first_card));
    for (const char* none : {"", "-1", "7", "GPU-cccc", "NoDevFiles"})
        EXPECT_THAT(seen(none), IsEmpty()) << none;
}

}  // namespace
}  // namespace atelier::worker
