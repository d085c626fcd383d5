// The queue from the database: at the start, after a failed commit, and one job at a time when it comes back to life.
#include <algorithm>

#include "farm/queue.h"
#include "farm/trust.h"

namespace atelier::farm {

Queue::Queue(QueueOptions options, const Clock& clock, BlobExists blob_exists)
    : options_(options),
      clock_(clock),
      blob_exists_(std::move(blob_exists)),
      order_(options.fairness, options.most_sessions_of_an_owner) {}

void Queue::load(db::Connection& connection) {
    jobs_.clear();
    keys_.clear();
    workers_.clear();
    order_.clear_jobs();
    whole_ = {};
    touched_steps_.clear();
    moved_.clear();
    stirred_.clear();
    next_look_ = {};
    next_event_ = std::get<0>(*connection.row<std::int64_t>("SELECT coalesce(max(number), 0) + 1 FROM events"));
    next_job_ = std::get<0>(*connection.row<std::int64_t>("SELECT coalesce(max(key), 0) + 1 FROM jobs"));
    load_workers(connection);
    connection.each<std::string, double>(
        "SELECT name, weight FROM users WHERE weight <> 1",
        [&](const std::string& owner, double weight) { order_.set_weight(owner, weight); });
    for (const auto& [key] :
         connection.rows<JobKey>("SELECT key FROM jobs WHERE state < $1 ORDER BY key", JobState::succeeded))
        load_job(connection, key);
    adopt_sessions({});
}

void Queue::load_workers(db::Connection& connection) {
    connection.each<std::string, std::string, std::string, int, std::string, std::optional<std::string>, WorkerWish,
                    std::optional<Micros>>(
        "SELECT id, name, boot, slots, capabilities, token, wish, sick_since FROM workers",
        [&](const std::string& id, const std::string& name, const std::string& boot, int slots,
            const std::string& capabilities, const std::optional<std::string>& token, WorkerWish wish,
            std::optional<Micros> sick_since) {
            WorkerBoard worker;
            worker.id = id;
            worker.name = name;
            worker.boot = boot;
            worker.token = token.value_or("");
            worker.slots = slots;
            worker.wish = wish;
            worker.sick_since = sick_since;
            worker.sick_until = trust::end_of_quarantine(sick_since, clock_);
            worker.capabilities = ledger::capabilities_from_json(capabilities);
            worker.deadline = clock_.steady() + in_steady(options_.lease_seconds);
            resize(workers_.emplace(id, std::move(worker)).first->second, 1);
        });
}

JobBoard Queue::make_board(JobKey key, std::string id, const wire::Submission& submission, Micros submitted_at) const {
    JobBoard board;
    board.key = key;
    board.id = std::move(id);
    board.submitted = clock_.steady();
    board.settings = submission.settings;
    board.order = make_order(submission, submitted_at);
    for (const job::Step& step : board.order->job->steps) {
        StepBoard made;
        made.name = step.name;
        made.total = step.space.size();
        made.requirement = Requirement(step.requirements);
        made.requirement_key = made.requirement.key();
        made.waits_for = static_cast<int>(step.dependencies.size());
        if (board.total_tasks + made.total < board.total_tasks)
            throw Error(Error::Kind::exhausted, "the job has more than 2^64 tasks");
        board.total_tasks += made.total;
        board.steps.push_back(std::move(made));
    }
    for (std::size_t number = 0; number < board.steps.size(); ++number)
        for (const std::size_t needed : board.order->job->steps[number].dependencies)
            board.steps[needed].dependents.push_back(number);
    return board;
}

void Queue::load_job(db::Connection& connection, JobKey key) {
    const auto row = connection.row<std::string, JobState, std::string, std::string, double, std::optional<Micros>,
                                    std::string, std::optional<JobState>, Micros, std::string>(
        "SELECT id, state, submission, settings, progress, started_at, message, stopping, submitted_at, owner "
        "FROM jobs WHERE key = $1",
        key);
    if (!row) throw Error(Error::Kind::not_found, "there is no such job");
    const auto& [id, state, submission, settings, progress, started_at, message, stopping, submitted_at, owner] = *row;

    JobBoard job = make_board(key, id, wire::submission_from_json(submission), submitted_at);
    job.settings = wire::settings_from_json(settings);
    job.owner = owner;
    job.submitted = clock_.steady() - in_steady(std::max(0.0, static_cast<double>(clock_.wall() - submitted_at) / 1e6));
    job.state = state;
    job.progress = progress;
    job.started_at = started_at.value_or(0);
    job.message = message;
    job.stopping = stopping;
    if (const auto failure =
            connection.row<std::optional<std::uint32_t>, std::optional<std::uint64_t>, std::optional<std::int64_t>>(
                "SELECT failed_step, failed_task, failed_epoch FROM jobs WHERE key = $1", key);
        failure && std::get<0>(*failure))
        job.first_failure = wire::AttemptId{id, *std::get<0>(*failure), *std::get<1>(*failure), *std::get<2>(*failure)};

    connection.each<std::size_t, std::uint64_t, std::uint64_t, std::uint64_t, double, double, std::uint64_t>(
        "SELECT step, next_task, succeeded, failed, wall_seconds, cpu_seconds, peak_memory FROM steps WHERE job = $1",
        [&](std::size_t number, std::uint64_t next, std::uint64_t succeeded, std::uint64_t failed, double wall,
            double cpu, std::uint64_t memory) {
            StepBoard& step = job.steps.at(number);
            step.next_task = next;
            step.succeeded = succeeded;
            step.failed = failed;
            step.wall_seconds = wall;
            step.cpu_seconds = cpu;
            step.peak_memory = memory;
            job.failed_tasks += failed;
        },
        key);

    load_tasks(connection, job);
    trust::load(connection, job, clock_);
    for (std::size_t number = 0; number < job.steps.size(); ++number)
        if (job.steps[number].succeeded == job.steps[number].total) step_succeeded(job, number);
    order_.add(key, owner, ranking_of(job));
    keys_[job.id] = key;
    refresh(jobs_.insert_or_assign(key, std::move(job)).first->second);
}

// The tasks that have a row and aren't ended; those that are leased make up the sessions of their workers.
void Queue::load_tasks(db::Connection& connection, JobBoard& job) {
    connection.each<std::size_t, std::uint64_t, TaskState, std::int64_t, int, int, int, std::optional<Micros>,
                    std::optional<std::string>, std::optional<std::string>, std::optional<std::string>>(
        "SELECT step, task, state, epoch, tries, interruptions, memory_raises, ready_at, worker, session, checkpoint "
        "FROM tasks "
        "WHERE job = $1 AND state NOT IN ($2, $3, $4, $5)",
        [&](std::size_t number, std::uint64_t index, TaskState task_state, std::int64_t epoch, int tries,
            int interruptions, int raises, std::optional<Micros> ready_at, std::optional<std::string> worker,
            std::optional<std::string> session, std::optional<std::string> checkpoint) {
            StepBoard& step = job.steps.at(number);
            LiveTask task;
            task.state = task_state;
            task.epoch = epoch;
            task.tries = tries;
            task.interruptions = interruptions;
            task.memory_raises = raises;
            task.ready_at = ready_at.value_or(0);
            task.worker = worker.value_or("");
            task.session = session.value_or("");
            task.checkpoint = std::move(checkpoint);
            task.started = clock_.steady();
            task.cancel_by_person = job.stopping.has_value();
            if (task_state == TaskState::backoff) {
                const double wait = static_cast<double>(task.ready_at - clock_.wall()) / 1e6;
                // never longer than any back-off, whatever the wall clock did meanwhile
                task.ready = clock_.steady() + in_steady(std::clamp(wait, 0.0, longest_backoff_seconds));
                step.backoff.emplace(task.ready, index);
            } else if (task_state == TaskState::ready) {
                step.again.insert(index);
            } else {
                ++step.leased;
                WorkerBoard& worker_board = workers_[task.worker];
                worker_board.id = task.worker;  // also of one that is forgotten: its lease runs out
                if (task.cancel_by_person) stirred_.insert(task.worker);
                SessionBoard& held = worker_board.sessions[task.session];
                held.id = task.session;
                held.job = job.key;
                held.job_id = job.id;
                held.step = number;
                held.tasks.insert(index);
            }
            step.live.emplace(index, std::move(task));
        },
        job.key, TaskState::succeeded, TaskState::failed, TaskState::canceled, TaskState::skipped);
}

// Sessions count for their jobs: those just made from tasks, or those that one job had before it was retried.
void Queue::adopt_sessions(std::optional<JobKey> only) {
    for (auto& [worker_id, worker] : workers_)
        for (auto& [session_id, session] : worker.sessions) {
            const auto job = jobs_.find(session.job);
            if (job == jobs_.end() || (only && *only != session.job)) continue;
            if (session.reserved.empty()) {
                session.reserved = job->second.steps[session.step].requirement.reserved();
                add(worker.reserved, session.reserved);
            }
            ++job->second.sessions;
            const bool is_charged_elsewhere = session.makes_room_for.has_value();
            order_.session_began(session.job, is_charged_elsewhere ? Resources{} : resources_of(session.reserved, 1));
            refresh(job->second);
        }
}

}  // namespace atelier::farm
