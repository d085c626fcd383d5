#include "accounts/doors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "accounts/testing.h"
#include "base/testing.h"

namespace atelier::accounts {
namespace {

using atelier::testing_support::error_of;
using testing::HasSubstr;

class DoorsOfAHouse : public testing::Test {
protected:
    bool opens(const std::string& account, const std::string& address) {
        try {
            doors_.enter(account, address);
            return true;
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), Error::Kind::exhausted);
            return false;
        }
    }

    // Fails until the door closes; how long it stays closed, in seconds.
    double closed_for(const std::string& account, const std::string& address) {
        for (int seconds = 0; seconds < 100'000; ++seconds) {
            if (opens(account, address)) return seconds;
            clock_.turn(1);
        }
        return -1;
    }

    testing_support::TurnedClock clock_;
    Doors doors_{clock_};
};

TEST_F(DoorsOfAHouse, WaitsGrowUpToAQuarterOfAnHour) {
    for (int i = 0; i < 5; ++i)
        EXPECT_TRUE(opens("ann", std::to_string(i)));
    std::vector<double> waits;
    for (int i = 0; i < 12; ++i)
        waits.push_back(closed_for("ann", "x" + std::to_string(i)));
    EXPECT_THAT(waits, testing::ElementsAre(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900));
    EXPECT_TRUE(opens("bob", "1")) << "others don't wait";
}

TEST_F(DoorsOfAHouse, AnAddressThatTriesManyAccountsWaits) {
    int open = 0;
    while (opens("user" + std::to_string(open), "evil"))
        ++open;
    EXPECT_EQ(open, 20);
    EXPECT_TRUE(opens("user1", "good"));
}

TEST_F(DoorsOfAHouse, AnAccountOfOnesOwnDoesntOpenThoseOfOthers) {
    int guesses = 0;
    for (int i = 0; i < 200; ++i) {
        if (opens("victim" + std::to_string(i), "evil")) ++guesses;
        if (opens("mine", "evil")) doors_.was_right("mine", "evil");
    }
    EXPECT_EQ(guesses, 20);
}

TEST_F(DoorsOfAHouse, SuccessAndTimeForget) {
    for (int i = 0; i < 5; ++i)
        opens("ann", "1");
    EXPECT_FALSE(opens("ann", "1"));
    clock_.turn(2);
    ASSERT_TRUE(opens("ann", "1"));
    doors_.was_right("ann", "1");
    EXPECT_TRUE(opens("ann", "1"));
    for (int i = 0; i < 4; ++i)
        opens("ann", "1");
    EXPECT_FALSE(opens("ann", "1"));
    clock_.turn(3601);
    for (int i = 0; i < 5; ++i)
        EXPECT_TRUE(opens("ann", "1"));
    EXPECT_FALSE(opens("ann", "1"));
}

TEST_F(DoorsOfAHouse, AFloodOfNamesNeitherGrowsNorFreesAnybody) {
    for (int i = 0; i < 6; ++i)
        opens("ann", "1");
    for (int i = 0; i < 11'000; ++i)
        opens("n" + std::to_string(i), "a" + std::to_string(i));
    EXPECT_LE(doors_.size(), 20'000u);
    EXPECT_FALSE(opens("ann", "2"));
}

}  // namespace
}  // namespace atelier::accounts
