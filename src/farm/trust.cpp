#include "farm/trust.h"

#include <algorithm>
#include <set>

#include "farm/placement.h"

namespace atelier::farm::trust {

namespace {

constexpr std::size_t most_failures_kept = 64;
constexpr std::size_t blocked_of_the_able =
    4;  // of so many workers one may be blocked; beyond that it is the job's fault

Steady end_of(Micros since, double lasts, const Clock& clock) {
    const double passed = static_cast<double>(clock.wall() - since) / 1e6;
    return clock.steady() + in_steady(std::clamp(lasts - passed, 0.0, lasts));  // whatever the wall clock did
}

void save_sick(db::Connection& connection, const WorkerBoard& worker) {
    connection.run("UPDATE workers SET sick_since = $2 WHERE id = $1", worker.id, worker.sick_since);
}

void quarantine(db::Connection& connection, WorkerBoard& worker, const Clock& clock) {
    worker.sick_since = clock.wall();
    worker.sick_until = end_of_quarantine(worker.sick_since, clock);
    save_sick(connection, worker);
}

bool looks_sick(const WorkerBoard& worker) {
    std::set<JobKey> jobs;
    std::size_t count = 0;
    for (const WorkerFailure& failure : worker.failures) {
        if (!failure.succeeded_elsewhere) continue;
        ++count;
        jobs.insert(failure.job);
    }
    return count >= failures_of_the_sick && jobs.size() >= 2;
}

bool is_alone(const Workers& workers, const WorkerBoard& worker, const Clock& clock) {
    return std::none_of(workers.begin(), workers.end(), [&](const auto& other) {
        return other.first != worker.id && takes_work(other.second) && !is_quarantined(other.second, clock.steady());
    });
}

bool may_be_blocked(const Workers& workers, const StepBoard& step, const WorkerBoard& worker, const Clock& clock) {
    if (step.blocked.contains(worker.id) || !another_can(workers, worker, step, nullptr, clock.steady())) return false;
    const auto able = std::count_if(workers.begin(), workers.end(), [&](const auto& other) {
        return step.requirement.fits(other.second.capabilities);
    });
    return step.blocked.size() <= static_cast<std::size_t>(able) / blocked_of_the_able;
}

// A task that had failed for good, and on this worker alone, has all its tries again.
void revive(db::Connection& connection, JobBoard& job, const ledger::TaskKey& key, const std::string& worker) {
    const auto row = connection.row<std::int64_t, int, std::optional<std::string>>(
        "SELECT epoch, memory_raises, checkpoint FROM tasks WHERE job = $1 AND step = $2 AND task = $3 AND state = $4",
        key.job, key.step, key.task, TaskState::failed);
    const auto elsewhere = connection.row<int>(
        "SELECT 1 FROM attempts WHERE job = $1 AND step = $2 AND task = $3 AND worker <> $4 AND result IN ($5, $6, $7, "
        "$8)",
        key.job, key.step, key.task, worker, ResultClass::failed_app, ResultClass::failed_resource,
        ResultClass::timeout, ResultClass::stalled);
    if (!row || elsewhere) return;
    StepBoard& step = job.steps[key.step];
    LiveTask task;
    std::tie(task.epoch, task.memory_raises, task.checkpoint) = *row;
    task.failed_on.insert(worker);
    ledger::save_task(connection, key, task);
    step.live.emplace(key.task, std::move(task));
    step.again.insert(key.task);
    --step.failed;
    --job.failed_tasks;
    if (job.first_failure && job.first_failure->step == key.step && job.first_failure->task == key.task)
        job.first_failure.reset();
}

void take_back_failures(db::Connection& connection, JobBoard& job, std::size_t number, const std::string& worker) {
    StepBoard& step = job.steps[number];
    for (const std::uint64_t index : step.failures[worker]) {
        const ledger::TaskKey key{job.key, number, index};
        const auto live = step.live.find(index);
        if (live == step.live.end()) {
            revive(connection, job, key, worker);
        } else if (live->second.failed_on.size() == 1 && live->second.tries > 0) {
            live->second.tries = 0;
            ledger::save_task(connection, key, live->second);
        }
    }
    ledger::save_job_state(connection, job);
}

}  // namespace

Steady end_of_quarantine(std::optional<Micros> since, const Clock& clock) {
    return since ? end_of(*since, quarantine_seconds, clock) : Steady{};
}

bool note_failure(db::Connection& connection, Workers& workers, JobBoard& job, const ledger::TaskKey& key,
                  const std::string& worker_id, const Clock& clock) {
    StepBoard& step = job.steps[key.step];
    step.live.at(key.task).failed_on.insert(worker_id);
    auto& failures = step.failures[worker_id];
    if (failures.size() < most_failures_kept) failures.insert(key.task);
    const auto found = workers.find(worker_id);
    if (found == workers.end()) return false;
    WorkerBoard& worker = found->second;
    if (worker.failures.size() >= most_failures_kept) worker.failures.erase(worker.failures.begin());
    worker.failures.push_back({key.job, key.step, key.task, false});
    if (is_on_probation(worker, clock.steady())) quarantine(connection, worker, clock);
    if (job.stopping || failures.size() < failed_tasks_of_a_block || !may_be_blocked(workers, step, worker, clock))
        return false;
    step.blocked[worker_id] = clock.steady() + in_steady(block_seconds);
    connection.run(
        "INSERT INTO blocks (job, step, worker, at) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (job, step, worker) DO UPDATE SET at = excluded.at",
        key.job, key.step, worker_id, clock.wall());
    take_back_failures(connection, job, key.step, worker_id);
    return true;
}

void note_success(db::Connection& connection, Workers& workers, StepBoard& step, const ledger::TaskKey& key,
                  const LiveTask& task, const std::string& worker_id, const Clock& clock) {
    if (const auto failed = step.failures.find(worker_id); failed != step.failures.end()) {
        failed->second.erase(failed->second.begin());  // one that went well makes up for one that failed
        if (failed->second.empty()) step.failures.erase(failed);
    }
    if (const auto worker = workers.find(worker_id); worker != workers.end()) {
        worker->second.failures.clear();
        if (is_on_probation(worker->second, clock.steady())) cure(connection, worker->second);
    }
    for (const std::string& other_id : task.failed_on) {
        const auto other = workers.find(other_id);
        if (other == workers.end() || other_id == worker_id) continue;
        for (WorkerFailure& failure : other->second.failures)
            if (failure.job == key.job && failure.step == key.step && failure.task == key.task)
                failure.succeeded_elsewhere = true;
        if (!other->second.sick_since && looks_sick(other->second) && !is_alone(workers, other->second, clock))
            quarantine(connection, other->second, clock);
    }
}

void cure(db::Connection& connection, WorkerBoard& worker) {
    worker.sick_since.reset();
    worker.failures.clear();
    save_sick(connection, worker);
}

// What failed where is in the attempts; a block is kept by itself.
void load(db::Connection& connection, JobBoard& job, const Clock& clock) {
    connection.each<std::size_t, std::uint64_t, std::string>(
        "SELECT DISTINCT attempts.step, attempts.task, attempts.worker FROM tasks JOIN attempts ON "
        "attempts.job = tasks.job AND attempts.step = tasks.step AND attempts.task = tasks.task "
        "WHERE tasks.job = $1 AND tasks.state NOT IN ($2, $3, $4, $5) AND attempts.result IN ($6, $7, $8, $9)",
        [&](std::size_t number, std::uint64_t index, const std::string& worker) {
            StepBoard& step = job.steps.at(number);
            const auto live = step.live.find(index);
            if (live == step.live.end()) return;
            live->second.failed_on.insert(worker);
            step.failures[worker].insert(index);
        },
        job.key, TaskState::succeeded, TaskState::failed, TaskState::canceled, TaskState::skipped,
        ResultClass::failed_app, ResultClass::failed_resource, ResultClass::timeout, ResultClass::stalled);
    connection.each<std::size_t, std::string, Micros>(
        "SELECT step, worker, at FROM blocks WHERE job = $1",
        [&](std::size_t number, const std::string& worker, Micros at) {
            job.steps.at(number).blocked[worker] = end_of(at, block_seconds, clock);
        },
        job.key);
}

bool forgive_old(db::Connection& connection, JobBoard& job, const Clock& clock) {
    bool any = false;
    for (std::size_t number = 0; number < job.steps.size(); ++number) {
        StepBoard& step = job.steps[number];
        for (auto blocked = step.blocked.begin(); blocked != step.blocked.end();) {
            if (blocked->second > clock.steady()) {
                ++blocked;
                continue;
            }
            connection.run("DELETE FROM blocks WHERE job = $1 AND step = $2 AND worker = $3", job.key, number,
                           blocked->first);
            step.failures.erase(blocked->first);
            blocked = step.blocked.erase(blocked);
            any = true;
        }
    }
    return any;
}

void forgive(db::Connection& connection, JobBoard& job, const std::string& worker) {
    for (StepBoard& step : job.steps) {
        step.blocked.erase(worker);
        step.failures.erase(worker);
    }
    connection.run("DELETE FROM blocks WHERE job = $1 AND worker = $2", job.key, worker);
}

}  // namespace atelier::farm::trust
