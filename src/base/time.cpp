#include "base/time.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <ctime>

#include "base/error.h"

namespace atelier {

namespace {

constexpr Micros per_second = 1'000'000;

struct SystemClock final : Clock {
    Micros wall() const override {
        return std::chrono::duration_cast<std::chrono::microseconds>(
                   std::chrono::system_clock::now().time_since_epoch())
            .count();
    }
    Steady steady() const override { return std::chrono::steady_clock::now(); }
};

}  // namespace

const Clock& system_clock() {
    static const SystemClock clock;
    return clock;
}

std::string Instant::to_text() const {
    if (at == 0) return {};
    std::string text = format_utc(at);
    text.back() = '.';
    return text + fmt::format("{:06}Z", ((at % per_second) + per_second) % per_second);
}

Instant Instant::from_text(std::string_view text) {
    if (text.empty()) return {};
    const std::string given(text);
    std::tm parts{};
    int micros = 0;
    int end = 0;
    const int found = std::sscanf(given.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d.%6dZ%n", &parts.tm_year, &parts.tm_mon,
                                  &parts.tm_mday, &parts.tm_hour, &parts.tm_min, &parts.tm_sec, &micros, &end);
    parts.tm_year -= 1900;
    parts.tm_mon -= 1;
    const Instant instant = static_cast<Micros>(timegm(&parts)) * per_second + micros;
    // What doesn't read back as it stands isn't a time: another form, or a day that no month has.
    if (found != 7 || static_cast<std::size_t>(end) != given.size() || instant.to_text() != given)
        throw Error(Error::Kind::invalid, "not a time as 2026-11-21T14:03:09.250000Z");
    return instant;
}

std::string format_utc(Micros time) {
    const auto whole = static_cast<std::time_t>(time >= 0 ? time / per_second : (time - per_second + 1) / per_second);
    std::tm parts{};
    gmtime_r(&whole, &parts);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                       parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::string format_duration(double seconds) {
    if (!std::isfinite(seconds) || seconds < 0) return "?";
    if (seconds < 9.95) return fmt::format("{:.1f}s", seconds);
    const auto whole = static_cast<std::int64_t>(std::llround(seconds));
    if (whole < 60) return fmt::format("{}s", whole);
    if (whole < 3600) return fmt::format("{}m {:02}s", whole / 60, whole % 60);
    if (whole < 86400) return fmt::format("{}h {:02}m", whole / 3600, whole % 3600 / 60);
    return fmt::format("{}d {}h", whole / 86400, whole % 86400 / 3600);
}

}  // namespace atelier
