// The workers as they are now, for people: what the database keeps of them, and what the queue knows.
#pragma once

#include <string>
#include <vector>

#include "farm/queue.h"

namespace atelier::farm {

struct WorkerSession {
    std::string job;
    std::string step;
    std::vector<std::uint64_t> tasks;
};

struct WorkerView {
    std::string id;
    std::string name;
    std::string state;   // idle, busy, paused, resting, sick, draining or lost
    std::string reason;  // why it rests
    int slots = 0;
    std::vector<WorkerSession> sessions;
    wire::Capabilities capabilities;
    double seen_seconds = 0;  // since it was heard of
};

std::vector<WorkerView> workers_now(const Queue& queue, db::Connection& connection);

}  // namespace atelier::farm
