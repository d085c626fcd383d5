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
#include "farm/requirement.h"
#include "farm/states.h"
#include "wire/exchange.h"
#include "wire/link.h"
#include "wire/submission.h"

namespace atelier::farm {

using JobKey = std::int64_t;

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
    std::set<std::string> failed_on;  // workers; forgotten at a restart
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
    std::uint64_t leased = 0;     // LEASED, RUNNING, COMMITTING
    double running_progress = 0;  // sum over those, in tasks

    bool complete() const { return succeeded + failed == total; }
    std::uint64_t ready() const { return waits_for > 0 ? 0 : (total - next_task) + again.size(); }
    double mean_seconds() const { return succeeded > 0 ? wall_seconds / static_cast<double>(succeeded) : 0; }
};

struct JobBoard {
    JobKey key = 0;
    std::string id;
    JobState state = JobState::ready;
    wire::Settings settings;
    std::shared_ptr<const wire::JobOrder> order;
    std::vector<StepBoard> steps;
    std::uint64_t total_tasks = 0;
    std::uint64_t failed_tasks = 0;
    int sessions = 0;
    double progress = 0;          // 0 … 100, only grows
    bool progress_moved = false;  // since it was saved
    std::string message;
    Micros started_at = 0;
    std::optional<JobState> stopping;  // FAILED or CANCELED once nothing is leased any more
    std::optional<wire::AttemptId> first_failure;

    bool gives_out() const { return (state == JobState::ready || state == JobState::running) && !stopping; }
    std::uint64_t leased() const;
    std::uint64_t succeeded() const;
    double fraction_done() const;
    std::optional<double> seconds_left(Steady now) const;
};

// A session on a worker: what it reserves, and what it has been given.
struct SessionBoard {
    std::string id;
    JobKey job = 0;
    std::size_t step = 0;
    Amounts reserved;
    std::set<std::uint64_t> tasks;
    std::uint64_t told_in = 0;  // the sequence of the request whose reply spoke of it first
    bool ending = false;
};

struct WorkerBoard {
    std::string id;
    std::string name;
    std::string boot;
    int slots = 0;
    bool draining = false;
    wire::Capabilities capabilities;
    Amounts reserved;
    std::map<std::string, SessionBoard> sessions;
    Steady deadline{};
    std::uint64_t sequence = 0;
};

}  // namespace atelier::farm
