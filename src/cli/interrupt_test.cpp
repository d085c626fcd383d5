#include "cli/interrupt.h"

#include <gtest/gtest.h>

#include <csignal>

namespace atelier::cli {
namespace {

TEST(Interrupt, TheFirstAsks) {
    for (const int number : {SIGINT, SIGTERM}) {
        const Interrupt interrupt;
        EXPECT_FALSE(interrupt.asked());
        raise(number);
        EXPECT_TRUE(interrupt.asked());
    }
}

TEST(InterruptDeathTest, TheSecondLeaves) {
    const auto twice = [] {
        const Interrupt interrupt;
        raise(SIGINT);
        raise(SIGINT);
    };
    EXPECT_EXIT(twice(), testing::ExitedWithCode(130), "");
}

TEST(InterruptDeathTest, AfterwardsTheSignalEndsTheProgramAgain) {
    const auto later = [] {
        { const Interrupt interrupt; }
        raise(SIGTERM);
    };
    EXPECT_EXIT(later(), testing::KilledBySignal(SIGTERM), "");
}

}  // namespace
}  // namespace atelier::cli
