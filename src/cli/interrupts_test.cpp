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

}  // namespace
}  // namespace atelier::cli
