#include "farm/placement.h"

#include <algorithm>
#include <cmath>

namespace atelier::farm {

namespace {

constexpr std::size_t most_tries_looked_at = 64;  // tasks with a history, before a fresh one is taken
constexpr double mib = 1024.0 * 1024.0;
constexpr double learned_memory_margin = 1.2;

bool is_blocked(const WorkerBoard& worker, const StepBoard& step) { return step.blocked.contains(worker.id); }

}  // namespace

bool is_quarantined(const WorkerBoard& worker, Steady now) { return worker.sick_since && now < worker.sick_until; }

bool is_on_probation(const WorkerBoard& worker, Steady now) { return worker.sick_since && now >= worker.sick_until; }

bool takes_work(const WorkerBoard& worker) {
    return !worker.draining && worker.resting.empty() && worker.wish == WorkerWish::run;
}

bool may_take(const Workers& workers, const WorkerBoard& worker, const StepBoard& step, Steady now) {
    if (!is_blocked(worker, step) && !is_quarantined(worker, now)) return true;
    return !another_can(workers, worker, step, nullptr, now);
}

bool another_can(const Workers& workers, const WorkerBoard& worker, const StepBoard& step, const LiveTask* task,
                 Steady now) {
    return std::any_of(workers.begin(), workers.end(), [&](const auto& item) {
        const WorkerBoard& other = item.second;
        return other.id != worker.id && takes_work(other) && !is_quarantined(other, now) && !is_blocked(other, step) &&
               (task == nullptr || !task->failed_on.contains(other.id)) && step.requirement.fits(other.capabilities);
    });
}

Requirement requirement_of(const Workers& workers, const StepBoard& step, const LiveTask& task) {
    if (task.memory_raises == 0) return step.requirement;
    const double seen = static_cast<double>(step.peak_memory) / mib * learned_memory_margin;
    const Requirement raised = step.requirement.with_memory(std::pow(memory_raise, task.memory_raises), seen);
    const bool possible = std::any_of(workers.begin(), workers.end(),
                                      [&](const auto& worker) { return raised.fits(worker.second.capabilities); });
    return possible ? raised : step.requirement;
}

std::optional<std::uint64_t> next_task(const Workers& workers, const WorkerBoard& worker, const StepBoard& step,
                                       const Amounts* reserved, Steady now) {
    std::size_t looked_at = 0;
    for (const std::uint64_t index : step.again) {
        if (++looked_at > most_tries_looked_at) break;
        const LiveTask& task = step.live.at(index);
        if (task.memory_raises > 0) {
            const Requirement wanted = requirement_of(workers, step, task);
            if (reserved == nullptr ? !wanted.fits_now(worker.capabilities, worker.reserved)
                                    : wanted.reserved() != *reserved)
                continue;
        }
        if (task.failed_on.contains(worker.id) && another_can(workers, worker, step, &task, now)) continue;
        return index;
    }
    if (step.next_task < step.total) return step.next_task;
    return std::nullopt;
}

}  // namespace atelier::farm
