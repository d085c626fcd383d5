#include "farm/ledger.h"

#include "base/json_struct.h"
#include "base/text.h"
#include "wire/exchange_json.h"

namespace atelier::farm::ledger {

namespace {

std::string tags_text(const wire::Settings& settings) {
    return settings.tags.empty() ? "" : "," + join(settings.tags, ",") + ",";
}

}  // namespace

void insert_job(db::Connection& connection, const JobBoard& job, const wire::Submission& submission, Micros now) {
    connection.send(
        "INSERT INTO jobs (key, id, name, state, priority, tags, settings, submission, digest, total_tasks, "
        "submitted_at, owner) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        job.key, job.id, job.order->job->name, job.state, job.settings.priority, tags_text(job.settings),
        to_json(job.settings), to_json(submission), digest_of(submission), job.total_tasks, now, job.owner);
    for (std::size_t number = 0; number < job.steps.size(); ++number)
        connection.send("INSERT INTO steps (job, step, name, total) VALUES ($1, $2, $3, $4)", job.key, number,
                        job.steps[number].name, job.steps[number].total);
    for (const auto& [parameter, manifest] : submission.inputs)
        connection.send("INSERT INTO inputs (job, parameter, manifest) VALUES ($1, $2, $3)", job.key, parameter,
                        manifest);
}

void save_job_state(db::Connection& connection, const JobBoard& job) {
    const auto& failure = job.first_failure;
    connection.send(
        "UPDATE jobs SET state = $2, started_at = $3, message = $4, failed_step = $5, failed_task = $6, failed_epoch = "
        "$7, "
        "stopping = $8 WHERE key = $1",
        job.key, job.state, job.started_at == 0 ? std::nullopt : std::optional(job.started_at), job.message,
        failure ? std::optional<std::int64_t>(failure->step) : std::nullopt,
        failure ? std::optional<std::int64_t>(static_cast<std::int64_t>(failure->task)) : std::nullopt,
        failure ? std::optional(failure->epoch) : std::nullopt, job.stopping);
}

void save_job_end(db::Connection& connection, const JobBoard& job, Micros now) {
    save_job_state(connection, job);
    connection.send("UPDATE jobs SET result = $2, ended_at = $3, progress = $4, seconds_left = NULL WHERE key = $1",
                    job.key, job.state, now, job.progress);
    connection.send(
        "UPDATE tasks SET state = $2, worker = NULL, session = NULL WHERE job = $1 AND state NOT IN ($3, $4, $2)",
        job.key, TaskState::canceled, TaskState::succeeded, TaskState::failed);
}

void save_progress(db::Connection& connection, const JobBoard& job, std::optional<double> seconds_left) {
    connection.send("UPDATE jobs SET progress = $2, seconds_left = $3 WHERE key = $1", job.key, job.progress,
                    seconds_left);
}

void save_settings(db::Connection& connection, const JobBoard& job) {
    connection.send("UPDATE jobs SET priority = $2, settings = $3, tags = $4 WHERE key = $1", job.key,
                    job.settings.priority, to_json(job.settings), tags_text(job.settings));
}

void save_step(db::Connection& connection, JobKey job, std::size_t number, const StepBoard& step) {
    connection.send(
        "UPDATE steps SET next_task = $3, succeeded = $4, failed = $5, wall_seconds = $6, cpu_seconds = $7, "
        "peak_memory = $8 "
        "WHERE job = $1 AND step = $2",
        job, number, step.next_task, step.succeeded, step.failed, step.wall_seconds, step.cpu_seconds,
        step.peak_memory);
}

void save_task(db::Connection& connection, const TaskKey& key, const LiveTask& task) {
    connection.send(
        "INSERT INTO tasks (job, step, task, state, epoch, tries, interruptions, memory_raises, ready_at, worker, "
        "session, log_begin, checkpoint) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) "
        "ON CONFLICT (job, step, task) DO UPDATE SET state = excluded.state, epoch = excluded.epoch, "
        "tries = excluded.tries, interruptions = excluded.interruptions, memory_raises = excluded.memory_raises, "
        "ready_at = excluded.ready_at, worker = excluded.worker, session = excluded.session, "
        "log_begin = excluded.log_begin, checkpoint = excluded.checkpoint",
        key.job, key.step, key.task, task.state, task.epoch, task.tries, task.interruptions, task.memory_raises,
        task.ready_at == 0 ? std::nullopt : std::optional(task.ready_at),
        task.worker.empty() ? std::nullopt : std::optional<std::string_view>(task.worker),
        task.session.empty() ? std::nullopt : std::optional<std::string_view>(task.session), task.log_begin,
        task.checkpoint);
}

void end_task(db::Connection& connection, const TaskKey& key, TaskState state, const LiveTask& task) {
    connection.send(
        "UPDATE tasks SET state = $4, tries = $5, worker = NULL, session = NULL, ready_at = NULL, checkpoint = $6 "
        "WHERE job = $1 AND step = $2 AND task = $3",
        key.job, key.step, key.task, state, task.tries, task.checkpoint);
}

void insert_attempt(db::Connection& connection, const TaskKey& key, const LiveTask& task, const wire::Result& result,
                    Micros now) {
    connection.send(
        "INSERT INTO attempts (job, step, task, epoch, worker, session, result, exit_code, reason, started_at, "
        "ended_at, "
        "log_begin, log_end, wall_seconds, cpu_seconds, peak_memory, bytes_read, bytes_written) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
        key.job, key.step, key.task, task.epoch, task.worker, task.session, result.result, result.exit_code,
        result.reason.empty() ? std::nullopt : std::optional<std::string_view>(result.reason),
        result.started_at == 0 ? std::nullopt : std::optional(result.started_at.at),
        result.ended_at == 0 ? now : result.ended_at.at, result.log.begin, result.log.end, result.usage.wall_seconds,
        result.usage.cpu_seconds, result.usage.peak_memory, result.usage.bytes_read, result.usage.bytes_written);
}

void save_output(db::Connection& connection, const TaskKey& key, std::int64_t epoch, const wire::Output& output) {
    connection.send(
        "INSERT INTO artifacts (job, parameter, path, step, task, epoch, digest, size, mode, is_link) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) "
        "ON CONFLICT (job, parameter, path) DO UPDATE SET step = excluded.step, task = excluded.task, epoch = "
        "excluded.epoch, "
        "digest = excluded.digest, size = excluded.size, mode = excluded.mode, is_link = excluded.is_link",
        key.job, output.parameter, output.path, key.step, key.task, epoch, output.digest, output.size, output.mode,
        output.is_link);
}

void insert_metric(db::Connection& connection, const TaskKey& key, std::int64_t epoch, std::string_view name,
                   double value, Micros now) {
    connection.send("INSERT INTO metrics (job, step, task, epoch, at, name, value) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                    key.job, key.step, key.task, epoch, now, name, value);
}

void save_preview(db::Connection& connection, const TaskKey& key, std::int64_t epoch, const wire::Preview& preview,
                  Micros now) {
    connection.send(
        "INSERT INTO previews (job, step, task, epoch, at, path, digest, size) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) "
        "ON CONFLICT (job, step, task, epoch) DO UPDATE SET at = excluded.at, path = excluded.path, "
        "digest = excluded.digest, size = excluded.size",
        key.job, key.step, key.task, epoch, now, preview.path, preview.digest, preview.size);
}

void save_worker(db::Connection& connection, const WorkerBoard& worker, Micros now) {
    connection.send(
        "INSERT INTO workers (id, name, boot, slots, capabilities, seen_at, token, wish, sick_since) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) "
        "ON CONFLICT (id) DO UPDATE SET name = excluded.name, boot = excluded.boot, slots = excluded.slots, "
        "capabilities = excluded.capabilities, seen_at = excluded.seen_at, token = excluded.token, "
        "wish = excluded.wish, sick_since = excluded.sick_since",
        worker.id, worker.name, worker.boot, worker.slots, capabilities_to_json(worker.capabilities), now,
        worker.token.empty() ? std::nullopt : std::optional<std::string_view>(worker.token), worker.wish,
        worker.sick_since);
}

void save_last_seen(db::Connection& connection, const std::string& worker, Micros now) {
    connection.send("UPDATE workers SET seen_at = $2 WHERE id = $1", worker, now);
}

Remembered remembered(db::Connection& connection, const std::string& worker) {
    const auto row = connection.row<std::optional<std::string>, WorkerWish, std::optional<Micros>>(
        "SELECT token, wish, sick_since FROM workers WHERE id = $1", worker);
    if (!row) return {};
    return {std::get<0>(*row).value_or(""), std::get<1>(*row), std::get<2>(*row)};
}

void insert_event(db::Connection& connection, std::int64_t number, const Event& event, Micros now) {
    connection.send(
        "INSERT INTO events (number, at, job, job_id, step, task, epoch, kind, detail) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        number, now, event.job, event.job_id, event.step, event.task, event.epoch, event.kind, event.detail);
}

std::string capabilities_to_json(const wire::Capabilities& capabilities) {
    return json::text(json::write(capabilities));
}

wire::Capabilities capabilities_from_json(std::string_view text) {
    return json::read<wire::Capabilities>(json::parse(text));
}

}  // namespace atelier::farm::ledger
