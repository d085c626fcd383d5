#include "farm/why.h"

#include <fmt/format.h>

#include "base/text.h"
#include "farm/placement.h"

namespace atelier::farm {

namespace {

std::size_t step_named(const JobBoard& job, const std::string& name) {
    for (std::size_t number = 0; number < job.steps.size(); ++number)
        if (job.steps[number].name == name || std::to_string(number) == name) return number;
    throw Error(Error::Kind::not_found, fmt::format("job {} has no step {}", job.id, name));
}

std::string of_job(const JobBoard& job) {
    if (job.state == JobState::paused)
        return fmt::format("Job {} is {}; `atelier job resume {}` lets it go on.", job.id,
                           job.message.empty() ? "paused" : job.message, job.id);
    if (job.state == JobState::held_for_approval) return fmt::format("Job {} waits for a person's approval.", job.id);
    if (job.stopping) return fmt::format("Job {} is being stopped; {} tasks still run.", job.id, job.leased());
    return {};
}

std::string of_dependencies(const JobBoard& job, std::size_t number) {
    for (const std::size_t needed : job.order->job->steps[number].dependencies) {
        const StepBoard& before = job.steps[needed];
        if (before.succeeded == before.total) continue;
        if (before.failed > 0)
            return fmt::format(
                "It waits for step {}, of which {} of {} tasks failed; `atelier job retry {}` runs them again.",
                before.name, before.failed, before.total, job.id);
        return fmt::format("It waits for step {}: {} of {} tasks are done.", before.name, before.succeeded,
                           before.total);
    }
    return {};
}

// The sessions of others that hold what it needs, by job.
std::string busy_with(const Queue& queue, const JobBoard& job) {
    std::map<std::string, int> sessions;
    for (const auto& [id, worker] : queue.workers())
        for (const auto& [session_id, session] : worker.sessions)
            if (const auto other = queue.jobs().find(session.job); other != queue.jobs().end())
                ++sessions[other->second.owner == job.owner ? other->second.id : ""];
    std::vector<std::string> parts;
    for (const auto& [id, count] : sessions)  // jobs of others aren't named: who asks may not know of them
        parts.push_back(fmt::format("{} on {}", count,
                                    id.empty()     ? "jobs of others"
                                    : id == job.id ? "this job"
                                                   : "job " + id));
    return parts.empty() ? "" : " (" + join(parts, ", ") + ")";
}

// Of those that could run the step: how many take nothing now, and why.
struct Able {
    int workers = 0;
    int slots = 0;
    int take = 0;
    std::map<std::string, int> not_now;  // reason → workers
};

std::string reason_not_to(const Queue& queue, const WorkerBoard& worker, const StepBoard& step) {
    if (worker.draining || worker.wish == WorkerWish::leave) return "leaving";
    if (worker.wish == WorkerWish::pause) return "paused";
    if (!worker.resting.empty()) return "resting: " + worker.resting;
    if (is_quarantined(worker, queue.clock().steady())) return "in quarantine for what it failed";
    if (step.blocked.contains(worker.id)) return "blocked for what it failed of this step";
    return {};
}

Able able_workers(const Queue& queue, const StepBoard& step, std::string& missing) {
    Able able;
    for (const auto& [id, worker] : queue.workers()) {
        missing = step.requirement.missing(worker.capabilities);
        if (!missing.empty()) continue;
        ++able.workers;
        const std::string reason = reason_not_to(queue, worker, step);
        if (!reason.empty()) {
            ++able.not_now[reason];
            continue;
        }
        ++able.take;
        able.slots += worker.slots;
    }
    return able;
}

std::string in_words(const Able& able) {
    std::vector<std::string> parts;
    for (const auto& [reason, count] : able.not_now)
        parts.push_back(fmt::format("{} {}", count, reason));
    return join(parts, ", ");
}

std::string of_limits(const Queue& queue, const JobBoard& job) {
    if (job.is_full())
        return fmt::format("Its job may run {} at a time, and {} do.", *job.settings.max_concurrency, job.sessions);
    if (queue.order().owner_is_full(job.key))
        return fmt::format("{} may run {} at a time, and {} do.", job.owner, queue.order().most_sessions(),
                           queue.order().owner_standing(job.owner).sessions);
    return {};
}

std::string of_turn(const Queue& queue, const JobBoard& job) {
    const FairOrder& order = queue.order();
    const FairOrder::Standing own = order.job_standing(job.key);
    std::string text = fmt::format("{} jobs are before it", order.before_in_order(job.key));
    if (order.fairness() == Fairness::fifo) return text + fmt::format(" (by priority: {})", job.settings.priority);
    text += fmt::format("; it has {:.1f} slots' worth and a need of {:.2f}", own.share, own.need);
    if (order.fairness() == Fairness::balanced) {
        const FairOrder::Standing owner = order.owner_standing(job.owner);
        text += fmt::format(", its owner {} has {:.1f} and {:.2f}", job.owner, owner.share, owner.need);
    }
    return text;
}

std::string of_workers(const Queue& queue, const JobBoard& job, const StepBoard& step) {
    if (queue.workers().empty())
        return fmt::format("No worker is there; `atelier jobs resume {}` runs it on this machine.", job.id);
    std::string missing;
    const Able able = able_workers(queue, step, missing);
    if (able.workers == 0) return fmt::format("It needs {}; no worker has that.", missing);
    if (std::string limit = of_limits(queue, job); !limit.empty()) return limit;
    const std::string not_now = in_words(able);
    if (able.take == 0)
        return fmt::format("{} worker{} could run it, and none takes work now: {}.", able.workers,
                           able.workers == 1 ? "" : "s", not_now);
    return fmt::format(
        "It is its turn when one of {} slots on {} worker{} is free{}; {}; {} tasks of its step are before or beside "
        "it{}.",
        able.slots, able.take, able.take == 1 ? "" : "s", busy_with(queue, job), of_turn(queue, job), step.ready(),
        not_now.empty() ? "" : "; of the others are " + not_now);
}

std::string of_step(const Queue& queue, const JobBoard& job, std::size_t number) {
    if (std::string reason = of_dependencies(job, number); !reason.empty()) return reason;
    const StepBoard& step = job.steps[number];
    if (step.complete()) return fmt::format("It has ended: {} of {} tasks succeeded.", step.succeeded, step.total);
    if (step.ready() == 0 && step.leased > 0)
        return fmt::format("It doesn't wait: its last {} tasks run.", step.leased);
    return of_workers(queue, job, step);
}

std::string of_task(const Queue& queue, const JobBoard& job, std::size_t number, std::uint64_t index) {
    const StepBoard& step = job.steps[number];
    if (index >= step.total)
        throw Error(Error::Kind::not_found,
                    fmt::format("step {} has {} tasks; there is no {}", step.name, step.total, index));
    const auto live = step.live.find(index);
    if (live == step.live.end() && index < step.next_task) return "It has ended.";
    if (live != step.live.end()) {
        const LiveTask& task = live->second;
        if (task.state == TaskState::backoff)
            return fmt::format("It is tried again in {}; {} tries are used.",
                               format_duration(seconds_between(queue.clock().steady(), task.ready)), task.tries);
        if (task.state == TaskState::leased) return fmt::format("Worker {} has it and begins it next.", task.worker);
        if (task.state != TaskState::ready)
            return fmt::format("It doesn't wait: worker {} runs it, at {:.0f} %.", task.worker, task.progress);
    }
    return of_step(queue, job, number);
}

}  // namespace

std::string why_it_waits(const Queue& queue, db::Connection& connection, const std::string& job_id,
                         const std::string& step, std::optional<std::uint64_t> task) {
    const JobBoard* job = queue.find(job_id);
    if (job == nullptr) {
        const auto row = connection.row<JobState, std::string>("SELECT state, message FROM jobs WHERE id = $1", job_id);
        if (!row) throw Error(Error::Kind::not_found, "there is no job " + job_id, "`atelier jobs` lists them");
        const auto& [state, message] = *row;
        return fmt::format("It doesn't wait: job {} has ended, {}{}.", job_id, name_of(state),
                           message.empty() ? "" : " (" + message + ")");
    }
    if (std::string reason = of_job(*job); !reason.empty()) return reason;
    if (!step.empty()) {
        const std::size_t number = step_named(*job, step);
        return task ? of_task(queue, *job, number, *task) : of_step(queue, *job, number);
    }
    for (std::size_t number = 0; number < job->steps.size(); ++number)
        if (!job->steps[number].complete() && job->steps[number].waits_for == 0)
            return fmt::format("Step {}: {}", job->steps[number].name, of_step(queue, *job, number));
    return "It doesn't wait.";
}

}  // namespace atelier::farm
