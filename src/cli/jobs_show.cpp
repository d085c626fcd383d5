// `atelier jobs`, `job show|logs|outputs|download`, `why`: what is known of jobs.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <thread>

#include "base/error.h"
#include "base/json_struct.h"
#include "base/text.h"
#include "cli/desk.h"
#include "cli/exit_status.h"
#include "cli/follow.h"
#include "cli/jobs.h"
#include "farm/queries_json.h"

namespace atelier::cli {

namespace {

using farm::JobState;

constexpr std::chrono::milliseconds follow_interval{200};

std::string ago(Micros time) {
    return format_duration(static_cast<double>(system_clock().wall() - time) / 1e6) + " ago";
}

struct TaskName {
    std::uint32_t step = 0;
    std::uint64_t task = 0;
};

// "STEP:NUMBER"; the step by its name or number.
TaskName parse_task(const std::string& text, const std::vector<farm::StepSummary>& steps) {
    const std::size_t colon = text.rfind(':');
    const auto number = colon == std::string::npos ? std::nullopt : parse_int(text.substr(colon + 1));
    if (!number || *number < 0)
        throw Error(Error::Kind::invalid, "\"" + text + "\" is not a task", "write STEP:NUMBER, as Frames:12");
    const std::string step = text.substr(0, colon);
    for (std::size_t i = 0; i < steps.size(); ++i)
        if (steps[i].name == step || std::to_string(i) == step)
            return {static_cast<std::uint32_t>(i), static_cast<std::uint64_t>(*number)};
    std::vector<std::string> names;
    for (const farm::StepSummary& known : steps)
        names.push_back(known.name);
    throw Error(Error::Kind::not_found, "the job has no step " + step, "it has: " + join(names, ", "));
}

// The ended attempts among which a person chooses: of the task asked for, else of the one that failed first, else all.
std::vector<farm::AttemptRecord> candidates(Desk& desk, const farm::JobSummary& job, const LogsRequest& request,
                                            const std::optional<TaskName>& task) {
    std::vector<farm::AttemptRecord> attempts;
    if (task)
        attempts = desk.attempts(job.id, task->step, task->task);
    else if (job.first_failure)
        attempts = desk.attempts(job.id, job.first_failure->step, job.first_failure->task);
    else
        attempts = desk.attempts(job.id, {}, {});
    if (request.attempt > 0)
        std::erase_if(attempts, [&](const auto& attempt) { return attempt.id.epoch != request.attempt; });
    return attempts;
}

std::optional<farm::RunningAttempt> running_one(Desk& desk, const farm::JobSummary& job,
                                                const std::optional<TaskName>& task) {
    for (const farm::RunningAttempt& running : desk.running(job.id))
        if (!task || (running.id.step == task->step && running.id.task == task->task)) return running;
    return std::nullopt;
}

// What it has said so far; with `follow` also what it says until its end.
void print_running(Desk& desk, const farm::RunningAttempt& running, bool follow, Output& output) {
    std::uint64_t at = running.log_begin;
    const auto print_to = [&](std::uint64_t end) {
        desk.read_log(running.id.job, running.session, at, end, [&](std::string_view piece) {
            output.out() << piece << std::flush;
            at += piece.size();
        });
    };
    for (;;) {
        const auto ended = desk.attempt(running.id);
        print_to(ended ? ended->result.log.end : UINT64_MAX);
        if (ended || !follow || !desk.is_served()) return;
        std::this_thread::sleep_for(follow_interval);
    }
}

}  // namespace

int list_jobs(const JobsRequest& request, Output& output) {
    const auto opened = Desk::open();
    Desk& desk = *opened;
    farm::JobFilter filter;
    filter.with_archived = request.all;
    filter.tag = request.tag;
    filter.limit = request.limit;
    if (!request.state.empty()) {
        filter.state = farm::job_state_named(request.state);
        if (!filter.state)
            throw Error(Error::Kind::invalid, "there is no state " + request.state,
                        "as READY, RUNNING, SUCCEEDED, FAILED, CANCELED");
    }
    const farm::JobPage page = desk.jobs(filter);
    json::Array list;
    std::vector<std::vector<std::string>> rows;
    for (const farm::JobSummary& job : page.jobs) {
        list.push_back(json::write(job));
        rows.push_back({job.id, std::string(farm::name_of(job.state)), fmt::format("{:.0f} %", job.progress),
                        fmt::format("{}/{}", job.succeeded, job.total_tasks), ago(job.submitted_at), job.name});
    }
    output.json(list);
    if (rows.empty())
        output.say("no jobs");
    else
        output.table({{"JOB"},
                      {"STATE"},
                      {"DONE", Column::Align::right},
                      {"TASKS", Column::Align::right},
                      {"SUBMITTED"},
                      {"NAME"}},
                     rows);
    return done;
}

int show_job(const JobRequest& request, Output& output) {
    const auto opened = Desk::open();
    Desk& desk = *opened;
    const auto [job, steps] = desk.details(desk.job(request.id));
    output.json(to_json(job, steps));
    output.say(fmt::format("{}  {}  {}, {:.0f} %", job.id, job.name, farm::name_of(job.state), job.progress));
    output.say(fmt::format("submitted {}, priority {}{}", ago(job.submitted_at), job.priority,
                           job.tags.empty() ? "" : ", tags " + join(job.tags, " ")));
    if (!job.message.empty()) output.say(job.message);
    if (job.seconds_left) output.say(format_duration(*job.seconds_left) + " left");
    std::vector<std::vector<std::string>> rows;
    for (const farm::StepSummary& step : steps)
        rows.push_back(
            {step.name, fmt::format("{}/{}", step.succeeded, step.total), std::to_string(step.failed),
             step.succeeded == 0 ? "" : format_duration(step.wall_seconds / static_cast<double>(step.succeeded)),
             format_duration(step.cpu_seconds), step.peak_memory == 0 ? "" : format_bytes(step.peak_memory)});
    constexpr auto right = Column::Align::right;
    output.table({{"STEP"}, {"DONE", right}, {"FAILED", right}, {"EACH", right}, {"CPU", right}, {"MEMORY", right}},
                 rows);
    if (farm::has_ended(job.state) && !output.wants_json) tell_outcome(job, desk, output);
    return done;
}

int show_logs(const LogsRequest& request, Output& output) {
    const auto opened = Desk::open();
    Desk& desk = *opened;
    const farm::JobSummary job = desk.summary(desk.job(request.id));
    std::optional<TaskName> task;
    if (!request.task.empty()) task = parse_task(request.task, desk.steps(job.id));
    const auto ended = candidates(desk, job, request, task);
    if (ended.empty() || request.follow) {
        if (const auto running = running_one(desk, job, task)) {
            print_running(desk, *running, request.follow, output);
            return done;
        }
    }
    if (ended.empty())
        throw Error(Error::Kind::not_found, "there is no log of that yet",
                    "`atelier job show " + job.id + "` tells how far it is");
    const farm::AttemptRecord& attempt = ended.back();
    desk.read_log(job.id, attempt.session, attempt.result.log.begin, attempt.result.log.end,
                  [&](std::string_view piece) { output.out() << piece; });
    return done;
}

int list_events(const EventsRequest& request, Output& output) {
    const auto opened = Desk::open();
    Desk& desk = *opened;
    const std::string job = desk.job(request.id);
    const auto steps = desk.steps(job);
    json::Array list;
    std::vector<std::vector<std::string>> rows;
    for (const farm::EventRecord& event : desk.events(job, request.after, request.limit)) {
        const std::string about =
            event.step ? fmt::format("{}:{}", steps.at(*event.step).name, *event.task) : "the job";
        list.push_back(json::write(event));
        rows.push_back({std::to_string(event.number), format_utc(event.at), about, event.detail});
    }
    output.json(list);
    if (!rows.empty()) output.table({{"EVENT", Column::Align::right}, {"AT"}, {"ABOUT"}, {"WHAT"}}, rows);
    return done;
}

int list_outputs(const JobRequest& request, Output& output) {
    const auto opened = Desk::open();
    Desk& desk = *opened;
    json::Array list;
    std::vector<std::vector<std::string>> rows;
    const std::string job = desk.job(request.id);
    for (const farm::Artifact& artifact : desk.artifacts(job)) {
        list.push_back(json::write(artifact));
        rows.push_back({artifact.output.parameter, artifact.output.path, format_bytes(artifact.output.size)});
    }
    output.json(list);
    if (rows.empty())
        output.say("no outputs yet");
    else
        output.table({{"PARAMETER"}, {"FILE"}, {"SIZE", Column::Align::right}}, rows);
    return done;
}

int download_outputs(const DownloadRequest& request, Output& output) {
    const auto opened = Desk::open();
    Desk& desk = *opened;
    const std::string job = desk.job(request.id);
    const std::filesystem::path folder = request.folder.empty() ? std::filesystem::path(job) : request.folder;
    const auto artifacts = desk.artifacts(job);
    const bool several = std::any_of(artifacts.begin(), artifacts.end(), [&](const farm::Artifact& artifact) {
        return artifact.output.parameter != artifacts.front().output.parameter;
    });
    std::uint64_t bytes = 0;
    std::filesystem::create_directories(folder);
    for (const farm::Artifact& artifact : artifacts) {
        desk.fetch(job, artifact.output, several ? folder / artifact.output.parameter : folder);
        bytes += artifact.output.size;
    }
    output.say(fmt::format("{} files, {}, in {}", artifacts.size(), format_bytes(bytes), folder.string()));
    json::Object object;
    object["folder"] = folder.string();
    object["files"] = artifacts.size();
    object["bytes"] = bytes;
    output.json(object);
    return done;
}

int explain(const JobRequest& request, Output& output) {
    const auto opened = Desk::open();
    Desk& desk = *opened;
    const std::size_t slash = request.id.find('/');
    json::Object body;
    body["job"] = desk.job(request.id.substr(0, slash));
    if (slash != std::string::npos) {
        const std::string rest = request.id.substr(slash + 1);
        const auto steps = desk.steps(std::string(body["job"].as_string()));
        if (rest.find(':') == std::string::npos) {
            body["step"] = rest;
        } else {
            const TaskName task = parse_task(rest, steps);
            body["step"] = std::to_string(task.step);
            body["task"] = task.task;
        }
    }
    const std::string answer(desk.ask("why", body).as_string());
    output.say(answer);
    json::Object object;
    object["why"] = answer;
    output.json(object);
    return done;
}

}  // namespace atelier::cli
