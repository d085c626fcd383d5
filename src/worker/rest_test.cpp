#include "worker/rest.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/files.h"

namespace atelier::worker {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

struct TurnedClock final : Clock {
    Micros now = Micros{1'800'000'000} * 1'000'000;
    Micros wall() const override { return now; }
    Steady steady() const override { return Steady(std::chrono::microseconds(now)); }
    void turn(double seconds) { now += static_cast<Micros>(seconds * 1e6); }
};

class RestTest : public ::testing::Test {
protected:
    RestRule rule(const std::string& hours, int idle_minutes = 0) {
        RestOptions options;
        if (!hours.empty()) options.hours = Hours::parse(hours);
        options.only_when_idle_minutes = idle_minutes;
        options.looking = [this] {
            ++looks_;
            return idle_;
        };
        return make_rest_rule(std::move(options), clock_);
    }

    TurnedClock clock_;
    std::optional<Idleness> idle_ = Idleness{1e6, "test"};
    int looks_ = 0;
};

TEST_F(RestTest, WithoutRulesItWorks) {
    EXPECT_FALSE(rule("")());
    EXPECT_EQ(looks_, 0);
}

TEST_F(RestTest, OutsideOfItsHoursItFinishes) {
    const std::string now = name_of_minute(minute_of_week(clock_.now)).substr(0, 3);
    EXPECT_FALSE(rule(now)());
    const int later = (minute_of_week(clock_.now) + minutes_in_day) % minutes_in_week;
    const auto rest = rule(name_of_minute(later).substr(0, 3))();
    ASSERT_TRUE(rest);
    EXPECT_FALSE(rest->interrupt);
    EXPECT_THAT(rest->reason, HasSubstr("its hours begin on " + name_of_minute(later).substr(0, 3) + " 00:00"));
}

TEST_F(RestTest, ItYieldsToWhoeverSitsDownAndStays) {
    const RestRule rest = rule("", 10);
    EXPECT_FALSE(rest());
    clock_.turn(6);
    idle_ = Idleness{0, "test"};
    ASSERT_TRUE(rest());
    EXPECT_FALSE(rest()->interrupt) << "not for a single key";
    EXPECT_THAT(rest()->reason, HasSubstr("10 idle minutes"));
    clock_.turn(11);
    EXPECT_TRUE(rest()->interrupt);
    idle_ = Idleness{599, "test"};
    clock_.turn(6);
    EXPECT_TRUE(rest()) << "reading";
    idle_ = Idleness{600, "test"};
    clock_.turn(6);
    EXPECT_FALSE(rest());
}

TEST_F(RestTest, ASingleKeyInterruptsNothing) {
    const RestRule rest = rule("", 10);
    idle_ = Idleness{1, "test"};
    for (int i = 0; i < 99; ++i) {
        const auto now = rest();
        ASSERT_TRUE(now);
        EXPECT_FALSE(now->interrupt);
        clock_.turn(6);
        idle_->seconds += 6;
    }
}

TEST_F(RestTest, ItDoesntLookAllTheTime) {
    const RestRule rest = rule("", 10);
    for (int i = 0; i < 1000; ++i)
        rest();
    EXPECT_EQ(looks_, 1);
}

TEST_F(RestTest, WhereNothingTellsItCountsAsIdle) {
    idle_.reset();
    EXPECT_FALSE(rule("", 10)());
}

// As loginctl of systemd 252 prints it.
TEST(Idle, ByLogind) {
    constexpr Micros now = 2'000'000'000;
    constexpr const char* gone = "Type=x11\nClass=user\nState=active\nIdleHint=yes\nIdleSinceHint=1940000000\n";
    constexpr const char* there = "Type=wayland\nClass=user\nState=active\nIdleHint=no\nIdleSinceHint=0\n";
    constexpr const char* greeter = "Type=x11\nClass=greeter\nState=online\nIdleHint=no\nIdleSinceHint=0\n";
    constexpr const char* cron = "Type=unspecified\nClass=user\nState=active\nIdleHint=no\nIdleSinceHint=0\n";
    constexpr const char* closing = "Type=tty\nClass=user\nState=closing\nIdleHint=no\nIdleSinceHint=0\n";
    EXPECT_EQ(idle_by_logind(gone, now), 60);
    EXPECT_EQ(idle_by_logind(std::string(gone) + "\n" + there, now), 0);
    EXPECT_EQ(idle_by_logind(std::string(gone) + "\n" + greeter + "\n" + cron + "\n" + closing, now), 60);
    EXPECT_EQ(idle_by_logind(greeter, now), std::nullopt);
    for (const char* nothing : {"", "\n\n\n", "=", "nonsense", "Class=user"})
        EXPECT_EQ(idle_by_logind(nothing, now), std::nullopt) << nothing;
    EXPECT_EQ(idle_by_logind("Type=tty\nClass=user\nIdleHint=yes\nIdleSinceHint=99999999999999999999\n", now), 0);
}

class IdleByDevices : public ::testing::Test {
protected:
    void used(const std::string& name, std::time_t when) {
        const fs::path file = root_.path() / name;
        fs::create_directories(file.parent_path());
        write_file_durably(file, "");
        const timespec times[2] = {{when, 0}, {999'999, 0}};
        ASSERT_EQ(::utimensat(AT_FDCWD, file.c_str(), times, 0), 0);
    }
    std::optional<Idleness> look() { return idleness(Micros{10'000} * 1'000'000, "", root_.path()); }

    TemporaryFolder root_;
};

TEST_F(IdleByDevices, TheNewestTells) {
    EXPECT_FALSE(look());
    used("dev/tty", 9'999);
    used("dev/ttyS", 9'999);
    used("dev/pts/ptmx", 9'999);
    used("dev/input/mice", 9'999);
    EXPECT_FALSE(look()) << "none of these is a person's";
    used("dev/tty1", 5'000);
    EXPECT_EQ(look()->seconds, 5'000);
    used("dev/pts/3", 7'000);
    EXPECT_EQ(look()->seconds, 3'000);
    used("dev/input/event4", 8'000);
    EXPECT_EQ(look()->seconds, 2'000);
    EXPECT_THAT(look()->source, HasSubstr("event4"));
    used("dev/tty2", 11'000);
    EXPECT_EQ(look()->seconds, 0) << "a clock that was set back";
}

}  // namespace
}  // namespace atelier::worker
