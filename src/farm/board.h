// The board: what the farm has in mind of the jobs that aren't ended and of its workers. Plain data; the database is
// the truth and the board can be made again from it at any time. Touched on the writer's thread alone, under the farm's
// mutex.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/time.h"
#include "farm/fairness.h"
#include "farm/requirement.h"
#include "farm/states.h"
#include "wire/exchange.h"
#include "wire/link.h"
#include "wire/submission.h"

namespace atelier::farm {

// A task that has a row and isn't ended.
struct LiveTask {
    TaskState state = TaskState::ready;
    std::int64_t epoch = 0;
    int tries = 0;
    int interruptions = 0;  // in a row, without a try between
    int memory_raises = 0;
    Micros ready_at = 0;  // in BACKOFF, as it is written down
    Steady ready{};       // the same, by the clock that doesn't jump
    std::string worker;   // while it is leased
    std::string session;
    std::optional<std::string> checkpoint;
    std::set<std::string> failed_on;  // workers
    double progress = 0;
    std::string status;
    std::uint64_t log_begin = 0;
    Steady started{};  // when its first report of RUNNING came
    bool cancel_by_person = false;
    bool cancel_asked = false;
};

struct StepBoard {
    std::string name;
    std::uint64_t total = 0;
    std::uint64_t next_task = 0;  // below it every task has a row
    std::uint64_t succeeded = 0;
    std::uint64_t failed = 0;
    double wall_seconds = 0;  // of those that succeeded
    double cpu_seconds = 0;
    std::uint64_t peak_memory = 0;
    int waits_for = 0;  // steps that it depends on and that have not succeeded
    std::vector<std::size_t> dependents;
    Requirement requirement;
    std::string requirement_key;
    bool listed = false;  // in the queue's ready lists
    std::map<std::uint64_t, LiveTask> live;
    std::set<std::uint64_t> again;  // READY ones among the live
    std::set<std::pair<Steady, std::uint64_t>> backoff;
    std::map<std::string, std::set<std::uint64_t>> failures;  // by worker: tasks that failed there and live
    std::map<std::string, Steady> blocked;                    // workers that get no more of it, and until when
    int promised = 0;                                         // sessions that make room for it
    std::uint64_t leased = 0;                                 // LEASED, RUNNING, COMMITTING
    double running_progress = 0;                              // sum over those, in tasks

    bool complete() const { return succeeded + failed == total; }
    std::uint64_t ready() const { return waits_for > 0 ? 0 : (total - next_task) + again.size(); }
    double mean_seconds() const { return succeeded > 0 ? wall_seconds / static_cast<double>(succeeded) : 0; }
};

struct JobBoard {
    JobKey key = 0;
    std::string id;
    std::string owner;
    JobState state = JobState::ready;
    Steady submitted{};
    wire::Settings settings;
    std::shared_ptr<const wire::JobOrder> order;
    std::vector<StepBoard> steps;
    std::uint64_t total_tasks = 0;
    std::uint64_t failed_tasks = 0;
    int sessions = 0;
    int promised = 0;     // sessions that make room for it
    double progress = 0;  // 0 … 100, only grows
    std::string message;
    Micros started_at = 0;
    std::optional<JobState> stopping;  // FAILED or CANCELED once nothing is leased any more
    std::optional<wire::AttemptId> first_failure;

    bool gives_out() const { return (state == JobState::ready || state == JobState::running) && !stopping; }
    bool is_full() const { return settings.max_concurrency && sessions >= *settings.max_concurrency; }
    std::uint64_t leased() const;
    std::uint64_t succeeded() const;
    double fraction_done() const;
    std::optional<double> seconds_left(Steady now) const;
};

// A session on a worker: what it reserves, and what it has been given.
using EndedSessions = std::vector<std::pair<std::string, std::string>>;  // job, session
struct SessionBoard {
    std::string id;
    JobKey job = 0;
    std::string job_id;
    std::size_t step = 0;
    Amounts reserved;
    std::set<std::uint64_t> tasks;
    std::uint64_t told_in = 0;  // the sequence of the request whose reply spoke of it first
    bool ending = false;
    std::optional<FairOrder::Place> makes_room_for;  // it takes nothing more; what it holds counts there already
};

// Numbers go into the database: never renumber.
enum class WorkerWish { run = 0, pause = 1, leave = 2 };

struct WorkerFailure {
    JobKey job = 0;
    std::size_t step = 0;
    std::uint64_t task = 0;
    bool succeeded_elsewhere = false;
};

struct WorkerBoard {
    std::string id;
    std::string name;
    std::string boot;
    std::string token;  // the id of the one that speaks for it; empty: anyone within this machine
    int slots = 0;
    bool draining = false;
    std::string resting;  // why it takes nothing just now
    WorkerWish wish = WorkerWish::run;
    std::optional<Micros> sick_since;     // in quarantine, and then on probation
    Steady sick_until{};                  // from then on it is given one task at a time
    std::vector<WorkerFailure> failures;  // in a row
    wire::Capabilities capabilities;
    Amounts reserved;
    std::map<std::string, SessionBoard> sessions;
    std::optional<FairOrder::Place> room_for;  // what needs more than one session's room: nothing else is begun
    std::uint64_t nothing_since = 0;           // FairOrder::touched() when there was nothing for it
    Steady heard{};
    Steady deadline{};
    std::uint64_t sequence = 0;

    bool is_there() const { return heard != Steady{}; }  // else it is known from before, and may hold leases
};

using Workers = std::map<std::string, WorkerBoard>;

}  // namespace atelier::farm
