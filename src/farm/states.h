// Every state of a job and of a task, every class of result, and what follows from each: the one table of it. The
// scheduler acts by it and docs/states.md is made from it (a test compares them).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "wire/exchange.h"

namespace atelier::farm {

// Numbers go into the database: never renumber.
enum class JobState {
    draft = 0,
    uploading = 1,
    ready = 2,
    running = 3,
    paused = 4,
    held_for_approval = 5,
    succeeded = 6,
    failed = 7,
    canceled = 8,
    archived = 9
};

enum class TaskState {
    waiting = 0,
    ready = 1,
    leased = 2,
    running = 3,
    committing = 4,
    succeeded = 5,
    failed = 6,
    canceled = 7,
    skipped = 8,
    backoff = 9,
    stuck = 10
};

using wire::ResultClass;

std::string_view name_of(JobState state);  // SUCCEEDED
std::string_view name_of(TaskState state);
std::string_view name_of(ResultClass result);
std::optional<JobState> job_state_named(std::string_view name);  // any case

bool has_ended(JobState state);  // nothing runs and nothing will, unless a person says so
bool has_ended(TaskState state);

// What a result means for the task's next try.
struct Consequence {
    enum class Next { done, again, backoff, fail, cancel, drop };  // fail: and the job with it
    bool counts_as_try = false;
    Next next = Next::done;
    bool raises_request = false;  // the next try asks for more memory
    bool avoids_worker = false;   // the next try goes elsewhere, if there is an elsewhere
};

Consequence consequence_of(ResultClass result);

constexpr int default_max_tries = 3;
constexpr int most_interruptions_in_a_row = 10;  // then the job is paused and says so
constexpr double memory_raise = 1.5;
constexpr double first_backoff_seconds = 30;
constexpr double longest_backoff_seconds = 600;

// The documentation, in Markdown.
std::string states_document();

}  // namespace atelier::farm
