// What becomes of attempts: reports, results, interruptions, and what follows by the table of states.cpp.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "farm/placement.h"
#include "farm/queue.h"
#include "farm/trust.h"

namespace atelier::farm {

namespace {

constexpr double longest_without_a_look_seconds = 60;  // jobs age, blocks are forgiven

Micros in_micros(double seconds) { return static_cast<Micros>(seconds * 1e6); }

// Of its back-offs, the first.
bool is_over(const StepBoard& step, Steady now) { return !step.backoff.empty() && step.backoff.begin()->first <= now; }

}  // namespace

// The task of this very lease, if this worker has it. Whatever else claims to be it is late and is dropped.
LiveTask* Queue::held(const wire::AttemptId& attempt, const std::string& worker) {
    const auto key = keys_.find(attempt.job);
    if (key == keys_.end()) return nullptr;
    JobBoard& job = jobs_.at(key->second);
    if (attempt.step >= job.steps.size()) return nullptr;
    const auto found = job.steps[attempt.step].live.find(attempt.task);
    if (found == job.steps[attempt.step].live.end()) return nullptr;
    LiveTask& task = found->second;
    return task.epoch == attempt.epoch && task.worker == worker && !worker.empty() ? &task : nullptr;
}

void Queue::take_report(db::Connection& connection, WorkerBoard& worker, const wire::AttemptReport& report) {
    LiveTask& task = *held(report.attempt, worker.id);
    JobBoard& job = jobs_.at(keys_.find(report.attempt.job)->second);
    const ledger::TaskKey key{job.key, report.attempt.step, report.attempt.task};
    for (const auto& [name, value] : report.metrics)
        ledger::insert_metric(connection, key, task.epoch, name, value, clock_.wall());
    if (report.preview) ledger::save_preview(connection, key, task.epoch, *report.preview, clock_.wall());
    if (report.result) return take_result(connection, worker, report);
    const TaskState state = report.phase == wire::Phase::queued    ? TaskState::leased
                            : report.phase == wire::Phase::running ? TaskState::running
                                                                   : TaskState::committing;
    if (state != task.state) {
        if (task.state == TaskState::leased) task.started = clock_.steady();
        task.state = state;
        task.log_begin = report.log_begin;
        ledger::save_task(connection, key, task);
        tell(connection, job, key, task.epoch, name_of(state));
    }
    task.status = report.status;
    move_progress(job, report.attempt.step, task, report.progress);
}

void Queue::move_progress(JobBoard& job, std::size_t number, LiveTask& task, double progress) {
    const double moved = std::min(progress, 100.0) - task.progress;
    if (!(moved > 0)) return;
    task.progress += moved;
    job.steps[number].running_progress += moved / 100;
    job.progress = std::max(job.progress, std::min(99.9, job.fraction_done() * 100));
    moved_.insert(job.key);
}

void Queue::take_result(db::Connection& connection, WorkerBoard& worker, const wire::AttemptReport& report) {
    JobBoard& job = jobs_.at(keys_.find(report.attempt.job)->second);
    const ledger::TaskKey key{job.key, report.attempt.step, report.attempt.task};
    if (const auto session = worker.sessions.find(report.session); session != worker.sessions.end())
        if (session->second.tasks.erase(key.task); report.result->result != ResultClass::succeeded)
            session->second.ending = true;  // a failure ends a session
    wire::Result result = *report.result;
    if (result.result == ResultClass::succeeded && !outputs_are_stored(result)) {
        result.result = ResultClass::interrupted;
        result.reason = "an output that it told of is not in the store";
    }
    end_attempt(connection, job, key, std::move(result));
}

bool Queue::outputs_are_stored(const wire::Result& result) const {
    return std::all_of(result.outputs.begin(), result.outputs.end(),
                       [&](const wire::Output& output) { return blob_exists_(output.digest, output.size); });
}

// The farm itself ends an attempt: its worker is gone, or no longer has it.
void Queue::interrupt(db::Connection& connection, const wire::AttemptId& attempt, const std::string& reason) {
    JobBoard& job = jobs_.at(keys_.find(attempt.job)->second);
    const ledger::TaskKey key{job.key, attempt.step, attempt.task};
    const LiveTask& task = job.steps[key.step].live.at(key.task);
    if (const auto worker = workers_.find(task.worker); worker != workers_.end())
        if (const auto session = worker->second.sessions.find(task.session); session != worker->second.sessions.end())
            session->second.tasks.erase(key.task);
    wire::Result result;
    result.result = task.state == TaskState::leased ? ResultClass::never_attempted : ResultClass::interrupted;
    result.reason = reason;
    end_attempt(connection, job, key, std::move(result));
}

void Queue::release_lease(JobBoard& job, const ledger::TaskKey& key, LiveTask& task) {
    StepBoard& step = job.steps[key.step];
    --step.leased;
    step.running_progress = std::max(0.0, step.running_progress - task.progress / 100);
    if (step.leased == 0) step.running_progress = 0;  // no rest of many sums
    task.worker.clear();
    task.session.clear();
    task.progress = 0;
    task.cancel_asked = false;
}

void Queue::end_attempt(db::Connection& connection, JobBoard& job, const ledger::TaskKey& key, wire::Result result) {
    StepBoard& step = job.steps[key.step];
    LiveTask& task = step.live.at(key.task);
    touched_steps_.emplace(key.job, key.step);
    step.cpu_seconds += result.usage.cpu_seconds;
    step.peak_memory = std::max(step.peak_memory, result.usage.peak_memory);
    if (result.checkpoint) task.checkpoint = result.checkpoint;
    if (result.result != ResultClass::never_attempted)
        ledger::insert_attempt(connection, key, task, result, clock_.wall());
    const std::string worker = task.worker;
    release_lease(job, key, task);

    const Consequence consequence = consequence_of(result.result);
    if (consequence.next == Consequence::Next::done) {
        trust::note_success(connection, workers_, step, key, task, worker, clock_);
        succeed_task(connection, job, key, task, result);
    } else if (job.stopping || consequence.next == Consequence::Next::cancel) {
        ledger::end_task(connection, key, TaskState::canceled, task);
        tell(connection, job, key, task.epoch, name_of(TaskState::canceled));
        step.live.erase(key.task);
    } else {
        if (consequence.avoids_worker) trust::note_failure(connection, workers_, job, key, worker, clock_);
        fail_task(connection, job, key, task, worker, result);
    }
    refresh(job, key.step);
    settle(connection, job);
}

void Queue::succeed_task(db::Connection& connection, JobBoard& job, const ledger::TaskKey& key, LiveTask& task,
                         const wire::Result& result) {
    StepBoard& step = job.steps[key.step];
    task.checkpoint.reset();
    for (const wire::Output& output : result.outputs)
        ledger::save_output(connection, key, task.epoch, output);
    ledger::end_task(connection, key, TaskState::succeeded, task);
    tell(connection, job, key, task.epoch, name_of(TaskState::succeeded));
    ++step.succeeded;
    step.wall_seconds += result.usage.wall_seconds;
    step.live.erase(key.task);
    job.progress = std::max(job.progress, std::min(99.9, job.fraction_done() * 100));
    moved_.insert(job.key);
    if (step.succeeded == step.total) step_succeeded(job, key.step);
}

// Anything but success: another try, now or later, or none. What fails on a worker that is blocked for the step is not
// held against the task.
void Queue::fail_task(db::Connection& connection, JobBoard& job, const ledger::TaskKey& key, LiveTask& task,
                      const std::string& worker, const wire::Result& ended) {
    const ResultClass result = ended.result;
    Consequence consequence = consequence_of(result);
    StepBoard& step = job.steps[key.step];
    if (const auto board = workers_.find(worker); board != workers_.end() && step.blocked.contains(worker))
        consequence.counts_as_try &= !another_can(workers_, board->second, step, &task, clock_.steady());
    if (consequence.raises_request) ++task.memory_raises;
    if (consequence.avoids_worker)
        task.interruptions = 0;
    else if (result != ResultClass::never_attempted)
        ++task.interruptions;
    const bool is_of_the_job = consequence.next == Consequence::Next::fail;
    if (is_of_the_job || (consequence.counts_as_try && ++task.tries >= job.settings.max_tries)) {
        ledger::end_task(connection, key, TaskState::failed, task);
        tell(connection, job, key, task.epoch, name_of(TaskState::failed));
        if (!job.first_failure)
            job.first_failure = {job.id, static_cast<std::uint32_t>(key.step), key.task, task.epoch};
        ++step.failed;
        step.live.erase(key.task);
        if (static_cast<int>(++job.failed_tasks) >= job.settings.max_failed_tasks || is_of_the_job) {
            job.message = is_of_the_job ? "stopped: " + ended.reason
                                        : fmt::format("stopped after {} failed tasks", job.failed_tasks);
            stop(job, JobState::failed);
        }
        return ledger::save_job_state(connection, job);
    }
    if (consequence.next == Consequence::Next::backoff) {
        const double wait =
            std::min(longest_backoff_seconds, first_backoff_seconds * std::pow(2, task.interruptions - 1));
        task.state = TaskState::backoff;
        task.ready_at = clock_.wall() + in_micros(wait);
        task.ready = clock_.steady() + in_steady(wait);
        step.backoff.emplace(task.ready, key.task);
        next_look_ = std::min(next_look_, task.ready);
    } else {
        give_back(job, key, task);
    }
    ledger::save_task(connection, key, task);
    if (result != ResultClass::never_attempted) tell(connection, job, key, task.epoch, name_of(task.state));
    if (result == ResultClass::interrupted && task.interruptions >= most_interruptions_in_a_row) {
        job.message = fmt::format("paused: task {} of step {} was interrupted {} times in a row", key.task, step.name,
                                  task.interruptions);
        set_state(connection, job, JobState::paused);
    }
}

void Queue::give_back(JobBoard& job, const ledger::TaskKey& key, LiveTask& task) {
    task.state = TaskState::ready;
    task.ready_at = 0;
    StepBoard& step = job.steps[key.step];
    step.again.insert(key.task);
    if (step.listed) order_.list({key.job, key.step}, step.requirement_key, step.requirement);  // it is worth a look
}

bool Queue::tick_is_due() const { return !moved_.empty() || clock_.steady() >= next_look_; }

void Queue::tick(db::Connection& connection) {
    if (clock_.steady() >= next_look_) look_at_the_clock(connection);
    for (const JobKey key : std::exchange(moved_, {}))
        if (const auto job = jobs_.find(key); job != jobs_.end())
            ledger::save_progress(connection, job->second, job->second.seconds_left(clock_.steady()));
    write_touched_steps(connection);
}

void Queue::look_at_the_clock(db::Connection& connection) {
    const Steady now = clock_.steady();
    std::vector<std::pair<std::string, std::string>> lost;
    for (const auto& [id, worker] : workers_)
        if (worker.deadline < now) lost.emplace_back(id, worker.name);
    for (const auto& [id, name] : lost)
        forget_worker(connection, id,
                      fmt::format("the worker {} was not heard of for {:g} s", name, options_.lease_seconds));
    next_look_ = now + in_steady(longest_without_a_look_seconds);
    for (auto& [id, worker] : workers_) {
        next_look_ = std::min(next_look_, worker.deadline + std::chrono::milliseconds(1));
        if (is_quarantined(worker, now)) next_look_ = std::min(next_look_, worker.sick_until);
        if (is_on_probation(worker, now) && worker.sessions.empty()) order_.touch_all();  // it may begin again
    }
    for (auto& [key, job] : jobs_) {
        end_backoffs(connection, job);
        if (trust::forgive_old(connection, job, clock_)) order_.touch_all();
        order_.rank(key, ranking_of(job));
    }
}

void Queue::end_backoffs(db::Connection& connection, JobBoard& job) {
    for (std::size_t number = 0; number < job.steps.size(); ++number) {
        StepBoard& step = job.steps[number];
        while (is_over(step, clock_.steady())) {
            const std::uint64_t index = step.backoff.begin()->second;
            step.backoff.erase(step.backoff.begin());
            LiveTask& task = step.live.at(index);
            give_back(job, {job.key, number, index}, task);
            ledger::save_task(connection, {job.key, number, index}, task);
        }
        if (!step.backoff.empty()) next_look_ = std::min(next_look_, step.backoff.begin()->first);
        refresh(job, number);
    }
}

}  // namespace atelier::farm
