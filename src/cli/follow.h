// Following a job to its end: bars that are redrawn in place on a terminal, plain lines elsewhere.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/desk.h"
#include "cli/output.h"

namespace atelier::cli {

class Follower {
public:
    Follower(std::string job, Desk& desk, Output& output);

    // Looks once and shows what is new; true when the job has ended. A server that doesn't answer is waited for: the
    // job goes on without those who look at it. After ten minutes that is given up, and thrown.
    bool look();
    void say(const std::string& line);  // a line of its own, above the bars

    const farm::JobSummary& job() const { return job_; }

private:
    bool look_now();
    void draw();
    void erase();
    void tell_changes();
    std::string bar(const farm::StepSummary& step) const;
    double rate_of(const std::string& step, std::uint64_t succeeded);

    std::string id_;
    Desk& desk_;
    Output& output_;
    farm::JobSummary job_;
    std::vector<farm::StepSummary> steps_;
    std::vector<farm::StepSummary> before_;
    farm::JobState told_ = farm::JobState::draft;
    int told_tenths_ = 0;
    std::chrono::steady_clock::time_point begun_;
    std::chrono::steady_clock::time_point drawn_{};
    std::optional<std::chrono::steady_clock::time_point> away_since_;
    std::uint64_t done_at_begin_ = 0;
    int lines_ = 0;  // of bars on the screen
};

// Those of its outcome: "done in 12s", or which task failed first, with its last lines.
void tell_outcome(const farm::JobSummary& job, Desk& desk, Output& output);

// The last lines of an attempt's log.
std::vector<std::string> last_lines(Desk& desk, const farm::AttemptRecord& attempt, std::size_t count);

int exit_status_of(farm::JobState state);

// As the API has it: {"job": ..., "steps": [...]}.
json::Value to_json(const farm::JobSummary& job, const std::vector<farm::StepSummary>& steps);

}  // namespace atelier::cli
