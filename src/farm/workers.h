// The workers as they are now, for people: what the database keeps of them, and what the queue knows.
#pragma once

#include "base/json.h"
#include "farm/queue.h"

namespace atelier::farm {

// [{id, name, state, reason, slots, sessions: [{job, step, tasks}], capabilities, seenSeconds}]; a state is idle, busy,
// paused, resting, sick, draining or lost.
json::Value workers_now(const Queue& queue, db::Connection& connection);

}  // namespace atelier::farm
