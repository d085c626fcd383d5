#include "farm/workers.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "base/json_struct.h"
#include "farm/placement.h"
#include "farm/queries.h"
#include "wire/exchange_json.h"

namespace atelier::farm {

namespace {

std::string_view state_of(const WorkerBoard& worker, Steady now) {
    if (worker.draining || worker.wish == WorkerWish::leave) return "draining";
    if (worker.wish == WorkerWish::pause) return "paused";
    if (!worker.resting.empty()) return "resting";
    if (is_quarantined(worker, now)) return "sick";
    return worker.sessions.empty() ? "idle" : "busy";
}

json::Array sessions_of(const Queue& queue, const WorkerBoard& worker) {
    json::Array list;
    for (const auto& [id, session] : worker.sessions) {
        const auto job = queue.jobs().find(session.job);
        if (job == queue.jobs().end()) continue;
        json::Object told;
        told["job"] = job->second.id;
        told["step"] = job->second.steps[session.step].name;
        told["tasks"] = json::write(std::vector<std::uint64_t>(session.tasks.begin(), session.tasks.end()));
        list.push_back(std::move(told));
    }
    return list;
}

}  // namespace

json::Value workers_now(const Queue& queue, db::Connection& connection) {
    json::Array list;
    const Steady now = queue.clock().steady();
    for (const WorkerSummary& known : list_workers(connection)) {
        json::Object told;
        told["id"] = known.id;
        told["name"] = known.name;
        told["slots"] = known.slots;
        told["capabilities"] = json::write(known.capabilities);
        const auto live = queue.workers().find(known.id);
        if (live == queue.workers().end() || !live->second.is_there()) {
            told["state"] = "lost";
            told["sessions"] = json::Array();
            told["seenSeconds"] = std::max(0.0, static_cast<double>(queue.clock().wall() - known.seen_at) / 1e6);
        } else {
            told["state"] = state_of(live->second, now);
            if (!live->second.resting.empty()) told["reason"] = live->second.resting;
            told["sessions"] = sessions_of(queue, live->second);
            told["seenSeconds"] = seconds_between(live->second.heard, now);
        }
        list.push_back(std::move(told));
    }
    return list;
}

}  // namespace atelier::farm
