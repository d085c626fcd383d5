// When a worker rests: outside of its hours it finishes what it has and takes nothing more; when somebody sits down at
// the machine it gives up its tasks, with time for a checkpoint. Asked by the agent before each exchange.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "worker/hours.h"
#include "worker/idle.h"

namespace atelier::worker {

struct Rest {
    std::string reason;      // for people: "its hours begin on mon 19:00"
    bool interrupt = false;  // what runs is given up
};

using RestRule = std::function<std::optional<Rest>()>;  // nothing: it works

struct RestOptions {
    std::optional<Hours> hours;
    int only_when_idle_minutes = 0;                    // 0: whoever sits there
    std::function<std::optional<Idleness>()> looking;  // empty: at this machine
};

// Keeps what it saw between the calls; belongs to one thread.
RestRule make_rest_rule(RestOptions options, const Clock& clock);

}  // namespace atelier::worker
