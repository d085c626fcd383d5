// What the queue gives to a worker: sessions, and the tasks in them.
#include <algorithm>
#include <cmath>

#include "base/id.h"
#include "farm/placement.h"
#include "farm/queue.h"

namespace atelier::farm {

namespace {

constexpr int session_id_length = 12;
constexpr std::uint64_t most_ahead = 256;
constexpr double longest_wait_behind_seconds = 5;
constexpr std::uint64_t most_woken = 100'000;

// As many as keep a session busy while a reply is on its way; never so many that others run dry at the end of a step,
// and none behind a task that takes long (or nobody knows how long) while other slots may be free.
std::uint64_t how_many_ahead(const JobBoard& job, const StepBoard& step, double ahead_seconds) {
    const double mean = step.mean_seconds();
    if (mean <= 0 || mean > longest_wait_behind_seconds) return 0;
    const double wanted = std::ceil(ahead_seconds / mean);
    const std::uint64_t share = step.ready() / (2 * static_cast<std::uint64_t>(std::max(1, job.sessions)));
    return std::min({static_cast<std::uint64_t>(std::min(wanted, 1e9)), share, most_ahead});
}

}  // namespace

bool Queue::can_take(const WorkerBoard& worker, const Place& place) const {
    const StepBoard& step = jobs_.at(place.job).steps[place.step];
    return may_take(workers_, worker, step, clock_.steady()) &&
           next_task(workers_, worker, step, nullptr, clock_.steady());
}

// It drains for something that needs more room than one session leaves, and that still waits.
bool Queue::makes_room(const WorkerBoard& worker) const {
    if (!worker.room_for) return false;
    const auto job = jobs_.find(worker.room_for->job);
    return job != jobs_.end() && job->second.steps[worker.room_for->step].listed && can_take(worker, *worker.room_for);
}

// What it should begin now. While it makes room for something wide, that and nothing else.
std::optional<Queue::Place> Queue::best_place(const WorkerBoard& worker, std::uint64_t since) const {
    const auto fits = [&](const Requirement& wanted) { return wanted.fits_now(worker.capabilities, worker.reserved); };
    if (makes_room(worker)) {
        if (!fits(jobs_.at(worker.room_for->job).steps[worker.room_for->step].requirement)) return std::nullopt;
        return worker.room_for;
    }
    return order_.first(
        fits, [&](const Place& place) { return can_take(worker, place); }, since);
}

bool Queue::has_work_for(const std::string& id) {
    const auto found = workers_.find(id);
    if (found == workers_.end() || stirred_.contains(id)) return true;
    WorkerBoard& worker = found->second;
    if (worker.nothing_since == order_.touched() || !takes_work(worker)) return false;
    if (static_cast<int>(worker.sessions.size()) >= worker.slots) return false;
    if (is_on_probation(worker, clock_.steady()) && !worker.sessions.empty()) return false;
    if (best_place(worker, worker.nothing_since)) return true;
    if (!worker.room_for) worker.nothing_since = order_.touched();
    return false;
}

// How many sessions the ready tasks could fill.
std::uint64_t Queue::takers() const {
    std::uint64_t sum = 0;
    for (const auto& [key, job] : jobs_) {
        std::uint64_t ready = 0;
        for (const StepBoard& step : job.steps)
            if (step.listed) ready += std::min(step.ready(), most_woken);
        if (job.settings.max_concurrency)
            ready =
                std::min(ready, static_cast<std::uint64_t>(std::max(0, *job.settings.max_concurrency - job.sessions)));
        sum += ready;
    }
    return sum;
}

void Queue::assign(db::Connection& connection, WorkerBoard& worker, wire::ExchangeReply& reply) {
    worker.nothing_since = 0;
    if (!takes_work(worker) || !makes_room(worker)) worker.room_for.reset();
    if (!takes_work(worker)) return;
    if (is_on_probation(worker, clock_.steady())) {
        if (worker.sessions.empty()) open_session(connection, worker, reply);
        return;
    }
    for (auto& [id, session] : worker.sessions)
        if (!session.ending && !session.makes_room_for) extend(connection, worker, session, reply);
    while (static_cast<int>(worker.sessions.size()) < worker.slots && open_session(connection, worker, reply)) {
    }
    if (static_cast<int>(worker.sessions.size()) < worker.slots && !worker.room_for)
        worker.nothing_since = order_.touched();
}

void Queue::extend(db::Connection& connection, WorkerBoard& worker, SessionBoard& session, wire::ExchangeReply& reply) {
    const auto found = jobs_.find(session.job);
    if (found == jobs_.end() || !found->second.gives_out()) return;
    JobBoard& job = found->second;
    StepBoard& step = job.steps[session.step];
    const bool alone = is_on_probation(worker, clock_.steady());
    const std::uint64_t wanted = alone ? 1 : 1 + how_many_ahead(job, step, options_.ahead_seconds);
    if (session.tasks.size() >= wanted || !may_take(workers_, worker, step, clock_.steady())) return;
    if (gives_way(worker, session, job)) return;
    while (session.tasks.size() < wanted) {
        const auto task = next_task(workers_, worker, step, &session.reserved, clock_.steady());
        if (!task) break;
        lease(connection, worker, session, *task, reply);
    }
    refresh(job, session.step);
}

// Fairness is between tasks, not between sessions: a session takes nothing more when others need its slot more. What it
// holds counts as theirs from then on, so that no more sessions give way than are needed.
bool Queue::gives_way(WorkerBoard& worker, SessionBoard& session, const JobBoard& job) {
    if (worker.room_for && *worker.room_for != Place{session.job, session.step}) return true;
    const auto fits = [&](const Requirement& wanted) { return wanted.fits(worker.capabilities); };
    const auto accept = [&](const Place& place) {
        const JobBoard& other = jobs_.at(place.job);
        const StepBoard& step = other.steps[place.step];
        const auto& limit = other.settings.max_concurrency;
        return static_cast<std::uint64_t>(step.promised) < step.ready() &&
               (!limit || other.sessions + other.promised < *limit) && can_take(worker, place);
    };
    const Resources held = resources_of(session.reserved, 1);
    const auto place = order_.before(job.key, held, fits, accept);
    if (!place) return false;
    JobBoard& other = jobs_.at(place->job);
    Amounts rest = worker.reserved;
    subtract(rest, session.reserved);
    if (!other.steps[place->step].requirement.fits_now(worker.capabilities, rest)) worker.room_for = place;
    session.makes_room_for = place;
    ++other.promised;
    ++other.steps[place->step].promised;
    order_.discharge(job.key, held);
    order_.charge(other.key, held);
    return true;
}

bool Queue::open_session(db::Connection& connection, WorkerBoard& worker, wire::ExchangeReply& reply) {
    const auto best = best_place(worker, 0);
    if (!best) return false;
    worker.room_for.reset();
    JobBoard& job = jobs_.at(best->job);
    StepBoard& step = job.steps[best->step];
    const auto task = next_task(workers_, worker, step, nullptr, clock_.steady());
    const auto known = step.live.find(*task);
    SessionBoard session;
    session.id = random_id(session_id_length);
    session.job = job.key;
    session.job_id = job.id;
    session.step = best->step;
    session.reserved =
        (known == step.live.end() ? step.requirement : requirement_of(workers_, step, known->second)).reserved();
    session.told_in = worker.sequence;
    add(worker.reserved, session.reserved);
    ++job.sessions;
    order_.session_began(job.key, resources_of(session.reserved, 1));
    SessionBoard& opened = worker.sessions.emplace(session.id, session).first->second;
    lease(connection, worker, opened, *task, reply);
    extend(connection, worker, opened, reply);
    refresh(job);  // it may be at its limit now
    return true;
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
