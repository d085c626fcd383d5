#include "farm/workers.h"

#include <algorithm>

#include "farm/placement.h"
#include "farm/queries.h"

namespace atelier::farm {

namespace {

std::string_view state_of(const WorkerBoard& worker, Steady now) {
    if (worker.draining || worker.wish == WorkerWish::leave) return "draining";
    if (worker.wish == WorkerWish::pause) return "paused";
    if (!worker.resting.empty()) return "resting";
    if (is_quarantined(worker, now)) return "sick";
    return worker.sessions.empty() ? "idle" : "busy";
}

std::vector<WorkerSession> sessions_of(const Queue& queue, const WorkerBoard& worker) {
    std::vector<WorkerSession> list;
    for (const auto& [id, session] : worker.sessions) {
        const auto job = queue.jobs().find(session.job);
        if (job == queue.jobs().end()) continue;
        list.push_back({job->second.id, job->second.steps[session.step].name,
                        std::vector<std::uint64_t>(session.tasks.begin(), session.tasks.end())});
    }
    return list;
}

}  // namespace

std::vector<WorkerView> workers_now(const Queue& queue, db::Connection& connection) {
    std::vector<WorkerView> list;
    const Steady now = queue.clock().steady();
    for (const WorkerSummary& known : list_workers(connection)) {
        WorkerView view;
        view.id = known.id;
        view.name = known.name;
        view.slots = known.slots;
        view.capabilities = known.capabilities;
        const auto live = queue.workers().find(known.id);
        if (live == queue.workers().end() || !live->second.is_there()) {
            view.state = "lost";
            view.seen_seconds = std::max(0.0, static_cast<double>(queue.clock().wall() - known.seen_at) / 1e6);
        } else {
            view.state = state_of(live->second, now);
            view.reason = live->second.resting;
            view.sessions = sessions_of(queue, live->second);
            view.seen_seconds = seconds_between(live->second.heard, now);
        }
        list.push_back(std::move(view));
    }
    return list;
}

}  // namespace atelier::farm
