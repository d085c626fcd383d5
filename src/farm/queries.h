// What the database tells of jobs, to any process, also when no farm runs. Nothing here changes anything.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "db/db.h"
#include "farm/states.h"
#include "job/model.h"
#include "store/blobs.h"
#include "wire/exchange.h"
#include "wire/submission.h"

namespace atelier::farm {

struct JobSummary {
    std::int64_t key = 0;
    std::string id;
    std::string name;
    std::string owner;
    JobState state = JobState::ready;
    int priority = 0;
    std::vector<std::string> tags;
    std::uint64_t total_tasks = 0;
    std::uint64_t succeeded = 0;
    std::uint64_t failed = 0;
    double progress = 0;  // 0 … 100
    std::optional<double> seconds_left;
    Instant submitted_at;
    std::optional<Instant> started_at;
    std::optional<Instant> ended_at;
    std::string message;
    std::optional<wire::AttemptId> first_failure;
};

struct StepSummary {
    std::string name;
    std::uint64_t total = 0;
    std::uint64_t succeeded = 0;
    std::uint64_t failed = 0;
    double wall_seconds = 0;
    double cpu_seconds = 0;
    std::uint64_t peak_memory = 0;
};

struct AttemptRecord {
    wire::AttemptId id;
    std::string worker;
    std::string session;
    wire::Result result;
};

// An attempt that runs: there is no record of it yet, but a log.
struct RunningAttempt {
    wire::AttemptId id;
    std::string worker;
    std::string session;
    std::uint64_t log_begin = 0;
};

// What a worker has brought to its end of a job's step.
struct WorkerShare {
    std::string worker;
    std::uint32_t step = 0;
    std::uint64_t succeeded = 0;
};

struct Artifact {
    wire::Output output;
    wire::AttemptId attempt;
};

struct EventRecord {
    std::int64_t number = 0;
    Instant at;
    std::string job;
    std::optional<std::uint32_t> step;
    std::optional<std::uint64_t> task;
    std::optional<std::int64_t> epoch;
    std::string kind;
    std::string detail;
    std::string owner;  // of the job; empty once it is deleted
};

struct WorkerSummary {  // what is kept of a worker, also of one that isn't there
    std::string id;
    std::string name;
    int slots = 0;
    wire::Capabilities capabilities;
    Micros seen_at = 0;
    std::string token;
    int wish = 0;
    std::optional<Micros> sick_since;
};

std::vector<WorkerSummary> list_workers(db::Connection& connection);
std::string find_worker(db::Connection& connection, const std::string& id_or_name);  // its id; throws

JobSummary job_by_id(db::Connection& connection, const std::string& id);  // throws Error::not_found
// The one id that begins so, among the jobs of `owner` (empty: of all); throws.
std::string find_job(db::Connection& connection, const std::string& beginning, const std::string& owner = {});
std::vector<StepSummary> steps_of(db::Connection& connection, const std::string& job);
std::vector<AttemptRecord> attempts_of(db::Connection& connection, const std::string& job,
                                       std::optional<std::uint32_t> step, std::optional<std::uint64_t> task,
                                       std::size_t limit, const wire::AttemptId& after = {});
std::optional<AttemptRecord> attempt_by_id(db::Connection& connection, const wire::AttemptId& id);
std::vector<RunningAttempt> running_attempts(db::Connection& connection, const std::string& job);
std::vector<WorkerShare> worker_shares(db::Connection& connection, const std::string& job);
std::vector<Artifact> artifacts_of(db::Connection& connection, const std::string& job);
// By parameter and path, those after `after`: a page of them.
std::vector<Artifact> artifacts_after(db::Connection& connection, const std::string& job, const std::string& parameter,
                                      const std::string& path, int limit);
Artifact artifact_at(db::Connection& connection, const std::string& job, const std::string& parameter,
                     const std::string& path);  // throws Error::not_found
std::vector<EventRecord> events_after(db::Connection& connection, std::int64_t number, const std::string& job,
                                      int limit);
wire::Submission submission_of(db::Connection& connection, const std::string& job);
wire::Settings settings_of(db::Connection& connection, const std::string& job);  // as they are now

// An unfinished job that the same owner submitted by the same ask.
std::optional<std::string> unfinished_job_like(db::Connection& connection, const wire::Submission& submission,
                                               const std::string& owner = "local");

// The outputs that the steps before this one (all that it depends on, directly or not) have left.
std::vector<wire::Output> outputs_before(db::Connection& connection, const std::string& job, const job::Job& order,
                                         std::uint32_t step);

// Blobs: what a job holds; which of these no job holds (any more); all that any job holds.
std::vector<std::string> digests_of_job(db::Connection& connection, store::Blobs& blobs, const std::string& job);
std::vector<std::string> unreferenced(db::Connection& connection, store::Blobs& blobs,
                                      const std::vector<std::string>& digests);
std::set<std::string> live_digests(db::Connection& connection, store::Blobs& blobs);

}  // namespace atelier::farm
