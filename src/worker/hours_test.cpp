#include "worker/hours.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <random>

#include "base/testing.h"

namespace atelier::worker {
namespace {

using testing_support::error_of;

enum Day { mon, tue, wed, thu, fri, sat, sun };

int at(int day, int hour, int minute = 0) { return day * minutes_in_day + hour * 60 + minute; }

int open_minutes(const Hours& hours) {
    int count = 0;
    for (int minute = 0; minute < minutes_in_week; ++minute)
        count += hours.open_at(minute) ? 1 : 0;
    return count;
}

TEST(Hours, OfNightsAndWeekends) {
    const Hours hours = Hours::parse("mon-fri 19:00-07:00, sat, sun");
    EXPECT_TRUE(hours.open_at(at(mon, 19)));
    EXPECT_FALSE(hours.open_at(at(mon, 18, 59)));
    EXPECT_TRUE(hours.open_at(at(tue, 6, 59)));
    EXPECT_FALSE(hours.open_at(at(tue, 7)));
    EXPECT_FALSE(hours.open_at(at(mon, 3))) << "that night began on Sunday, which ends at midnight";
    EXPECT_TRUE(hours.open_at(at(sat, 12)));
    EXPECT_EQ(hours.minutes_to_change(at(mon, 12)), 7 * 60);
    EXPECT_EQ(hours.minutes_to_change(at(fri, 19)), 5 * 60 + 2 * minutes_in_day);
    EXPECT_EQ(open_minutes(hours), 5 * 12 * 60 + 2 * minutes_in_day - 7 * 60);
}

TEST(Hours, InEveryFormThatIsAllowed) {
    EXPECT_EQ(open_minutes(Hours::parse("09:00-17:30")), 7 * 510);
    EXPECT_EQ(open_minutes(Hours::parse("00:00-24:00")), minutes_in_week);
    EXPECT_EQ(open_minutes(Hours::parse("  FRI-Mon  ")), 4 * minutes_in_day);
    EXPECT_EQ(open_minutes(Hours::parse("sun 23:59-00:01")), 2);
    EXPECT_TRUE(Hours::parse("sun 23:59-00:01").open_at(at(mon, 0)));
    EXPECT_EQ(open_minutes(Hours::parse("tue,tue,tue 01:00-02:00")), minutes_in_day);
    EXPECT_EQ(Hours::parse("mon-sun").minutes_to_change(0), std::nullopt);
    EXPECT_EQ(name_of_minute(at(thu, 9, 5)), "thu 09:05");
}

TEST(Hours, BrokenOnesAreRefused) {
    for (const std::string& text : {std::string(),
                                    std::string(","),
                                    std::string("mon,"),
                                    std::string("monday"),
                                    std::string("mon-"),
                                    std::string("mon-fri-sun"),
                                    std::string("25:00-26:00"),
                                    std::string("12:60-13:00"),
                                    std::string("24:00-25:00"),
                                    std::string("24:00-07:00"),
                                    std::string("7:00-8:00"),
                                    std::string("07:00"),
                                    std::string("07:00-07:00"),
                                    std::string("mon 07:00-08:00 tue"),
                                    std::string("07:00-08:00 mon"),
                                    std::string("mon 19:00 - 07:00"),
                                    std::string("m\xff"),
                                    std::string("mon\0tue", 7),
                                    std::string(100'000, ','),
                                    std::string("0x:00-08:00"),
                                    std::string("-1:00-08:00")})
        EXPECT_EQ(error_of([&] { Hours::parse(text); }).kind(), Error::Kind::invalid) << text;
}

// For any hours: what is told of the next change is so, and nothing changes before it.
TEST(Hours, TheNextChangeIsTheNextChange) {
    std::mt19937 random(7);
    const auto pick = [&](int count) { return static_cast<int>(random() % static_cast<unsigned>(count)); };
    const std::string days[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    for (int round = 0; round < 300; ++round) {
        std::string text;
        for (int part = 0; part <= pick(3); ++part) {
            char hours[32];
            const int begin = pick(24 * 60);
            const int end = (begin + 1 + pick(24 * 60 - 1)) % (24 * 60);
            std::snprintf(hours, sizeof hours, "%02d:%02d-%02d:%02d", begin / 60, begin % 60, end / 60, end % 60);
            text += (text.empty() ? "" : ",") + days[pick(7)] + (pick(2) != 0 ? "-" + days[pick(7)] : "") +
                    (pick(3) != 0 ? std::string(" ") + hours : "");
        }
        const Hours hours = Hours::parse(text);
        const int now = pick(minutes_in_week);
        const auto wait = hours.minutes_to_change(now);
        for (int later = 0; later < wait.value_or(minutes_in_week); ++later)
            ASSERT_EQ(hours.open_at((now + later) % minutes_in_week), hours.open_at(now)) << text;
        if (wait) {
            ASSERT_NE(hours.open_at((now + *wait) % minutes_in_week), hours.open_at(now)) << text;
        }
    }
}

TEST(Hours, AreReadFromTheClockOnTheWall) {
    const char* before = std::getenv("TZ");
    const std::string kept = before != nullptr ? before : "";
    ::setenv("TZ", "UTC-5", 1);  // five hours ahead of UTC
    ::tzset();
    constexpr Micros second = 1'000'000;
    EXPECT_EQ(minute_of_week(0), at(thu, 5)) << "1970 began on a Thursday";
    EXPECT_EQ(minute_of_week(Micros{3} * 86400 * second), at(sun, 5));
    EXPECT_EQ(minute_of_week(Micros{4} * 86400 * second + 59 * second), at(mon, 5));
    before != nullptr ? ::setenv("TZ", kept.c_str(), 1) : ::unsetenv("TZ");
    ::tzset();
}

}  // namespace
}  // namespace atelier::worker
