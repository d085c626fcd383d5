#include "farm/queries.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/id.h"
#include "base/text.h"
#include "farm/job_list.h"
#include "farm/ledger.h"

namespace atelier::farm {

namespace {

std::int64_t key_of(db::Connection& connection, const std::string& id) {
    const auto row = connection.row<std::int64_t>("SELECT key FROM jobs WHERE id = $1", id);
    if (!row) throw Error(Error::Kind::not_found, "there is no job " + id, "`atelier jobs` lists them");
    return std::get<0>(*row);
}

}  // namespace

std::vector<WorkerSummary> list_workers(db::Connection& connection) {
    std::vector<WorkerSummary> list;
    connection.each<std::string, std::string, int, std::string, Micros, std::optional<std::string>, int,
                    std::optional<Micros>>(
        "SELECT id, name, slots, capabilities, seen_at, token, wish, sick_since FROM workers ORDER BY name, id",
        [&](const std::string& id, const std::string& name, int slots, const std::string& capabilities, Micros seen_at,
            const std::optional<std::string>& token, int wish, std::optional<Micros> sick_since) {
            list.push_back({id, name, slots, ledger::capabilities_from_json(capabilities), seen_at, token.value_or(""),
                            wish, sick_since});
        });
    return list;
}

std::string find_worker(db::Connection& connection, const std::string& id_or_name) {
    if (connection.row<int>("SELECT 1 FROM workers WHERE id = $1", id_or_name)) return id_or_name;
    const auto named = connection.rows<std::string>("SELECT id FROM workers WHERE name = $1 LIMIT 2", id_or_name);
    if (named.empty())
        throw Error(Error::Kind::not_found, "there is no worker " + id_or_name, "`atelier worker list` lists them");
    if (named.size() > 1)
        throw Error(Error::Kind::conflict, "more than one worker is named " + id_or_name, "give its id instead");
    return std::get<0>(named.front());
}

JobSummary job_by_id(db::Connection& connection, const std::string& id) {
    const db::Bound value = std::string_view(id);
    const auto jobs = read_jobs(connection, "WHERE id = $1", {&value, 1});
    if (jobs.empty()) throw Error(Error::Kind::not_found, "there is no job " + id, "`atelier jobs` lists them");
    return jobs.front();
}

std::string find_job(db::Connection& connection, const std::string& beginning, const std::string& owner) {
    if (!looks_like_id(beginning))
        throw Error(Error::Kind::not_found, "there is no job " + printable(beginning.substr(0, 64)),
                    "`atelier jobs` lists them");
    // An id is digits and small letters: z comes last in every order that a database may have.
    const auto rows = connection.rows<std::string>(
        "SELECT id FROM jobs WHERE id >= $1 AND id <= $2 AND ($3 = '' OR owner = $3) ORDER BY id LIMIT 3", beginning,
        beginning + std::string(job_id_length, 'z'), owner);
    if (rows.empty()) throw Error(Error::Kind::not_found, "there is no job " + beginning, "`atelier jobs` lists them");
    if (rows.size() > 1 && std::get<0>(rows[0]) != beginning)
        throw Error(Error::Kind::invalid,
                    fmt::format("{} is the beginning of several jobs: {}, {}{}", beginning, std::get<0>(rows[0]),
                                std::get<0>(rows[1]), rows.size() > 2 ? ", …" : ""),
                    "give a letter more");
    return std::get<0>(rows[0]);
}

std::vector<StepSummary> steps_of(db::Connection& connection, const std::string& job) {
    std::vector<StepSummary> steps;
    connection.each<std::string, std::uint64_t, std::uint64_t, std::uint64_t, double, double, std::uint64_t>(
        "SELECT name, total, succeeded, failed, wall_seconds, cpu_seconds, peak_memory FROM steps WHERE job = $1 ORDER "
        "BY step",
        [&](const std::string& name, std::uint64_t total, std::uint64_t succeeded, std::uint64_t failed, double wall,
            double cpu, std::uint64_t memory) {
            steps.push_back({name, total, succeeded, failed, wall, cpu, memory});
        },
        key_of(connection, job));
    return steps;
}

namespace {

template <class... V>
std::vector<AttemptRecord> read_attempts(db::Connection& connection, const std::string& job,
                                         const std::string& condition, const V&... values) {
    std::vector<AttemptRecord> attempts;
    connection.each<std::uint32_t, std::uint64_t, std::int64_t, std::string, std::string, ResultClass,
                    std::optional<int>, std::optional<std::string>, std::optional<Micros>, Micros, std::uint64_t,
                    std::uint64_t, double, double, std::uint64_t, std::uint64_t, std::uint64_t>(
        "SELECT step, task, epoch, worker, session, result, exit_code, reason, started_at, ended_at, log_begin, "
        "log_end, "
        "wall_seconds, cpu_seconds, peak_memory, bytes_read, bytes_written FROM attempts " +
            condition,
        [&](std::uint32_t step, std::uint64_t task, std::int64_t epoch, const std::string& worker,
            const std::string& session, ResultClass result, std::optional<int> exit_code,
            std::optional<std::string> reason, std::optional<Micros> started, Micros ended, std::uint64_t log_begin,
            std::uint64_t log_end, double wall, double cpu, std::uint64_t memory, std::uint64_t bytes_read,
            std::uint64_t bytes_written) {
            AttemptRecord attempt;
            attempt.id = {job, step, task, epoch};
            attempt.worker = worker;
            attempt.session = session;
            attempt.result.result = result;
            attempt.result.exit_code = exit_code;
            attempt.result.reason = reason.value_or("");
            attempt.result.started_at = started.value_or(0);
            attempt.result.ended_at = ended;
            attempt.result.log = {log_begin, log_end};
            attempt.result.usage = {wall, cpu, memory, bytes_read, bytes_written};
            attempts.push_back(std::move(attempt));
        },
        values...);
    return attempts;
}

}  // namespace

std::vector<AttemptRecord> attempts_of(db::Connection& connection, const std::string& job,
                                       std::optional<std::uint32_t> step, std::optional<std::uint64_t> task,
                                       std::size_t limit, const wire::AttemptId& after) {
    return read_attempts(connection, job,
                         "WHERE job = $1 AND (CAST($2 AS INTEGER) IS NULL OR step = $2) AND "
                         "(CAST($3 AS BIGINT) IS NULL OR task = $3) "
                         "AND (step, task, epoch) > ($5, $6, $7) ORDER BY step, task, epoch LIMIT $4",
                         key_of(connection, job), step, task, limit, after.step, after.task, after.epoch);
}

std::optional<AttemptRecord> attempt_by_id(db::Connection& connection, const wire::AttemptId& id) {
    const auto found = read_attempts(connection, id.job, "WHERE job = $1 AND step = $2 AND task = $3 AND epoch = $4",
                                     key_of(connection, id.job), id.step, id.task, id.epoch);
    if (found.empty()) return std::nullopt;
    return found.front();
}

std::vector<WorkerShare> worker_shares(db::Connection& connection, const std::string& job) {
    std::vector<WorkerShare> shares;
    connection.each<std::string, std::uint32_t, std::uint64_t>(
        "SELECT worker, step, COUNT(*) FROM attempts WHERE job = $1 AND result = $2 GROUP BY worker, step "
        "ORDER BY worker, step",
        [&](const std::string& worker, std::uint32_t step, std::uint64_t succeeded) {
            shares.push_back({worker, step, succeeded});
        },
        key_of(connection, job), wire::ResultClass::succeeded);
    return shares;
}

std::vector<RunningAttempt> running_attempts(db::Connection& connection, const std::string& job) {
    std::vector<RunningAttempt> running;
    connection.each<std::uint32_t, std::uint64_t, std::int64_t, std::string, std::string, std::uint64_t>(
        "SELECT step, task, epoch, worker, session, log_begin FROM tasks WHERE job = $1 AND state IN ($2, $3) "
        "ORDER BY step, task",
        [&](std::uint32_t step, std::uint64_t task, std::int64_t epoch, const std::string& worker,
            const std::string& session, std::uint64_t log_begin) {
            running.push_back({{job, step, task, epoch}, worker, session, log_begin});
        },
        key_of(connection, job), TaskState::running, TaskState::committing);
    return running;
}

namespace {

template <class... V>
std::vector<Artifact> read_artifacts(db::Connection& connection, const std::string& job, const std::string& condition,
                                     const V&... values) {
    std::vector<Artifact> artifacts;
    connection.each<std::string, std::string, std::uint32_t, std::uint64_t, std::int64_t, std::string, std::uint64_t,
                    unsigned, bool>(
        "SELECT parameter, path, step, task, epoch, digest, size, mode, is_link FROM artifacts " + condition,
        [&](const std::string& parameter, const std::string& path, std::uint32_t step, std::uint64_t task,
            std::int64_t epoch, const std::string& digest, std::uint64_t size, unsigned mode, bool is_link) {
            artifacts.push_back({{parameter, path, digest, size, mode, is_link}, {job, step, task, epoch}});
        },
        values...);
    return artifacts;
}

}  // namespace

std::vector<Artifact> artifacts_of(db::Connection& connection, const std::string& job) {
    return read_artifacts(connection, job, "WHERE job = $1 ORDER BY parameter, path", key_of(connection, job));
}

std::vector<Artifact> artifacts_after(db::Connection& connection, const std::string& job, const std::string& parameter,
                                      const std::string& path, int limit) {
    return read_artifacts(connection, job,
                          "WHERE job = $1 AND (parameter, path) > ($2, $3) ORDER BY parameter, path LIMIT $4",
                          key_of(connection, job), parameter, path, limit);
}

Artifact artifact_at(db::Connection& connection, const std::string& job, const std::string& parameter,
                     const std::string& path) {
    const auto found = read_artifacts(connection, job, "WHERE job = $1 AND parameter = $2 AND path = $3",
                                      key_of(connection, job), parameter, path);
    if (found.empty())
        throw Error(Error::Kind::not_found, fmt::format("job {} has no output {}/{}", job, parameter, path),
                    "`atelier job outputs " + job + "` lists them");
    return found.front();
}

std::vector<EventRecord> events_after(db::Connection& connection, std::int64_t number, const std::string& job,
                                      int limit) {
    std::vector<EventRecord> events;
    const auto take = [&](std::int64_t at_number, Micros at, const std::string& id, std::optional<std::uint32_t> step,
                          std::optional<std::uint64_t> task, std::optional<std::int64_t> epoch, const std::string& kind,
                          const std::string& detail, const std::optional<std::string>& owner) {
        events.push_back({at_number, at, id, step, task, epoch, kind, detail, owner.value_or("")});
    };
    const std::string columns =
        "SELECT number, at, job_id, step, task, epoch, kind, detail, (SELECT owner FROM jobs WHERE jobs.key = "
        "events.job) FROM events ";
    const auto read = [&](const std::string& condition, const auto&... values) {
        connection.each<std::int64_t, Micros, std::string, std::optional<std::uint32_t>, std::optional<std::uint64_t>,
                        std::optional<std::int64_t>, std::string, std::string, std::optional<std::string>>(
            columns + condition, take, values...);
    };
    if (job.empty())
        read("WHERE number > $1 ORDER BY number LIMIT $2", number, limit);
    else
        read("WHERE number > $1 AND job = $3 ORDER BY number LIMIT $2", number, limit, key_of(connection, job));
    return events;
}

wire::Submission submission_of(db::Connection& connection, const std::string& job) {
    const auto row = connection.row<std::string>("SELECT submission FROM jobs WHERE id = $1", job);
    if (!row) throw Error(Error::Kind::not_found, "there is no job " + job, "`atelier jobs` lists them");
    return wire::submission_from_json(std::get<0>(*row));
}

wire::Settings settings_of(db::Connection& connection, const std::string& job) {
    const auto row = connection.row<std::string>("SELECT settings FROM jobs WHERE id = $1", job);
    if (!row) throw Error(Error::Kind::not_found, "there is no job " + job, "`atelier jobs` lists them");
    return wire::settings_from_json(std::get<0>(*row));
}

std::optional<std::string> unfinished_job_like(db::Connection& connection, const wire::Submission& submission,
                                               const std::string& owner) {
    const auto row = connection.row<std::string>(
        "SELECT id FROM jobs WHERE digest = $1 AND state < $2 AND owner = $3 ORDER BY key DESC LIMIT 1",
        digest_of(submission), JobState::succeeded, owner);
    if (!row) return std::nullopt;
    return std::get<0>(*row);
}

std::vector<wire::Output> outputs_before(db::Connection& connection, const std::string& job, const job::Job& order,
                                         std::uint32_t step) {
    std::set<std::size_t> before;
    std::vector<std::size_t> open = order.steps.at(step).dependencies;
    while (!open.empty()) {
        const std::size_t next = open.back();
        open.pop_back();
        if (!before.insert(next).second) continue;
        open.insert(open.end(), order.steps[next].dependencies.begin(), order.steps[next].dependencies.end());
    }
    std::vector<wire::Output> outputs;
    for (const std::size_t number : before)
        for (Artifact& artifact :
             read_artifacts(connection, job, "WHERE job = $1 AND step = $2", key_of(connection, job), number))
            outputs.push_back(std::move(artifact.output));
    return outputs;
}

}  // namespace atelier::farm
