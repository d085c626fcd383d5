// How the queue gives out work; the same for all of a farm.
#pragma once

#include "farm/fairness.h"

namespace atelier::farm {

struct QueueOptions {
    double lease_seconds = 60;
    double interval_seconds = 1;
    double ahead_seconds = 0.15;  // how much work a session is given ahead, so that it never runs dry
    Fairness fairness = Fairness::balanced;
    int most_sessions_of_an_owner = 0;  // at the same time; 0: as many as there is room for
};

}  // namespace atelier::farm
