// What may run where: which workers take work at all, which of them may take a step, and which of its tasks. Questions
// on the board, without changing it.
#pragma once

#include <optional>

#include "farm/board.h"

namespace atelier::farm {

bool is_quarantined(const WorkerBoard& worker, Steady now);
bool is_on_probation(const WorkerBoard& worker, Steady now);
bool takes_work(const WorkerBoard& worker);  // it says so, and nobody said otherwise

// Of a worker that is blocked for the step or in quarantine: only when no other could. So a farm of one is never stuck.
bool may_take(const Workers& workers, const WorkerBoard& worker, const StepBoard& step, Steady now);

// Another worker than this that could run the step, and has not failed the task.
bool another_can(const Workers& workers, const WorkerBoard& worker, const StepBoard& step, const LiveTask* task,
                 Steady now);

// After it ran out of memory a task asks for more: half as much again each time, and at least what was seen to be used;
// never more than the largest worker has, or it would wait for ever.
Requirement requirement_of(const Workers& workers, const StepBoard& step, const LiveTask& task);

// The task of this step that the worker should take next. `reserved`: what its session has; none for a new session.
std::optional<std::uint64_t> next_task(const Workers& workers, const WorkerBoard& worker, const StepBoard& step,
                                       const Amounts* reserved, Steady now);

}  // namespace atelier::farm
