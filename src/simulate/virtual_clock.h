// A clock that stands still until it is turned.
#pragma once

#include "base/time.h"

namespace atelier::simulate {

struct VirtualClock final : Clock {
    Micros wall_now = 1'000'000'000'000;
    Steady steady_now{std::chrono::hours(1)};
    Micros wall() const override { return wall_now; }
    Steady steady() const override { return steady_now; }

    void turn_to(Steady time) {
        if (time <= steady_now) return;
        wall_now += std::chrono::duration_cast<std::chrono::microseconds>(time - steady_now).count();
        steady_now = time;
    }
};

}  // namespace atelier::simulate
