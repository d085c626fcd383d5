#include "simulate/invariants.h"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <tuple>

namespace atelier::simulate {

namespace {

using farm::TaskState;

constexpr double rounding = 1e-6;

void check_worker(const farm::WorkerBoard& worker, Broken& broken) {
    farm::Amounts sum;
    for (const auto& [id, session] : worker.sessions)
        farm::add(sum, session.reserved);
    for (const auto& [name, value] : worker.reserved)
        if (std::abs(value - sum[name]) > rounding)
            broken.push_back(
                fmt::format("{} has reserved {:g} of {}, its sessions {:g}", worker.id, value, name, sum[name]));
    for (const auto& [name, value] : sum)
        if (const auto has = worker.capabilities.amounts.find(name);
            worker.is_there() && (has == worker.capabilities.amounts.end() || value > has->second + rounding))
            broken.push_back(
                fmt::format("the sessions on {} hold {:g} of {}, more than it has", worker.id, value, name));
    if (worker.is_there() && static_cast<int>(worker.sessions.size()) > worker.slots)
        broken.push_back(
            fmt::format("{} has {} sessions and {} slots", worker.id, worker.sessions.size(), worker.slots));
}

struct Count {
    int sessions = 0;
    std::uint64_t held = 0;
};

std::map<farm::JobKey, Count> count_sessions(const farm::Queue& queue) {
    std::map<farm::JobKey, Count> counts;
    for (const auto& [id, worker] : queue.workers())
        for (const auto& [session_id, session] : worker.sessions) {
            ++counts[session.job].sessions;
            counts[session.job].held += session.tasks.size();
        }
    return counts;
}

void none(db::Connection& connection, const std::string& what, const std::string& sql, Broken& broken) {
    const auto count = std::get<0>(*connection.row<std::int64_t>(sql));
    if (count != 0) broken.push_back(fmt::format("{} {}", count, what));
}

}  // namespace

Broken check_board(const farm::Queue& queue, int most_sessions) {
    Broken broken;
    for (const auto& [id, worker] : queue.workers())
        check_worker(worker, broken);
    auto counts = count_sessions(queue);
    std::map<std::string, int> of_owners;
    for (const auto& [key, job] : queue.jobs()) {
        const Count& count = counts[key];
        of_owners[job.owner] += count.sessions;
        if (job.sessions != count.sessions || job.leased() != count.held)
            broken.push_back(fmt::format("job {} counts {} sessions and {} leases; the workers have {} and {}", job.id,
                                         job.sessions, job.leased(), count.sessions, count.held));
        if (job.settings.max_concurrency && count.sessions > *job.settings.max_concurrency)
            broken.push_back(fmt::format("job {} runs {} sessions at once, {} are allowed", job.id, count.sessions,
                                         *job.settings.max_concurrency));
    }
    for (const auto& [owner, sessions] : of_owners) {
        if (most_sessions > 0 && sessions > most_sessions)
            broken.push_back(
                fmt::format("{} runs {} sessions at once, {} are allowed", owner, sessions, most_sessions));
        if (queue.order().owner_standing(owner).sessions != sessions)
            broken.push_back(fmt::format("the order counts {} sessions of {}, there are {}",
                                         queue.order().owner_standing(owner).sessions, owner, sessions));
    }
    return broken;
}

Broken check_database(const farm::Queue& queue, db::Connection& connection) {
    Broken broken;
    using Lease = std::tuple<farm::JobKey, std::size_t, std::uint64_t>;
    std::map<Lease, std::string> of_board;
    for (const auto& [id, worker] : queue.workers())
        for (const auto& [session_id, session] : worker.sessions)
            for (const std::uint64_t task : session.tasks)
                if (!of_board.emplace(Lease{session.job, session.step, task}, id + " " + session_id).second)
                    broken.push_back(fmt::format("task {} of job {} is leased twice", task, session.job));
    connection.each<farm::JobKey, std::size_t, std::uint64_t, std::optional<std::string>, std::optional<std::string>>(
        "SELECT job, step, task, worker, session FROM tasks WHERE state IN ($1, $2, $3)",
        [&](farm::JobKey job, std::size_t step, std::uint64_t task, const std::optional<std::string>& worker,
            const std::optional<std::string>& session) {
            const auto found = of_board.find({job, step, task});
            if (found == of_board.end() || found->second != worker.value_or("") + " " + session.value_or(""))
                broken.push_back(fmt::format("the lease of task {} of job {} is not the worker's", task, job));
            else
                of_board.erase(found);
        },
        TaskState::leased, TaskState::running, TaskState::committing);
    if (!of_board.empty())
        broken.push_back(fmt::format("{} leases of workers are not in the database", of_board.size()));
    none(connection, "tasks succeeded twice",
         "SELECT count(*) FROM (SELECT 1 FROM attempts WHERE result = 0 GROUP BY job, step, task HAVING count(*) > 1) "
         "AS twice",
         broken);
    none(connection, "steps count other tasks than there are",
         "SELECT count(*) FROM steps LEFT JOIN (SELECT job, step, sum(CASE WHEN state = 5 THEN 1 ELSE 0 END) AS good, "
         "sum(CASE WHEN state = 6 THEN 1 ELSE 0 END) AS bad FROM tasks GROUP BY job, step) AS sums "
         "ON sums.job = steps.job AND sums.step = steps.step "
         "WHERE steps.succeeded <> coalesce(sums.good, 0) OR steps.failed <> coalesce(sums.bad, 0)",
         broken);
    return broken;
}

Broken check_rest(const farm::Queue& queue, db::Connection& connection) {
    Broken broken = check_database(queue, connection);
    for (const auto& [id, worker] : queue.workers()) {
        if (!worker.sessions.empty())
            broken.push_back(fmt::format("{} still has {} sessions", id, worker.sessions.size()));
        for (const auto& [name, value] : worker.reserved)
            if (value > 0) broken.push_back(fmt::format("{} still has {:g} of {} reserved", id, value, name));
    }
    none(connection, "jobs have not ended", "SELECT count(*) FROM jobs WHERE state < 6", broken);
    none(connection, "tasks of jobs that have ended did not end",
         "SELECT count(*) FROM tasks WHERE state NOT IN (5, 6, 7, 8)", broken);
    none(connection, "jobs succeeded without all of their tasks",
         "SELECT count(*) FROM jobs WHERE result = 6 AND total_tasks <> (SELECT sum(succeeded) FROM steps WHERE "
         "steps.job = jobs.key)",
         broken);
    none(connection, "tasks succeeded without an attempt that did, or the other way round",
         "SELECT (SELECT count(*) FROM tasks WHERE state = 5) - (SELECT count(*) FROM attempts WHERE result = 0)",
         broken);
    return broken;
}

}  // namespace atelier::simulate
