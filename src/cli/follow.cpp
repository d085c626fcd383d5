#include "cli/follow.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <deque>
#include <utility>

#include "base/json_struct.h"
#include "base/text.h"
#include "cli/exit_status.h"
#include "farm/queries_json.h"

namespace atelier::cli {

using farm::JobState;

namespace {

constexpr std::chrono::milliseconds redraw_interval{100};
constexpr std::chrono::minutes longest_absence{10};
constexpr int bar_width = 24;
constexpr std::size_t longest_tail = 64 * 1024;
constexpr std::size_t failure_lines = 12;

Colour colour_of(JobState state) {
    switch (state) {
        case JobState::succeeded: return Colour::green;
        case JobState::failed: return Colour::red;
        case JobState::canceled:
        case JobState::paused: return Colour::yellow;
        default: return Colour::plain;
    }
}

}  // namespace

Follower::Follower(std::string job, Desk& desk, Output& output)
    : id_(std::move(job)), desk_(desk), output_(output), begun_(std::chrono::steady_clock::now()) {}

bool Follower::look() {
    try {
        const bool ended = look_now();
        if (std::exchange(away_since_, std::nullopt)) say("the server answers again");
        return ended;
    } catch (const Error& error) {
        const auto now = std::chrono::steady_clock::now();
        const bool is_hopeless = away_since_ && now - *away_since_ > longest_absence;
        if (desk_.local() || error.kind() != Error::Kind::unavailable || is_hopeless) throw;
        if (away_since_) return false;
        away_since_ = now;
        say(std::string(error.what()) + " It is waited for.");
        return false;
    }
}

bool Follower::look_now() {
    auto [job, steps] = desk_.details(id_);
    job_ = std::move(job);
    if (steps_.empty()) {  // the first look
        for (const farm::StepSummary& step : steps)
            done_at_begin_ += step.succeeded;
        steps_ = steps;
    }
    before_ = std::exchange(steps_, std::move(steps));
    const bool ended = farm::has_ended(job_.state);
    if (output_.wants_json) return ended;
    if (!output_.terminal()) {
        tell_changes();
    } else if (const auto now = std::chrono::steady_clock::now(); ended || now - drawn_ >= redraw_interval) {
        drawn_ = now;
        erase();
        draw();
    }
    if (ended) lines_ = 0;  // the bars stay
    return ended;
}

void Follower::say(const std::string& line) {
    if (output_.wants_json) return;
    erase();
    output_.say(line);
    if (output_.terminal()) draw();
}

void Follower::erase() {
    if (lines_ > 0) output_.out() << fmt::format("\r\x1b[{}A\x1b[J", lines_);
    lines_ = 0;
}

void Follower::draw() {
    for (const farm::StepSummary& step : steps_) {
        output_.out() << bar(step) << '\n';
        ++lines_;
    }
    std::string rest = fmt::format("{:3.0f} %", job_.progress);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
    if (const auto done = job_.succeeded - std::min(job_.succeeded, done_at_begin_); done > 0 && seconds > 0)
        rest += fmt::format("  {:.3g} tasks/s", static_cast<double>(done) / seconds);
    if (job_.seconds_left) rest += fmt::format("  {} left", format_duration(*job_.seconds_left));
    if (!job_.message.empty()) rest += "  " + job_.message;
    output_.out() << output_.paint(colour_of(job_.state), farm::name_of(job_.state)) << "  " << rest << '\n'
                  << std::flush;
    ++lines_;
}

std::string Follower::bar(const farm::StepSummary& step) const {
    const auto part = [&](std::uint64_t count) {
        return step.total == 0 ? 0.0 : static_cast<double>(count) / static_cast<double>(step.total);
    };
    const int full = static_cast<int>(part(step.succeeded) * bar_width);
    std::string filled;
    for (int i = 0; i < bar_width; ++i)
        filled += i < full ? "█" : "░";
    std::size_t longest = 0;
    for (const farm::StepSummary& each : steps_)
        longest = std::max(longest, shown_width(each.name));
    std::string line = step.name + std::string(longest - shown_width(step.name), ' ');
    line += fmt::format("  {}  {}/{}", filled, step.succeeded, step.total);
    if (step.failed > 0) line += "  " + output_.paint(Colour::red, fmt::format("{} failed", step.failed));
    if (step.succeeded > 0)
        line += fmt::format("  {} each", format_duration(step.wall_seconds / static_cast<double>(step.succeeded)));
    return line;
}

void Follower::tell_changes() {
    for (std::size_t i = 0; i < steps_.size() && i < before_.size(); ++i) {
        const farm::StepSummary& step = steps_[i];
        if (step.failed > before_[i].failed)
            output_.say(fmt::format("step {}: {} of {} tasks failed", step.name, step.failed, step.total));
        if (step.succeeded == step.total && before_[i].succeeded != step.total)
            output_.say(fmt::format("step {}: {} of {} tasks done", step.name, step.succeeded, step.total));
    }
    const int tenths = static_cast<int>(job_.progress / 10);
    if (job_.state != told_)
        output_.say(fmt::format("job {} {}{}", id_, farm::name_of(job_.state),
                                job_.message.empty() ? "" : ": " + job_.message));
    else if (tenths > told_tenths_ && tenths < 10)
        output_.say(fmt::format("{:.0f} %{}", job_.progress,
                                job_.seconds_left ? ", " + format_duration(*job_.seconds_left) + " left" : ""));
    told_ = job_.state;
    told_tenths_ = tenths;
    output_.out() << std::flush;
}

std::vector<std::string> last_lines(Desk& desk, const farm::AttemptRecord& attempt, std::size_t count) {
    const auto& [begin, end] = attempt.result.log;
    std::string text;
    desk.read_log(attempt.id.job, attempt.session, end - std::min<std::uint64_t>(end - begin, longest_tail), end,
                  [&](std::string_view piece) { text += piece; });
    std::vector<std::string> lines;
    for (const std::string_view line : split(trim(text), '\n'))
        lines.emplace_back(line);
    if (lines.size() > count) lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(count));
    return lines;
}

