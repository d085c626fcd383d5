// The queue's jobs: submitted, paused, resumed, canceled, retried, archived, removed; and when they come to their end.
#include <fmt/format.h>

#include <algorithm>

#include "base/id.h"
#include "farm/queue.h"

namespace atelier::farm {

namespace {

constexpr double seconds_of_an_age_point = 30 * 60;  // who waits gains a point of priority each time
constexpr double most_age_points = 20;
constexpr double most_weight = 1000;

Error no_such_job(const std::string& id) {
    return {Error::Kind::not_found, "there is no job " + id, "`atelier jobs` lists them"};
}

std::tuple<JobKey, JobState> look_up(db::Connection& connection, const std::string& id) {
    const auto row = connection.row<JobKey, JobState>("SELECT key, state FROM jobs WHERE id = $1", id);
    if (!row) throw no_such_job(id);
    return *row;
}

}  // namespace

const JobBoard* Queue::find(const std::string& job_id) const {
    const auto key = keys_.find(job_id);
    return key == keys_.end() ? nullptr : &jobs_.at(key->second);
}

JobBoard& Queue::unfinished(const std::string& job_id, db::Connection& connection) {
    const auto key = keys_.find(job_id);
    if (key != keys_.end()) return jobs_.at(key->second);
    const JobState state = std::get<1>(look_up(connection, job_id));
    throw Error(Error::Kind::conflict, fmt::format("job {} has ended: {}", job_id, name_of(state)),
                "`atelier job retry " + job_id + "` runs what failed again");
}

std::string Queue::submit(db::Connection& connection, const wire::Submission& submission, const std::string& owner,
                          const std::string& wanted) {
    check(submission.settings);
    const auto is_taken = [&](const std::string& id) {
        return connection.row<int>("SELECT 1 FROM jobs WHERE id = $1", id).has_value();
    };
    std::string id = wanted.empty() ? random_id(job_id_length) : wanted;
    while (is_taken(id)) {
        if (!wanted.empty())
            throw Error(Error::Kind::conflict, "there is a job " + wanted + " already", "submit it again");
        id = random_id(job_id_length);
    }
    const Micros now = clock_.wall();
    JobBoard made = make_board(next_job_, id, submission, now);
    made.owner = owner;
    ++next_job_;
    ledger::insert_job(connection, made, submission, now);
    keys_[id] = made.key;
    JobBoard& job = jobs_.insert_or_assign(made.key, std::move(made)).first->second;
    order_.add(job.key, owner, ranking_of(job));
    tell(connection, job, "job", name_of(job.state));
    refresh(job);
    return id;
}

void Queue::set_state(db::Connection& connection, JobBoard& job, JobState state) {
    if (job.state == state) return;
    job.state = state;
    ledger::save_job_state(connection, job);
    tell(connection, job, "job", name_of(state));
    refresh(job);
}

void Queue::pause(db::Connection& connection, const std::string& job_id) {
    JobBoard& job = unfinished(job_id, connection);
    job.message = "paused by hand";
    set_state(connection, job, JobState::paused);
}

void Queue::resume(db::Connection& connection, const std::string& job_id) {
    JobBoard& job = unfinished(job_id, connection);
    for (StepBoard& step :
         job.steps)  // whoever says "go on" knows of the interruptions, also of one that isn't seen yet
        for (auto& [index, task] : step.live)
            task.interruptions = 0;
    if (job.state != JobState::paused && job.state != JobState::held_for_approval) return;
    job.message.clear();
    set_state(connection, job, job.started_at == 0 ? JobState::ready : JobState::running);
    settle(connection, job);
}

void Queue::cancel(db::Connection& connection, const std::string& job_id) {
    JobBoard& job = unfinished(job_id, connection);
    job.message = "canceled by hand";
    stop(job, JobState::canceled);
    ledger::save_job_state(connection, job);
    settle(connection, job);
}

// Nothing more is given out; what is leased is canceled; the job ends, in settle(), when nothing is left of it.
void Queue::stop(JobBoard& job, JobState as) {
    job.stopping = as;
    for (StepBoard& step : job.steps)
        for (auto& [index, task] : step.live)
            if (!task.worker.empty()) {
                task.cancel_by_person = true;
                stirred_.insert(task.worker);
            }
    refresh(job);
}

// Called after whatever may have been the job's last.
void Queue::settle(db::Connection& connection, JobBoard& job) {
    if (job.leased() > 0) return;
    if (job.stopping) return finish(connection, job, *job.stopping);
    bool all_done = true;
    for (const StepBoard& step : job.steps) {
        if (step.ready() > 0 || !step.backoff.empty()) return;
        all_done = all_done && step.succeeded == step.total;
    }
    finish(connection, job, all_done ? JobState::succeeded : JobState::failed);
}

void Queue::finish(db::Connection& connection, JobBoard& job, JobState state) {
    if (state == JobState::succeeded) job.progress = 100;
    job.state = state;
    for (std::size_t number = 0; number < job.steps.size(); ++number)
        ledger::save_step(connection, job.key, number, job.steps[number]);
    ledger::save_job_end(connection, job, clock_.wall());
    tell(connection, job, "job", name_of(state));
    refresh(job);
    order_.remove(job.key);
    std::erase_if(touched_steps_, [&](const auto& touched) { return touched.first == job.key; });
    keys_.erase(job.id);
    jobs_.erase(job.key);  // `job` is gone from here on
}

void Queue::retry(db::Connection& connection, const std::string& job_id, bool whole) {
    const auto [key, state] = look_up(connection, job_id);
    if (!has_ended(state))
        throw Error(Error::Kind::conflict, fmt::format("job {} has not ended: {}", job_id, name_of(state)),
                    "`atelier job cancel " + job_id + "` stops it");
    if (state == JobState::archived)
        throw Error(Error::Kind::conflict, "job " + job_id + " is archived", "submit it again");
    if (whole) {
        connection.run(
            "UPDATE tasks SET state = $2, tries = 0, interruptions = 0, memory_raises = 0, checkpoint = NULL WHERE job "
            "= $1",
            key, TaskState::ready);
        connection.run("UPDATE steps SET succeeded = 0, failed = 0, wall_seconds = 0, cpu_seconds = 0 WHERE job = $1",
                       key);
        connection.run("UPDATE jobs SET progress = 0 WHERE key = $1", key);
    } else {
        if (state == JobState::succeeded)
            throw Error(Error::Kind::conflict, "no task of job " + job_id + " failed",
                        "without --failed all of it runs again");
        connection.run("UPDATE tasks SET state = $2, tries = 0, interruptions = 0 WHERE job = $1 AND state IN ($3, $4)",
                       key, TaskState::ready, TaskState::failed, TaskState::canceled);
        connection.run("UPDATE steps SET failed = 0 WHERE job = $1", key);
    }
    connection.run(
        "UPDATE jobs SET state = $2, result = NULL, stopping = NULL, ended_at = NULL, message = '', failed_step = "
        "NULL, failed_task = NULL, "
        "failed_epoch = NULL WHERE key = $1",
        key, JobState::ready);
    load_job(connection, key);
    adopt_sessions(key);
    tell(connection, jobs_.at(key), "job", name_of(JobState::ready));
}

void Queue::change_settings(db::Connection& connection, const std::string& job_id, const wire::Settings& settings) {
    check(settings);
    JobBoard& job = unfinished(job_id, connection);
    job.settings = settings;
    ledger::save_settings(connection, job);
    order_.rank(job.key, ranking_of(job));
    refresh(job);
}

void Queue::archive(db::Connection& connection, const std::string& job_id) {
    const auto [key, state] = look_up(connection, job_id);
    if (!has_ended(state))
        throw Error(Error::Kind::conflict, fmt::format("job {} has not ended: {}", job_id, name_of(state)),
                    "cancel it first, or wait for its end");
    connection.run("UPDATE jobs SET state = $2 WHERE key = $1", key, JobState::archived);
}

void Queue::remove(db::Connection& connection, const std::string& job_id) {
    const auto [key, state] = look_up(connection, job_id);
    if (!has_ended(state))
        throw Error(Error::Kind::conflict, fmt::format("job {} has not ended: {}", job_id, name_of(state)),
                    "`atelier job cancel " + job_id + "` stops it");
    connection.run("DELETE FROM events WHERE job = $1", key);
    connection.run("DELETE FROM jobs WHERE key = $1", key);
    ledger::insert_event(connection, next_event_++, {key, job_id, {}, {}, {}, "job", "DELETED"}, clock_.wall());
}

void Queue::step_succeeded(JobBoard& job, std::size_t number) {
    for (const std::size_t dependent : job.steps[number].dependents) {
        --job.steps[dependent].waits_for;
        if (jobs_.contains(job.key)) refresh(job, dependent);
    }
}

void Queue::refresh(JobBoard& job) {
    for (std::size_t number = 0; number < job.steps.size(); ++number)
        refresh(job, number);
}

// A step stands in the order exactly while it has something to give out and its job isn't at its limit.
void Queue::refresh(JobBoard& job, std::size_t number) {
    StepBoard& step = job.steps[number];
    const bool wanted = job.gives_out() && step.ready() > 0 && !job.is_full();
    if (wanted == step.listed) return;
    step.listed = wanted;
    if (wanted)
        order_.list({job.key, number}, step.requirement_key, step.requirement);
    else
        order_.unlist({job.key, number});
}

FairOrder::Ranking Queue::ranking_of(const JobBoard& job) const {
    const double age = seconds_between(job.submitted, clock_.steady());
    const int points = static_cast<int>(std::clamp(age / seconds_of_an_age_point, 0.0, most_age_points));
    return {job.settings.weight, job.settings.priority, points};
}

void Queue::set_weight(db::Connection& connection, const std::string& owner, double weight) {
    if (!(weight > 0) || weight > most_weight)
        throw Error(Error::Kind::invalid, fmt::format("a weight is more than 0 and at most {:g}", most_weight));
    if (connection.run("UPDATE users SET weight = $2 WHERE name = $1", owner, weight) == 0)
        throw Error(Error::Kind::not_found, "there is no user " + owner, "`atelier user list` lists them");
    order_.set_weight(owner, weight);
}

void Queue::tell(db::Connection& connection, const JobBoard& job, std::string_view kind, std::string_view detail) {
    ledger::insert_event(connection, next_event_++, {job.key, job.id, {}, {}, {}, kind, detail}, clock_.wall());
}

void Queue::tell(db::Connection& connection, const JobBoard& job, const ledger::TaskKey& key, std::int64_t epoch,
                 std::string_view detail) {
    ledger::insert_event(connection, next_event_++, {job.key, job.id, key.step, key.task, epoch, "task", detail},
                         clock_.wall());
}

}  // namespace atelier::farm
