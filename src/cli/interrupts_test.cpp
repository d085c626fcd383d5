#include "cli/interrupts.h"

#include <gtest/gtest.h>

#include <csignal>

namespace atelier::cli {
namespace {

TEST(Interrupts, TheFirstIsAWish) {
    for (const auto& [number, wish] : {std::pair{SIGINT, Wish::stop_job}, std::pair{SIGTERM, Wish::leave}}) {
        const Interrupts interrupts;
        EXPECT_EQ(interrupts.wish(), Wish::go_on);
        raise(number);
        EXPECT_EQ(interrupts.wish(), wish);
    }
}

TEST(InterruptsDeathTest, ASecondCtrlCLeaves) {
    const auto twice = [] {
        const Interrupts interrupts;
        raise(SIGINT);
        raise(SIGINT);
    };
    EXPECT_EXIT(twice(), testing::ExitedWithCode(130), "");
}

TEST(InterruptsDeathTest, AfterwardsASignalEndsTheProgramAgain) {
    const auto later = [] {
        { const Interrupts interrupts; }
        raise(SIGTERM);
    };
    EXPECT_EXIT(later(), testing::KilledBySignal(SIGTERM), "");
}

TEST(LeaveSignals, BothKindsCount) {
    for (const int second : {SIGINT, SIGTERM}) {
        const LeaveSignals signals;
        EXPECT_EQ(signals.count(), 0);
        raise(SIGTERM);
        EXPECT_EQ(signals.count(), 1);
        raise(second);
        EXPECT_EQ(signals.count(), 2);
    }
}

TEST(LeaveSignalsDeathTest, TheThirdEndsTheProgram) {
    const auto thrice = [] {
        const LeaveSignals signals;
        for (int i = 0; i < 3; ++i)
            raise(SIGTERM);
    };
    EXPECT_EXIT(thrice(), testing::ExitedWithCode(130), "");
}

}  // namespace
}  // namespace atelier::cli
