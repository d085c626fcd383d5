#include "simulate/simulated_worker.h"

#include <fmt/format.h>

#include <algorithm>

#include "simulate/workload.h"

namespace atelier::simulate {

namespace {

constexpr double heartbeat_seconds = 10;
constexpr double least_between_exchanges = 0.1;
constexpr double idle_poll_seconds = 2;

}  // namespace

SimulatedWorker::SimulatedWorker(int number, int slots, Chance& chance, std::string boot)
    : chance_(chance), boot_(std::move(boot)) {
    request_.worker = fmt::format("worker-{}", number);
    request_.name = request_.worker;
    request_.slots = slots;
    request_.capabilities = machine(number, slots);
    restart();
}

void SimulatedWorker::restart() {
    request_.boot = fmt::format("{}-{}", boot_, ++boots_);
    request_.sequence = 0;
    request_.sessions.clear();
    request_.leaving.clear();
    request_.attempts.clear();
    running_.clear();
}

const wire::ExchangeRequest& SimulatedWorker::speak(Steady now) {
    work(now);
    ++request_.sequence;
    return request_;
}

double SimulatedWorker::seconds_of_task(const wire::AttemptId& attempt) const {
    return task_seconds > 0 ? seconds_around(task_seconds, attempt) : seconds_of(attempt.job, attempt);
}

// The first of a session that is not begun, begins.
void SimulatedWorker::begin_next(const std::string& session, Steady at) {
    for (wire::AttemptReport& report : request_.attempts) {
        if (report.session != session || report.result) continue;
        if (running_.contains(report.attempt)) return;
        const double seconds = seconds_of_task(report.attempt);
        const auto outcome =
            fails ? outcome_of(request_.worker, report.attempt, chance_) : wire::ResultClass::succeeded;
        running_[report.attempt] = {at + in_steady(seconds), outcome};
        report.phase = wire::Phase::running;
        return;
    }
}

void SimulatedWorker::work(Steady now) {
    for (bool moved = true; moved;) {
        moved = false;
        for (wire::AttemptReport& report : request_.attempts) {
            const auto running = running_.find(report.attempt);
            if (report.result || running == running_.end() || running->second.ends > now) continue;
            const Running ended = running->second;
            running_.erase(running);
            wire::Result& result = report.result.emplace();
            result.result = ended.outcome;
            result.started_at = 1;
            result.usage.wall_seconds = seconds_of_task(report.attempt);
            result.usage.peak_memory = 1'000'000'000;
            if (ended.outcome == wire::ResultClass::succeeded)
                begin_next(report.session, ended.ends);
            else
                end_session(report.session);
            moved = true;
            break;
        }
    }
}

// A failure ends a session: what was behind it never began.
void SimulatedWorker::end_session(const std::string& session) {
    for (wire::AttemptReport& report : request_.attempts)
        if (report.session == session && !report.result) {
            running_.erase(report.attempt);
            report.result.emplace().result = wire::ResultClass::never_attempted;
        }
    std::erase(request_.sessions, std::string(session));
}

void SimulatedWorker::take(const wire::ExchangeReply& reply, Steady now) {
    std::erase_if(request_.attempts, [](const auto& report) { return report.result.has_value(); });
    for (const wire::AttemptId& dropped : reply.drop) {
        running_.erase(dropped);
        std::erase_if(request_.attempts, [&](const auto& report) { return report.attempt == dropped; });
    }
    for (const wire::Assignment& given : reply.assign) {
        if (std::find(request_.sessions.begin(), request_.sessions.end(), given.session) == request_.sessions.end())
            request_.sessions.push_back(given.session);
        wire::AttemptReport report;
        report.attempt = given.attempt;
        report.session = given.session;
        request_.attempts.push_back(std::move(report));
    }
    for (const wire::Cancel& cancel : reply.cancel)
        for (wire::AttemptReport& report : request_.attempts)
            if (report.attempt == cancel.attempt && !report.result) {
                running_.erase(report.attempt);
                report.result.emplace().result = wire::ResultClass::canceled;
            }
    for (const std::string& ended : reply.end_sessions)
        std::erase(request_.sessions, ended);
    const std::vector<std::string> sessions = request_.sessions;
    for (const std::string& session : sessions)
        begin_next(session, now);
}

Steady SimulatedWorker::next_exchange(Steady now) const {
    if (is_idle()) return now + in_steady(idle_poll_seconds);
    Steady next = now + in_steady(heartbeat_seconds);
    for (const wire::AttemptReport& report : request_.attempts)
        if (report.result) next = now;
    for (const auto& [attempt, running] : running_)
        next = std::min(next, running.ends);
    if (running_.empty()) next = now;
    return std::max(next, now + in_steady(least_between_exchanges));
}

}  // namespace atelier::simulate
