// The queue and its workers: who is there, what is given to whom.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/id.h"
#include "farm/queue.h"

namespace atelier::farm {

namespace {

constexpr int session_id_length = 12;
constexpr std::uint64_t most_ahead = 256;
constexpr double longest_wait_behind_seconds = 5;
constexpr std::size_t most_tries_looked_at = 64;  // tasks with a history, before a fresh one is taken
constexpr double mib = 1024.0 * 1024.0;
constexpr double learned_memory_margin = 1.2;
constexpr double longest_notice_seconds = 600;  // a person's cancel leaves an action the notice that it asks for

std::chrono::milliseconds in_ms(double seconds) {
    return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

}  // namespace

wire::ExchangeReply Queue::exchange(db::Connection& connection, const wire::ExchangeRequest& request) {
    WorkerBoard& worker = greet(connection, request);
    wire::ExchangeReply reply;
    reply.sequence = request.sequence;
    reply.interval_ms = in_ms(options_.interval_seconds).count();
    reply.lease_ms = in_ms(options_.lease_seconds).count();

    const bool repeated = request.sequence <= worker.sequence;
    for (const wire::AttemptReport& report : request.attempts) {
        if (held(report.attempt, worker.id) == nullptr)
            reply.drop.push_back(report.attempt);
        else
            take_report(connection, worker, report);
    }
    if (!repeated) {
        release_unlisted(connection, worker, request);
        worker.sequence = request.sequence;
    }
    collect_cancels(worker, reply);
    assign(connection, worker, reply);
    end_dry_sessions(worker, request, reply);
    write_touched_steps(connection);
    return reply;
}

void Queue::write_touched_steps(db::Connection& connection) {
    for (const auto& [key, step] : std::exchange(touched_steps_, {}))
        if (const auto job = jobs_.find(key); job != jobs_.end())
            ledger::save_step(connection, key, step, job->second.steps[step]);
}

void Queue::collect_cancels(WorkerBoard& worker, wire::ExchangeReply& reply) {
    for (auto& [id, session] : worker.sessions)
        for (const std::uint64_t index : session.tasks) {
            JobBoard& job = jobs_.at(session.job);
            LiveTask& task = job.steps[session.step].live.at(index);
            if (!task.cancel_by_person || std::exchange(task.cancel_asked, true)) continue;
            const wire::AttemptId attempt{job.id, static_cast<std::uint32_t>(session.step), index, task.epoch};
            reply.cancel.push_back({attempt, in_ms(longest_notice_seconds).count(), true});
        }
}

// Makes the worker known, or renews its leases; a new boot id means that nothing of what it held runs any more.
WorkerBoard& Queue::greet(db::Connection& connection, const wire::ExchangeRequest& request) {
    const auto known = workers_.find(request.worker);
    if (known != workers_.end() && known->second.boot != request.boot)
        forget_worker(connection, request.worker, fmt::format("the worker {} was started anew", known->second.name));
    WorkerBoard& worker = workers_[request.worker];
    const bool is_new = worker.boot != request.boot || worker.slots != request.slots;
    worker.id = request.worker;
    worker.name = request.name;
    worker.boot = request.boot;
    worker.slots = request.slots;
    worker.draining = request.draining;
    worker.deadline = clock_.steady() + in_ms(options_.lease_seconds);
    if (is_new || worker.sequence == 0) {
        worker.capabilities = request.capabilities;
        ledger::save_worker(connection, worker, clock_.wall());
    }
    return worker;
}

// What it was given in a reply that it has had, and doesn't list, it doesn't have: the session ended, or the reply was
// lost.
void Queue::release_unlisted(db::Connection& connection, WorkerBoard& worker, const wire::ExchangeRequest& request) {
    std::set<std::pair<std::string_view, std::uint64_t>> listed;
    for (const wire::AttemptReport& report : request.attempts)
        listed.emplace(report.session, report.attempt.task);
    std::vector<std::string> gone;
    for (auto& [id, session] : worker.sessions) {
        if (session.told_in >= request.sequence) continue;
        const bool lives = std::find(request.sessions.begin(), request.sessions.end(), id) != request.sessions.end();
        const std::set<std::uint64_t> tasks = session.tasks;
        for (const std::uint64_t index : tasks) {
            if (listed.contains({id, index})) continue;
            JobBoard& job = jobs_.at(session.job);
            const LiveTask& task = job.steps[session.step].live.at(index);
            interrupt(connection, {job.id, static_cast<std::uint32_t>(session.step), index, task.epoch},
                      fmt::format("the worker {} no longer has it", worker.name));
            if (!worker.sessions.contains(id)) break;
        }
        if (!lives) gone.push_back(id);
    }
    for (const std::string& id : gone)
        end_session(worker, id);
}

void Queue::end_session(WorkerBoard& worker, const std::string& id) {
    const auto found = worker.sessions.find(id);
    if (found == worker.sessions.end() || !found->second.tasks.empty()) return;
    subtract(worker.reserved, found->second.reserved);
    if (const auto job = jobs_.find(found->second.job); job != jobs_.end()) --job->second.sessions;
    worker.sessions.erase(found);
}

void Queue::forget_worker(db::Connection& connection, const std::string& id, const std::string& reason) {
    const auto found = workers_.find(id);
    if (found == workers_.end()) return;
    const auto sessions = found->second.sessions;
    for (const auto& [session_id, session] : sessions)
        for (const std::uint64_t index : session.tasks) {
            const JobBoard& job = jobs_.at(session.job);
            const LiveTask& task = job.steps[session.step].live.at(index);
            interrupt(connection, {job.id, static_cast<std::uint32_t>(session.step), index, task.epoch}, reason);
        }
    for (const auto& [session_id, session] : sessions)
        end_session(workers_.at(id), session_id);
    workers_.erase(id);
}

bool Queue::has_work_for(const std::string& id) const {
    const auto found = workers_.find(id);
    if (found == workers_.end()) return true;
    const WorkerBoard& worker = found->second;
    for (const auto& [session_id, session] : worker.sessions) {
        if (session.tasks.empty() && !session.ending) return true;
        for (const std::uint64_t index : session.tasks) {
            const LiveTask& task = jobs_.at(session.job).steps[session.step].live.at(index);
            if (task.cancel_by_person && !task.cancel_asked) return true;
        }
    }
    if (worker.draining) return false;
    return static_cast<int>(worker.sessions.size()) < worker.slots && best_step(worker).has_value();
}

void Queue::assign(db::Connection& connection, WorkerBoard& worker, wire::ExchangeReply& reply) {
    if (worker.draining) return;
    for (auto& [id, session] : worker.sessions)
        if (!session.ending) extend(connection, worker, session, reply);
    while (static_cast<int>(worker.sessions.size()) < worker.slots && open_session(connection, worker, reply)) {
    }
}

// Told until the worker says that it knows: a reply may be lost. A session that the farm doesn't have is told the same.
void Queue::end_dry_sessions(WorkerBoard& worker, const wire::ExchangeRequest& request, wire::ExchangeReply& reply) {
    for (auto& [id, session] : worker.sessions)
        if (session.tasks.empty()) session.ending = true;
    for (const std::string& id : request.sessions) {
        const auto session = worker.sessions.find(id);
        const bool is_dry = session == worker.sessions.end() || session->second.tasks.empty();
        const bool knows = std::find(request.leaving.begin(), request.leaving.end(), id) != request.leaving.end();
        if (is_dry && !knows) reply.end_sessions.push_back(id);
    }
}

// Work of a higher priority that this worker could do: then the session is let run dry, to make room.
bool Queue::better_waits(const WorkerBoard& worker, const JobBoard& job) const {
    for (const auto& [key, among] : ready_)
        if (among.steps.begin()->priority > job.settings.priority && among.requirement.fits(worker.capabilities))
            return true;
    return false;
}

void Queue::extend(db::Connection& connection, WorkerBoard& worker, SessionBoard& session, wire::ExchangeReply& reply) {
    const auto found = jobs_.find(session.job);
    if (found == jobs_.end() || !found->second.gives_out() || better_waits(worker, found->second)) return;
    JobBoard& job = found->second;
    StepBoard& step = job.steps[session.step];
    const std::uint64_t wanted = 1 + how_many_ahead(job, step);
    while (session.tasks.size() < wanted) {
        const auto task = next_task(worker, step, session.reserved);
        if (!task) break;
        lease(connection, worker, session, *task, reply);
    }
    refresh(job, session.step);
}

// As many as keep a session busy while a reply is on its way; never so many that others run dry at the end of a step,
// and none behind a task that takes long (or nobody knows how long) while other slots may be free.
std::uint64_t Queue::how_many_ahead(const JobBoard& job, const StepBoard& step) const {
    const double mean = step.mean_seconds();
    if (mean <= 0 || mean > longest_wait_behind_seconds) return 0;
    const double wanted = std::ceil(options_.ahead_seconds / mean);
    const std::uint64_t share = step.ready() / (2 * static_cast<std::uint64_t>(std::max(1, job.sessions)));
    return std::min({static_cast<std::uint64_t>(std::min(wanted, 1e9)), share, most_ahead});
}

bool Queue::open_session(db::Connection& connection, WorkerBoard& worker, wire::ExchangeReply& reply) {
    const auto best = best_step(worker);
    if (!best) return false;
    JobBoard& job = jobs_.at(best->job);
    StepBoard& step = job.steps[best->step];
    const auto task = next_task(worker, step, {});
    const auto known = step.live.find(*task);
    SessionBoard session;
    session.id = random_id(session_id_length);
    session.job = job.key;
    session.step = best->step;
    session.reserved = (known == step.live.end() ? step.requirement : requirement_of(step, known->second)).reserved();
    session.told_in = worker.sequence;
    add(worker.reserved, session.reserved);
    ++job.sessions;
    SessionBoard& opened = worker.sessions.emplace(session.id, session).first->second;
    lease(connection, worker, opened, *task, reply);
    extend(connection, worker, opened, reply);
    refresh(job, best->step);
    return true;
}

std::optional<Queue::ReadyKey> Queue::best_step(const WorkerBoard& worker) const {
    std::optional<ReadyKey> best;
    for (const auto& [key, among] : ready_) {
        if (!among.requirement.fits_now(worker.capabilities, worker.reserved)) continue;
        for (const ReadyKey& candidate : among.steps) {
            if (best && *best < candidate) break;
            const JobBoard& job = jobs_.at(candidate.job);
            if (job.settings.max_concurrency && job.sessions >= *job.settings.max_concurrency) continue;
            if (!next_task(worker, job.steps[candidate.step], {})) continue;
            best = candidate;
            break;
        }
    }
    return best;
}

// The task of this step that the worker should take next. `reserved`: what its session has, or nothing for a new one.
std::optional<std::uint64_t> Queue::next_task(const WorkerBoard& worker, const StepBoard& step,
                                              const Amounts& reserved) const {
    std::size_t looked_at = 0;
    for (const std::uint64_t index : step.again) {
        if (++looked_at > most_tries_looked_at) break;
        const LiveTask& task = step.live.at(index);
        if (task.memory_raises > 0) {
            const Requirement wanted = requirement_of(step, task);
            if (reserved.empty() ? !wanted.fits_now(worker.capabilities, worker.reserved)
                                 : wanted.reserved() != reserved)
                continue;
        }
        if (task.failed_on.contains(worker.id) && std::any_of(workers_.begin(), workers_.end(), [&](const auto& other) {
                return !other.second.draining && !task.failed_on.contains(other.first) &&
                       step.requirement.fits(other.second.capabilities);
            }))
            continue;
        return index;
    }
    if (step.next_task < step.total) return step.next_task;
    return std::nullopt;
}

// After it ran out of memory a task asks for more: half as much again each time, and at least what was seen to be used;
// never more than the largest worker has, or it would wait for ever.
Requirement Queue::requirement_of(const StepBoard& step, const LiveTask& task) const {
    if (task.memory_raises == 0) return step.requirement;
    const double seen = static_cast<double>(step.peak_memory) / mib * learned_memory_margin;
    const Requirement raised = step.requirement.with_memory(std::pow(memory_raise, task.memory_raises), seen);
    const bool possible = std::any_of(workers_.begin(), workers_.end(),
                                      [&](const auto& worker) { return raised.fits(worker.second.capabilities); });
    return possible ? raised : step.requirement;
}

void Queue::lease(db::Connection& connection, WorkerBoard& worker, SessionBoard& session, std::uint64_t index,
                  wire::ExchangeReply& reply) {
    JobBoard& job = jobs_.at(session.job);
    StepBoard& step = job.steps[session.step];
    if (index == step.next_task) {
        ++step.next_task;
        touched_steps_.emplace(job.key, session.step);
    }
    step.again.erase(index);
    LiveTask& task = step.live[index];
    task.state = TaskState::leased;
    ++task.epoch;
    task.worker = worker.id;
    task.session = session.id;
    task.progress = 0;
    task.status.clear();
    ++step.leased;
    session.tasks.insert(index);
    ledger::save_task(connection, {job.key, session.step, index}, task);
    if (job.started_at == 0) job.started_at = clock_.wall();
    set_state(connection, job, JobState::running);
    const bool resume = task.epoch > 1;
    reply.assign.push_back(
        {{job.id, static_cast<std::uint32_t>(session.step), index, task.epoch}, session.id, resume, task.checkpoint});
}

}  // namespace atelier::farm
