#include "farm/states.h"

#include <fmt/format.h>

#include <array>

#include "base/error.h"
#include "base/text.h"

namespace atelier::farm {

namespace {

using Next = Consequence::Next;

struct JobRow {
    JobState state;
    std::string_view name;
    bool ended;
    std::string_view meaning;
    std::string_view followed_by;
};

constexpr std::array job_rows = {
    JobRow{JobState::draft, "DRAFT", false, "being put together; nothing is queued", "UPLOADING, READY, CANCELED"},
    JobRow{JobState::uploading, "UPLOADING", false, "its inputs are on their way into the store",
           "READY, FAILED, CANCELED"},
    JobRow{JobState::ready, "READY", false, "queued; no task has been leased yet", "RUNNING, PAUSED, CANCELED"},
    JobRow{JobState::running, "RUNNING", false, "tasks have been leased", "SUCCEEDED, FAILED, PAUSED, CANCELED"},
    JobRow{JobState::paused, "PAUSED", false, "no task is given out; what runs goes on", "READY, RUNNING, CANCELED"},
    JobRow{JobState::held_for_approval, "HELD_FOR_APPROVAL", false, "waits until a person says go on",
           "RUNNING, CANCELED"},
    JobRow{JobState::succeeded, "SUCCEEDED", true, "every task succeeded", "RUNNING (retry), ARCHIVED"},
    JobRow{JobState::failed, "FAILED", true, "a task failed for good and nothing more can run",
           "RUNNING (retry), ARCHIVED"},
    JobRow{JobState::canceled, "CANCELED", true, "a person stopped it", "RUNNING (retry), ARCHIVED"},
    JobRow{JobState::archived, "ARCHIVED", true, "put away: kept, and out of the lists", ""},
};

struct TaskRow {
    TaskState state;
    std::string_view name;
    bool ended;
    std::string_view meaning;
    std::string_view followed_by;
};

constexpr std::array task_rows = {
    TaskRow{TaskState::waiting, "WAITING", false, "a step that it depends on has not succeeded", "READY"},
    TaskRow{TaskState::ready, "READY", false, "may be leased", "LEASED, CANCELED"},
    TaskRow{TaskState::leased, "LEASED", false, "a worker has it and has not begun", "RUNNING, READY, CANCELED"},
    TaskRow{TaskState::running, "RUNNING", false, "its process runs", "COMMITTING, FAILED, READY, BACKOFF, CANCELED"},
    TaskRow{TaskState::committing, "COMMITTING", false, "its outputs are taken", "SUCCEEDED, READY"},
    TaskRow{TaskState::succeeded, "SUCCEEDED", true, "done, outputs and all", "READY (retry)"},
    TaskRow{TaskState::failed, "FAILED", true, "failed in every try that it had", "READY (retry)"},
    TaskRow{TaskState::canceled, "CANCELED", true, "its job was canceled", "READY (retry)"},
    TaskRow{TaskState::skipped, "SKIPPED", true, "its result was known already", ""},
    TaskRow{TaskState::backoff, "BACKOFF", false, "waits a while before the next try", "READY, CANCELED"},
    TaskRow{TaskState::stuck, "STUCK", false, "may still run on a machine that can't be reached; a person decides",
            "READY, FAILED"},
};

struct ResultRow {
    ResultClass result;
    std::string_view name;
    std::string_view meaning;
    Consequence consequence;
    std::string_view next;
};

constexpr std::array result_rows = {
    ResultRow{ResultClass::succeeded,
              "SUCCEEDED",
              "exit code 0, outputs committed",
              {false, Next::done, false, false},
              "SUCCEEDED"},
    ResultRow{ResultClass::failed_app,
              "FAILED_APP",
              "the program failed",
              {true, Next::again, false, true},
              "READY, on another worker if there is one; FAILED after the last try"},
    ResultRow{ResultClass::failed_resource,
              "FAILED_RESOURCE",
              "no memory, no disk",
              {true, Next::again, true, true},
              "READY, asking for 1.5 times the memory; FAILED after the last try"},
    ResultRow{ResultClass::failed_licence,
              "FAILED_LICENCE",
              "no licence was free",
              {false, Next::backoff, false, false},
              "BACKOFF, 30 s, doubled each time up to 10 min"},
    ResultRow{ResultClass::timeout,
              "TIMEOUT",
              "longer than its action may take",
              {true, Next::again, false, true},
              "as FAILED_APP, from its last checkpoint"},
    ResultRow{ResultClass::stalled,
              "STALLED",
              "alive and doing nothing",
              {true, Next::again, false, true},
              "as FAILED_APP, from its last checkpoint"},
    ResultRow{ResultClass::interrupted,
              "INTERRUPTED",
              "its worker died, drained or was needed",
              {false, Next::again, false, false},
              "READY at once; after 10 in a row the job is paused and says so"},
    ResultRow{
        ResultClass::canceled, "CANCELED", "a person stopped it", {false, Next::cancel, false, false}, "CANCELED"},
    ResultRow{ResultClass::never_attempted,
              "NEVER_ATTEMPTED",
              "its session ended before its turn",
              {false, Next::again, false, false},
              "READY at once"},
    ResultRow{ResultClass::lost_fenced,
              "LOST_FENCED",
              "a result of a lease that was given away",
              {false, Next::drop, false, false},
              "refused; the task belongs to its newer lease"},
    ResultRow{ResultClass::failed_job,
              "FAILED_JOB",
              "what went wrong holds for every task of the job, as its log says",
              {true, Next::fail, false, false},
              "FAILED without another try, and the job with it"},
};

template <class Rows, class State>
const auto& row_of(const Rows& rows, State state) {
    for (const auto& row : rows)
        if (row.state == state) return row;
    throw Error(Error::Kind::internal, fmt::format("unknown state {}", static_cast<int>(state)));
}

const ResultRow& row_of(ResultClass result) {
    for (const auto& row : result_rows)
        if (row.result == result) return row;
    throw Error(Error::Kind::internal, fmt::format("unknown class of result {}", static_cast<int>(result)));
}

}  // namespace

std::string_view name_of(JobState state) { return row_of(job_rows, state).name; }
std::string_view name_of(TaskState state) { return row_of(task_rows, state).name; }
std::string_view name_of(ResultClass result) { return row_of(result).name; }
bool has_ended(JobState state) { return row_of(job_rows, state).ended; }
bool has_ended(TaskState state) { return row_of(task_rows, state).ended; }
Consequence consequence_of(ResultClass result) { return row_of(result).consequence; }

std::optional<JobState> job_state_named(std::string_view name) {
    for (const auto& row : job_rows)
        if (lower(row.name) == lower(name)) return row.state;
    return std::nullopt;
}

std::string states_document() {
    std::string text =
        "# States and results\n\n"
        "Made from the table in `src/farm/states.cpp`, by which the farm acts.\n\n"
        "## A job\n\n| state | means | may be followed by |\n| --- | --- | --- |\n";
    for (const auto& row : job_rows)
        text += fmt::format("| {} | {} | {} |\n", row.name, row.meaning, row.followed_by);
    text += "\n## A task\n\n| state | means | may be followed by |\n| --- | --- | --- |\n";
    for (const auto& row : task_rows)
        text += fmt::format("| {} | {} | {} |\n", row.name, row.meaning, row.followed_by);
    text += fmt::format(
        "\n## How an attempt ends\n\nA task has {} tries unless its job says otherwise (`--max-tries`).\n\n"
        "| result | means | counts as a try | the task is then |\n| --- | --- | --- | --- |\n",
        default_max_tries);
    for (const auto& row : result_rows)
        text += fmt::format("| {} | {} | {} | {} |\n", row.name, row.meaning,
                            row.consequence.counts_as_try ? "yes" : "no", row.next);
    return text;
}

}  // namespace atelier::farm
