// The ledger: the SQL by which the queue writes down what it decides. Each function is one or two statements inside of
// the change that the writer runs; none decides anything.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "db/db.h"
#include "farm/board.h"
#include "wire/submission.h"

namespace atelier::farm::ledger {

struct TaskKey {
    JobKey job = 0;
    std::size_t step = 0;
    std::uint64_t task = 0;
};

void insert_job(db::Connection& connection, const JobBoard& job, const wire::Submission& submission, Micros now);
void save_job_state(db::Connection& connection, const JobBoard& job);
void save_job_end(db::Connection& connection, const JobBoard& job, Micros now);
void save_progress(db::Connection& connection, const JobBoard& job, std::optional<double> seconds_left);
void save_settings(db::Connection& connection, const JobBoard& job);
void save_step(db::Connection& connection, JobKey job, std::size_t number, const StepBoard& step);

void save_task(db::Connection& connection, const TaskKey& key, const LiveTask& task);  // leased, or given back
void end_task(db::Connection& connection, const TaskKey& key, TaskState state, const LiveTask& task);
void insert_attempt(db::Connection& connection, const TaskKey& key, const LiveTask& task, const wire::Result& result,
                    Micros now);
void save_output(db::Connection& connection, const TaskKey& key, std::int64_t epoch, const wire::Output& output);
void insert_metric(db::Connection& connection, const TaskKey& key, std::int64_t epoch, std::string_view name,
                   double value, Micros now);
void save_preview(db::Connection& connection, const TaskKey& key, std::int64_t epoch, const wire::Preview& preview,
                  Micros now);

void save_worker(db::Connection& connection, const WorkerBoard& worker, Micros now);
void save_last_seen(db::Connection& connection, const std::string& worker, Micros now);

// What outlives a worker's absence.
struct Remembered {
    std::string token;
    WorkerWish wish = WorkerWish::run;
    std::optional<Micros> sick_since;
};
Remembered remembered(db::Connection& connection, const std::string& worker);

struct Event {
    JobKey job = 0;
    std::string_view job_id;
    std::optional<std::size_t> step;
    std::optional<std::uint64_t> task;
    std::optional<std::int64_t> epoch;
    std::string_view kind;    // job, task, session
    std::string_view detail;  // the state, or what happened
};

void insert_event(db::Connection& connection, std::int64_t number, const Event& event, Micros now);

std::string capabilities_to_json(const wire::Capabilities& capabilities);
wire::Capabilities capabilities_from_json(std::string_view text);

}  // namespace atelier::farm::ledger
