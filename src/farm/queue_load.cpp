// The queue from the database: at the start, after a failed commit, and one job at a time when it comes back to life.
#include <algorithm>

#include "farm/queue.h"

namespace atelier::farm {

Queue::Queue(QueueOptions options, const Clock& clock, BlobExists blob_exists)
    : options_(options), clock_(clock), blob_exists_(std::move(blob_exists)) {}

void Queue::load(db::Connection& connection) {
    jobs_.clear();
    keys_.clear();
    workers_.clear();
    ready_.clear();
    touched_steps_.clear();
    next_event_ = std::get<0>(*connection.row<std::int64_t>("SELECT coalesce(max(number), 0) + 1 FROM events"));
    next_job_ = std::get<0>(*connection.row<std::int64_t>("SELECT coalesce(max(key), 0) + 1 FROM jobs"));
    load_workers(connection);
    for (const auto& [key] :
         connection.rows<JobKey>("SELECT key FROM jobs WHERE state < $1 ORDER BY key", JobState::succeeded))
        load_job(connection, key);
}

void Queue::load_workers(db::Connection& connection) {
    connection.each<std::string, std::string, std::string, int, std::string>(
        "SELECT id, name, boot, slots, capabilities FROM workers",
        [&](const std::string& id, const std::string& name, const std::string& boot, int slots,
            const std::string& capabilities) {
            WorkerBoard worker;
            worker.id = id;
            worker.name = name;
            worker.boot = boot;
            worker.slots = slots;
            worker.capabilities = ledger::capabilities_from_json(capabilities);
            worker.deadline =
                clock_.steady() + std::chrono::milliseconds(static_cast<int>(options_.lease_seconds * 1000));
            workers_.emplace(id, std::move(worker));
        });
}

JobBoard Queue::make_board(JobKey key, std::string id, const wire::Submission& submission, Micros submitted_at) const {
    JobBoard board;
    board.key = key;
    board.id = std::move(id);
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
                                    std::string, std::optional<JobState>, Micros>(
        "SELECT id, state, submission, settings, progress, started_at, message, stopping, submitted_at FROM jobs WHERE "
        "key = $1",
        key);
    if (!row) throw Error(Error::Kind::not_found, "there is no such job");
    const auto& [id, state, submission, settings, progress, started_at, message, stopping, submitted_at] = *row;

    JobBoard job = make_board(key, id, wire::submission_from_json(submission), submitted_at);
    job.settings = wire::settings_from_json(settings);
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
            task.cancel_by_person = stopping.has_value();
            if (task_state == TaskState::backoff) {
                const double wait = static_cast<double>(task.ready_at - clock_.wall()) / 1e6;
                // never longer than any back-off, whatever the wall clock did meanwhile
                task.ready = clock_.steady() + in_steady(std::clamp(wait, 0.0, longest_backoff_seconds));
                step.backoff.emplace(task.ready, index);
            } else if (task_state == TaskState::ready) {
                step.again.insert(index);
            } else {
                ++step.leased;
                SessionBoard& held = workers_[task.worker].sessions[task.session];
                held.id = task.session;
                held.job = key;
                held.step = number;
                held.tasks.insert(index);
            }
            step.live.emplace(index, std::move(task));
        },
        key, TaskState::succeeded, TaskState::failed, TaskState::canceled, TaskState::skipped);

    for (std::size_t number = 0; number < job.steps.size(); ++number)
        if (job.steps[number].succeeded == job.steps[number].total) step_succeeded(job, number);
    for (auto& [worker_id, worker] : workers_)
        for (auto& [session_id, session] : worker.sessions)
            if (session.job == key && session.reserved.empty()) {
                session.reserved = job.steps[session.step].requirement.reserved();
                add(worker.reserved, session.reserved);
                ++job.sessions;
            }
    keys_[job.id] = key;
    refresh(jobs_.insert_or_assign(key, std::move(job)).first->second);
}

}  // namespace atelier::farm
