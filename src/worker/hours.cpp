#include "worker/hours.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>

#include "base/error.h"
#include "base/text.h"

namespace atelier::worker {

namespace {

constexpr std::array<std::string_view, 7> day_names = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
constexpr int days_in_week = 7;
constexpr std::size_t longest_text = 1000;

[[noreturn]] void refuse(std::string_view part, const char* why) {
    throw Error(Error::Kind::invalid, "\"" + printable(part.substr(0, 100)) + "\" is no hours: " + why,
                "write them as \"mon-fri 19:00-07:00, sat, sun\"");
}

struct Range {
    int begin = 0;
    int end = 0;
};

std::optional<int> day_named(std::string_view name) {
    const auto day = std::find(day_names.begin(), day_names.end(), name);
    if (day == day_names.end()) return std::nullopt;
    return static_cast<int>(day - day_names.begin());
}

// "fri" or "fri-mon"; nothing when it isn't about days.
std::optional<Range> days_of(std::string_view word) {
    const auto ends = split(word, '-');
    if (ends.empty() || ends.size() > 2) return std::nullopt;
    const auto first = day_named(ends.front());
    const auto last = day_named(ends.back());
    if (!first || !last) return std::nullopt;
    return Range{*first, *last};
}

// "07:30" → 450; "24:00" is the end of a day.
std::optional<int> minute_named(std::string_view text) {
    const auto is_digit = [](char letter) { return letter >= '0' && letter <= '9'; };
    if (text.size() != 5 || text[2] != ':' || !is_digit(text[0]) || !is_digit(text[1]) || !is_digit(text[3]) ||
        !is_digit(text[4]))
        return std::nullopt;
    const int hour = (text[0] - '0') * 10 + (text[1] - '0');
    const int minute = (text[3] - '0') * 10 + (text[4] - '0');
    const int of_day = hour * 60 + minute;
    if (minute > 59 || of_day > minutes_in_day) return std::nullopt;
    return of_day;
}

Range hours_of(std::string_view part, std::string_view word) {
    const auto ends = split(word, '-');
    if (ends.size() != 2) refuse(part, "days or hours as 19:00-07:00 are expected");
    const auto begin = minute_named(ends[0]);
    const auto end = minute_named(ends[1]);
    if (!begin || !end || *begin == minutes_in_day) refuse(part, "a time is written as 07:00, up to 24:00");
    if (*begin == *end) refuse(part, "they end when they begin; leave them out for a whole day");
    return {*begin, *end > *begin ? *end : *end + minutes_in_day};
}

}  // namespace

int minute_of_week(Micros time) {
    const std::time_t seconds = static_cast<std::time_t>(time / 1'000'000);
    std::tm local{};
    ::localtime_r(&seconds, &local);
    const int day = (local.tm_wday + days_in_week - 1) % days_in_week;  // ours begins on Monday
    return day * minutes_in_day + local.tm_hour * 60 + local.tm_min;
}

Hours Hours::parse(std::string_view text) {
    if (text.size() > longest_text) refuse(text, "it is too long");
    Hours hours;
    const std::string lowered = lower(text);
    for (const std::string_view untrimmed : split(lowered, ',')) {
        const std::string_view part = trim(untrimmed);
        const std::size_t blank = part.find_first_of(" \t");
        const std::string_view first = part.substr(0, blank);
        const std::string_view rest = blank == std::string_view::npos ? "" : trim(part.substr(blank));
        if (first.empty()) refuse(text, "a part of it is empty");
        const auto days = days_of(first);
        if (!days && !rest.empty()) refuse(part, "it doesn't begin with a day, as mon or mon-fri");
        Range day_range = days.value_or(Range{0, days_in_week - 1});
        if (day_range.end < day_range.begin) day_range.end += days_in_week;  // fri-mon
        Range range{0, minutes_in_day};
        if (!days) range = hours_of(part, first);
        if (days && !rest.empty()) range = hours_of(part, rest);
        for (int day = day_range.begin; day <= day_range.end; ++day)
            hours.open(day % days_in_week, range.begin, range.end);
    }
    return hours;
}

void Hours::open(int day, int begin, int end) {
    for (int minute = begin; minute < end; ++minute)
        open_.set(static_cast<std::size_t>((day * minutes_in_day + minute) % minutes_in_week));
}

std::optional<int> Hours::minutes_to_change(int minute) const {
    for (int later = 1; later < minutes_in_week; ++later)
        if (open_at((minute + later) % minutes_in_week) != open_at(minute)) return later;
    return std::nullopt;
}

std::string name_of_minute(int minute) {
    const int of_day = minute % minutes_in_day;
    return fmt::format("{} {:02}:{:02}", day_names[static_cast<std::size_t>(minute / minutes_in_day)], of_day / 60,
                       of_day % 60);
}

}  // namespace atelier::worker
