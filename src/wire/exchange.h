// What a worker and the farm say to each other. One exchange carries all of it: what the worker holds and what became
// of it upwards; sessions, tasks, cancels downwards. Both tell their whole state each time, so a lost or repeated
// message heals with the next; results are told until they were answered, and each (attempt, epoch) is taken once.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "wire/capabilities.h"

namespace atelier::wire {

// One try at a task. The epoch grows with each lease of the task, so it also tells a late result from the present one.
struct AttemptId {
    std::string job;
    std::uint32_t step = 0;
    std::uint64_t task = 0;
    std::int64_t epoch = 0;
    auto operator<=>(const AttemptId&) const = default;
};

std::string to_string(const AttemptId& id);  // k3f9x2ab/0/17#1

// How an attempt ended; farm/states.cpp says what follows from each.
enum class ResultClass {
    succeeded,
    failed_app,
    failed_resource,
    failed_licence,
    timeout,
    stalled,
    interrupted,
    canceled,
    never_attempted,
    lost_fenced,
    failed_job
};

struct Usage {
    double wall_seconds = 0;
    double cpu_seconds = 0;
    std::uint64_t peak_memory = 0;
    std::uint64_t bytes_read = 0;
    std::uint64_t bytes_written = 0;
};

// A file that a task left in the folder (or at the place) of one of the job's outgoing PATH parameters.
struct Output {
    std::string parameter;
    std::string path;    // relative to the parameter's folder
    std::string digest;  // SHA-256 in hexadecimal; of the link's target for a symbolic link
    std::uint64_t size = 0;
    unsigned mode = 0644;
    bool is_link = false;
    auto operator<=>(const Output&) const = default;
};

// A picture of how far a task is, in the store already.
struct Preview {
    std::string path;  // as the task named it
    std::string digest;
    std::uint64_t size = 0;
};

// Where the lines of an attempt stand in its session's log.
struct LogRange {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
};

struct Result {
    ResultClass result = ResultClass::interrupted;
    std::optional<int> exit_code;
    std::string reason;  // one sentence for people when it didn't succeed
    Usage usage;
    Instant started_at;  // 0: it never started
    Instant ended_at;
    LogRange log;
    std::vector<Output> outputs;
    std::optional<std::string> checkpoint;  // digest of a manifest
};

enum class Phase { queued, running, committing };

struct AttemptReport {
    AttemptId attempt;
    std::string session;
    Phase phase = Phase::queued;
    double progress = 0;  // 0 … 100
    std::string status;
    std::uint64_t log_begin = 0;            // where its lines begin in the session's log
    std::map<std::string, double> metrics;  // since the last report
    std::optional<Preview> preview;         // when there is a new one
    std::optional<Result> result;           // set once, at the end
};

// Told with each exchange: a farm and a worker of different numbers don't work together, and say so.
constexpr int protocol_number = 1;

struct ExchangeRequest {
    std::string worker;
    std::string name;
    std::string boot;  // drawn when the worker starts: another one means that nothing of before still runs
    std::uint64_t sequence = 0;
    int protocol = protocol_number;
    int slots = 0;
    bool draining = false;  // takes nothing more
    std::string resting;    // why it takes nothing just now: its hours, or somebody sits at the machine
    Capabilities capabilities;
    std::vector<std::string> sessions;    // those that live here
    std::vector<std::string> leaving;     // and of these, those that take nothing more
    std::vector<AttemptReport> attempts;  // every attempt that is held here, and results not answered yet
};

// The same question once more: its results were taken the first time.
ExchangeRequest without_results(ExchangeRequest request);

struct Assignment {
    AttemptId attempt;
    std::string session;  // a new one when the worker doesn't have it
    bool resume = false;  // there was a try before this one
    std::optional<std::string> checkpoint;
};

struct Cancel {
    AttemptId attempt;
    std::int64_t at_most_ms = 0;  // its notify period is cut to this
    bool by_person = true;        // else an interruption: the task is given out again
};

struct ExchangeReply {
    std::uint64_t sequence = 0;  // of the request
    std::int64_t interval_ms = 1000;
    std::int64_t lease_ms = 60'000;
    std::vector<Assignment> assign;
    std::vector<Cancel> cancel;
    std::vector<AttemptId> drop;            // not (or no longer) this worker's: kill it, tell nothing
    std::vector<std::string> end_sessions;  // nothing more will come for these
    bool stop = false;                      // the farm wants this worker to finish and leave

    bool tells_nothing() const {
        return assign.empty() && cancel.empty() && drop.empty() && end_sessions.empty() && !stop;
    }
};

}  // namespace atelier::wire
