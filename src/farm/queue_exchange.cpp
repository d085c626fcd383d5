// The queue and its workers: who is there, what they hold, and what they are told.
#include <fmt/format.h>

#include <algorithm>

#include "base/files.h"
#include "base/text.h"
#include "farm/placement.h"
#include "farm/queue.h"
#include "farm/trust.h"

namespace atelier::farm {

namespace {

constexpr int most_slots = 10'000;
constexpr std::size_t longest_name = 200;
constexpr double longest_notice_seconds = 600;  // a person's cancel leaves an action the notice that it asks for

std::chrono::milliseconds in_ms(double seconds) {
    return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

}  // namespace

wire::ExchangeReply Queue::exchange(db::Connection& connection, const wire::ExchangeRequest& request,
                                    const std::string& speaker) {
    admit(connection, request, speaker);
    WorkerBoard& worker = greet(connection, request, speaker);
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
    reply.stop = worker.wish == WorkerWish::leave;
    stirred_.erase(worker.id);
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

namespace {

// Such a path is opened and packed by others later on.
void check_outputs(const wire::ExchangeRequest& request) {
    for (const wire::AttemptReport& report : request.attempts) {
        if (!report.result) continue;
        for (const wire::Output& output : report.result->outputs) {
            check_relative_path(output.path);
            check_relative_path(output.parameter);
            if (output.parameter.find('/') != std::string::npos)
                throw Error(Error::Kind::invalid,
                            "an output's parameter is a name, not " + printable(output.parameter));
        }
    }
}

}  // namespace

// Refuses before anything is touched.
void Queue::admit(db::Connection& connection, const wire::ExchangeRequest& request, const std::string& speaker) const {
    if (request.protocol != wire::protocol_number)
        throw Error(Error::Kind::conflict,
                    fmt::format("the worker {} speaks protocol {}, this farm speaks {}", request.name, request.protocol,
                                wire::protocol_number),
                    request.protocol < wire::protocol_number ? "update Atelier on the worker's machine"
                                                             : "update Atelier on the farm's machine");
    if (request.worker.empty() || request.worker.size() > longest_name || request.name.size() > longest_name ||
        request.slots < 0 || request.slots > most_slots)
        throw Error(Error::Kind::invalid,
                    fmt::format("a worker has an id, a name of at most {} bytes, and at most {} slots", longest_name,
                                most_slots));
    check_outputs(request);
    if (speaker.empty()) return;  // an admin's, or within this machine: it may speak for every worker
    const auto known = workers_.find(request.worker);
    const bool is_ours = known != workers_.end() && known->second.is_there() && known->second.token.empty();
    const std::string token =
        known != workers_.end() ? known->second.token : ledger::remembered(connection, request.worker).token;
    if (is_ours || (!token.empty() && token != speaker))
        throw Error(Error::Kind::denied, fmt::format("the worker {} belongs to another token", request.name),
                    "`atelier worker forget` lets it come back with a new one");
}

// Makes the worker known, or renews its leases; a new boot id means that nothing of what it held runs any more.
WorkerBoard& Queue::greet(db::Connection& connection, const wire::ExchangeRequest& request,
                          const std::string& speaker) {
    const auto known = workers_.find(request.worker);
    if (known != workers_.end() && !known->second.boot.empty() && known->second.boot != request.boot)
        forget_worker(connection, request.worker, fmt::format("the worker {} was started anew", known->second.name));
    WorkerBoard& worker = workers_[request.worker];
    const bool is_new = worker.boot != request.boot;
    if (is_new) {
        const ledger::Remembered before = ledger::remembered(connection, request.worker);
        worker.wish = before.wish == WorkerWish::leave ? WorkerWish::run : before.wish;  // it has left, and is back
        worker.token = before.token.empty() ? speaker : before.token;
        worker.sick_since = before.sick_since;
        worker.sick_until = trust::end_of_quarantine(before.sick_since, clock_);
    }
    const bool took_work = !is_new && takes_work(worker);
    const bool is_changed = is_new || worker.slots != request.slots || worker.sequence == 0;
    if (is_changed) {
        resize(worker, -1);
        worker.slots = request.slots;
        worker.capabilities = request.capabilities;
        resize(worker, 1);
    }
    worker.id = request.worker;
    worker.name = request.name;
    worker.boot = request.boot;
    worker.draining = request.draining;
    worker.resting = request.resting;
    worker.heard = clock_.steady();
    worker.deadline = worker.heard + in_ms(options_.lease_seconds);
    next_look_ = std::min(next_look_, worker.deadline);
    if (is_changed) ledger::save_worker(connection, worker, clock_.wall());
    if (took_work && !takes_work(worker)) order_.touch_all();  // what it should have taken is for others now
    return worker;
}

void Queue::resize(const WorkerBoard& worker, double sign) {
    const Resources its = resources_of(worker.capabilities.amounts, worker.slots);
    for (std::size_t i = 0; i < whole_.size(); ++i)
        whole_[i] = std::max(0.0, whole_[i] + sign * its[i]);
    order_.set_whole(whole_);
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
    const SessionBoard& session = found->second;
    subtract(worker.reserved, session.reserved);
    const Resources freed = resources_of(session.reserved, 1);
    order_.session_ended(session.job, session.makes_room_for ? Resources{} : freed);
    if (session.makes_room_for) {
        order_.discharge(session.makes_room_for->job, freed);
        if (const auto job = jobs_.find(session.makes_room_for->job); job != jobs_.end()) {
            job->second.promised = std::max(0, job->second.promised - 1);
            int& promised = job->second.steps[session.makes_room_for->step].promised;
            promised = std::max(0, promised - 1);
        }
    }
    if (const auto job = jobs_.find(session.job); job != jobs_.end()) {
        --job->second.sessions;
        refresh(job->second);  // it may have been at its limit
    }
    ended_sessions_.emplace_back(session.job_id, id);
    worker.sessions.erase(found);
    if (worker.sessions.empty())
        for (auto& [name, amount] : worker.reserved)
            amount = 0;  // no rest of many sums
}

void Queue::forget_worker(db::Connection& connection, const std::string& id, const std::string& reason) {
    const auto found = workers_.find(id);
    if (found == workers_.end()) return;
    const auto sessions = found->second.sessions;
    for (const auto& [session_id, session] : sessions)
        for (const std::uint64_t index : session.tasks) {
            const auto job = jobs_.find(session.job);
            if (job == jobs_.end()) break;
            const LiveTask& task = job->second.steps[session.step].live.at(index);
            interrupt(connection, {job->second.id, static_cast<std::uint32_t>(session.step), index, task.epoch},
                      reason);
        }
    for (const auto& [session_id, session] : sessions)
        end_session(found->second, session_id);
    resize(found->second, -1);
    ledger::save_last_seen(connection, id, clock_.wall());
    workers_.erase(found);
    stirred_.erase(id);
    order_.touch_all();
}

bool Queue::holds(const std::string& worker, const std::string& job) const {
    const auto found = workers_.find(worker);
    const auto key = keys_.find(job);
    if (found == workers_.end() || key == keys_.end()) return false;
    const auto& sessions = found->second.sessions;
    return std::any_of(sessions.begin(), sessions.end(),
                       [&](const auto& session) { return session.second.job == key->second; });
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

}  // namespace atelier::farm