void tell_outcome(const farm::JobSummary& job, Desk& desk, Output& output) {
    if (job.state == JobState::succeeded) {
        const double seconds = static_cast<double>(job.ended_at.value_or(0) - job.started_at.value_or(0)) / 1e6;
        output.say(fmt::format("job {} is done: {} tasks in {}", job.id, job.succeeded, format_duration(seconds)));
        return;
    }
    if (job.state == JobState::canceled) {
        output.say(fmt::format("job {} was stopped; `atelier job retry {} --failed` goes on with what is left", job.id,
                               job.id));
        return;
    }
    output.say(fmt::format("job {} failed: {} of {} tasks{}", job.id, job.failed, job.total_tasks,
                           job.message.empty() ? "" : ", " + job.message));
    if (!job.first_failure) return;
    const auto attempt = desk.attempt(*job.first_failure);
    if (!attempt) return;
    const auto steps = desk.steps(job.id);
    output.say(fmt::format("the first was task {}:{}: {}", steps.at(attempt->id.step).name, attempt->id.task,
                           attempt->result.reason.empty() ? "no reason was told" : attempt->result.reason));
    for (const std::string& line : last_lines(desk, *attempt, failure_lines))
        output.say("  | " + line);
    output.say(fmt::format("`atelier job logs {}` shows all of it, `atelier job retry {} --failed` tries again", job.id,
                           job.id));
}

int exit_status_of(JobState state) {
    switch (state) {
        case JobState::succeeded: return done;
        case JobState::canceled: return interrupted;
        default: return failed;
    }
}

json::Value to_json(const farm::JobSummary& job, const std::vector<farm::StepSummary>& steps) {
    json::Object object;
    object["job"] = json::write(job);
    object["steps"] = json::write(steps);
    return object;
}

}  // namespace atelier::cli
