// Time, as the house counts it: wall times are microseconds since 1970 in UTC (they go into the database and to people
// and may jump); durations are measured with the steady clock. What decides on time takes a Clock, so that a test can
// turn it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace atelier {

using Micros = std::int64_t;  // since 1970-01-01T00:00:00Z
using Steady = std::chrono::steady_clock::time_point;

struct Clock {
    virtual ~Clock() = default;
    virtual Micros wall() const = 0;
    virtual Steady steady() const = 0;
};

const Clock& system_clock();

inline Steady::duration in_steady(double seconds) {
    return std::chrono::duration_cast<Steady::duration>(std::chrono::duration<double>(seconds));
}

inline double seconds_between(Steady from, Steady to) { return std::chrono::duration<double>(to - from).count(); }

// A point in time as JSON and people have it: "2026-11-21T14:03:09.250000Z". 0 means that it isn't known.
struct Instant {
    Micros at = 0;

    Instant() = default;
    Instant(Micros micros) : at(micros) {}
    operator Micros() const { return at; }

    std::string to_text() const;                      // empty when it isn't known
    static Instant from_text(std::string_view text);  // throws Error::invalid
};

std::string format_utc(Micros time);          // 2026-11-21T14:03:09Z
std::string format_duration(double seconds);  // 0.4s, 12s, 3m 20s, 2h 05m, 3d 4h

}  // namespace atelier
