#include "worker/rest.h"

#include <fmt/format.h>

#include <cstdlib>
#include <utility>

#include "base/log.h"

namespace atelier::worker {

namespace {

constexpr double seconds_between_looks = 5;  // asking logind starts a program
constexpr double grace_seconds = 10;         // who is still busy after it is no cat on the keyboard

std::optional<Idleness> look_at_this_machine(const Clock& clock) {
    const char* path = std::getenv("PATH");
    return idleness(clock.wall(), path != nullptr ? path : "");
}

class RestRules {
public:
    RestRules(RestOptions options, const Clock& clock) : options_(std::move(options)), clock_(clock) {
        if (!options_.looking) options_.looking = [&clock] { return look_at_this_machine(clock); };
    }

    std::optional<Rest> now() {
        auto somebody = somebody_is_there();
        if (somebody && somebody->interrupt) return somebody;
        if (auto hours = outside_of_hours()) return hours;
        return somebody;
    }

private:
    std::optional<Rest> outside_of_hours() const {
        if (!options_.hours) return std::nullopt;
        const int minute = minute_of_week(clock_.wall());
        if (options_.hours->open_at(minute)) return std::nullopt;
        const auto wait = options_.hours->minutes_to_change(minute);
        if (!wait) return Rest{"it has no hours at all"};
        return Rest{"its hours begin on " + name_of_minute((minute + *wait) % minutes_in_week)};
    }

    std::optional<Rest> somebody_is_there() {
        if (options_.only_when_idle_minutes <= 0) return std::nullopt;
        look();
        if (!seen_since_) return std::nullopt;
        return Rest{fmt::format("somebody sits at this machine; it works after {} idle minutes",
                                options_.only_when_idle_minutes),
                    disturbs_};
    }

    void look() {
        const Steady now = clock_.steady();
        if (looked_ && seconds_between(*looked_, now) < seconds_between_looks) return;
        looked_ = now;
        const auto idle = options_.looking();
        if (!idle && !std::exchange(told_, true))
            log::warning("nothing here tells whether somebody sits at this machine: it counts as idle");
        const bool there = idle && idle->seconds < options_.only_when_idle_minutes * 60.0;
        if (!there) {
            seen_since_.reset();
            disturbs_ = false;
        } else if (!seen_since_) {
            seen_since_ = now;
        } else if (seconds_between(*seen_since_, now) >= grace_seconds && idle->seconds < grace_seconds) {
            disturbs_ = true;
        }
    }

    RestOptions options_;
    const Clock& clock_;
    std::optional<Steady> looked_;
    std::optional<Steady> seen_since_;
    bool disturbs_ = false;
    bool told_ = false;
};

}  // namespace

RestRule make_rest_rule(RestOptions options, const Clock& clock) {
    return [rules = std::make_shared<RestRules>(std::move(options), clock)] { return rules->now(); };
}

}  // namespace atelier::worker
