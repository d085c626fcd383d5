#include "farm/board.h"

#include <algorithm>

namespace atelier::farm {

std::uint64_t JobBoard::leased() const {
    std::uint64_t sum = 0;
    for (const StepBoard& step : steps)
        sum += step.leased;
    return sum;
}

std::uint64_t JobBoard::succeeded() const {
    std::uint64_t sum = 0;
    for (const StepBoard& step : steps)
        sum += step.succeeded;
    return sum;
}

double JobBoard::fraction_done() const {
    if (total_tasks == 0) return 0;
    double done = 0;
    for (const StepBoard& step : steps)
        done += static_cast<double>(step.succeeded) + step.running_progress;
    return done / static_cast<double>(total_tasks);
}

namespace {

constexpr double least_progress_to_judge_by = 2;  // percent

// Seconds that a task of this step takes, from those that are done, else from how far the running ones have come.
std::optional<double> seconds_a_task(const StepBoard& step, Steady now) {
    if (step.succeeded > 0) return step.mean_seconds();
    double sum = 0;
    int count = 0;
    for (const auto& [task, live] : step.live) {
        if (live.state != TaskState::running || live.progress < least_progress_to_judge_by) continue;
        sum += seconds_between(live.started, now) * 100 / live.progress;
        ++count;
    }
    if (count == 0) return std::nullopt;
    return sum / count;
}

}  // namespace

std::optional<double> JobBoard::seconds_left(Steady now) const {
    double work = 0;
    double unknown = 0;
    double known_tasks = 0;
    double known_seconds = 0;
    for (const StepBoard& step : steps) {
        const double left = static_cast<double>(step.total - step.succeeded - step.failed) - step.running_progress;
        const auto each = seconds_a_task(step, now);
        if (each) {
            work += left * *each;
            known_tasks += 1;
            known_seconds += *each;
        } else {
            unknown += left;
        }
    }
    if (known_tasks == 0) return std::nullopt;
    work += unknown * known_seconds / known_tasks;  // steps not begun: as long as the others on average
    return work / std::max(1, sessions);
}

}  // namespace atelier::farm
