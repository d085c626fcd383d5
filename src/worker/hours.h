// Hours of a week in which a worker works: "mon-fri 19:00-07:00, sat, sun". Days, hours, or both; hours without days
// hold every day; hours that go past midnight belong to the day on which they begin. Local time, by the minute.
#pragma once

#include <bitset>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace atelier::worker {

constexpr int minutes_in_day = 24 * 60;
constexpr int minutes_in_week = 7 * minutes_in_day;

// From Monday 00:00 on, by the clock on the wall of this machine.
int minute_of_week(Micros time);

class Hours {
public:
    static Hours parse(std::string_view text);  // throws Error::invalid that names the part

    bool open_at(int minute) const { return open_[static_cast<std::size_t>(minute)]; }

    // How many minutes until it is the other way; nothing when it never is.
    std::optional<int> minutes_to_change(int minute) const;

private:
    void open(int day, int begin, int end);  // minutes of the day; end may lie in the next one

    std::bitset<minutes_in_week> open_;
};

std::string name_of_minute(int minute);  // "mon 19:00"

}  // namespace atelier::worker
