// The command group of jobs: `jobs`, `job VERB` and `why`.
#include "cli/jobs.h"

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "cli/commands.h"

namespace atelier::cli {

namespace {

constexpr const char* job_id_help = "The job's id, or its first letters";

// A verb whose only argument is the job's id.
void add_simple_verb(CLI::App& command, Context& context, const char* name, const char* summary,
                     int (*act)(const JobRequest&, Output&)) {
    CLI::App& verb = add_verb(command, name, summary, std::string("atelier job ") + name + " 7k2m");
    const auto request = std::make_shared<JobRequest>();
    verb.add_option("JOB", request->id, job_id_help)->required();
    when_chosen(verb, context, [request, act, &context] { return act(*request, context.output); });
}

void add_logs(CLI::App& command, Context& context) {
    CLI::App& verb = add_verb(command, "logs", "print what a task said", "atelier job logs 7k2m Frames:12");
    const auto request = std::make_shared<LogsRequest>();
    verb.add_option("JOB", request->id, job_id_help)->required();
    verb.add_option("TASK", request->task, "STEP:NUMBER; else the task that failed first, or the last");
    verb.add_option("--attempt", request->attempt, "Which try, from 1; else the last")->check(CLI::PositiveNumber);
    verb.add_flag("--follow", request->follow, "Go on while the task runs");
    when_chosen(verb, context, [request, &context] { return show_logs(*request, context.output); });
}

void add_resume(CLI::App& command, Context& context) {
    CLI::App& verb =
        add_verb(command, "resume", "go on with a job that was paused or cut off", "atelier job resume 7k2m");
    const auto request = std::make_shared<ResumeRequest>();
    verb.add_option("JOB", request->id, job_id_help)->required();
    verb.add_option("--workers", request->workers, "Tasks at one time; else one a core")->check(CLI::Range(1, 1024));
    when_chosen(verb, context, [request, &context] { return resume_job(*request, context.output); });
}

void add_retry(CLI::App& command, Context& context) {
    CLI::App& verb =
        add_verb(command, "retry", "run a job again, or only what failed", "atelier job retry 7k2m --failed");
    const auto request = std::make_shared<RetryRequest>();
    verb.add_option("JOB", request->id, job_id_help)->required();
    verb.add_flag("--failed", request->failed_only, "Only the tasks that failed");
    verb.add_option("--workers", request->workers, "Tasks at one time; else one a core")->check(CLI::Range(1, 1024));
    when_chosen(verb, context, [request, &context] { return retry_job(*request, context.output); });
}

void add_events(CLI::App& command, Context& context) {
    CLI::App& verb =
        add_verb(command, "events", "list what happened to it, from any number on", "atelier job events 7k2m");
    const auto request = std::make_shared<EventsRequest>();
    verb.add_option("JOB", request->id, job_id_help)->required();
    verb.add_option("--after", request->after, "Only those with a higher number")->check(CLI::NonNegativeNumber);
    verb.add_option("--limit", request->limit, "At most so many")->check(CLI::PositiveNumber)->capture_default_str();
    when_chosen(verb, context, [request, &context] { return list_events(*request, context.output); });
}

void add_priority(CLI::App& command, Context& context) {
    CLI::App& verb =
        add_verb(command, "priority", "let it go before others, or after them", "atelier job priority 7k2m 80");
    const auto request = std::make_shared<PriorityRequest>();
    verb.add_option("JOB", request->id, job_id_help)->required();
    verb.add_option("PRIORITY", request->priority, "0 to 100, more is sooner")->required()->check(CLI::Range(0, 100));
    when_chosen(verb, context, [request, &context] { return set_priority(*request, context.output); });
}

void add_download(CLI::App& command, Context& context) {
    CLI::App& verb =
        add_verb(command, "download", "copy a job's outputs into a folder", "atelier job download 7k2m --to ./film");
    const auto request = std::make_shared<DownloadRequest>();
    verb.add_option("JOB", request->id, job_id_help)->required();
    verb.add_option("--to", request->folder, "The folder; else one with the job's id");
    when_chosen(verb, context, [request, &context] { return download_outputs(*request, context.output); });
}

void add_verbs(CLI::App& command, Context& context) {
    add_simple_verb(command, context, "show", "state, steps, progress, and what failed first", show_job);
    add_logs(command, context);
    add_simple_verb(command, context, "watch", "follow a job to its end", watch_job);
    add_simple_verb(command, context, "pause", "start no further tasks of it", pause_job);
    add_resume(command, context);
    add_simple_verb(command, context, "cancel", "stop it for good", cancel_job);
    add_retry(command, context);
    add_priority(command, context);
    add_events(command, context);
    add_simple_verb(command, context, "outputs", "list the files that it made", list_outputs);
    add_download(command, context);
    add_simple_verb(command, context, "archive", "put a finished job out of sight", archive_job);
    add_simple_verb(command, context, "delete", "remove it, with all that it alone holds", delete_job);
}

}  // namespace

void add_jobs(CLI::App& command, Context& context) {
    const auto request = std::make_shared<JobsRequest>();
    command.add_flag("--all", request->all, "Those in the archive too");
    command.add_option("--state", request->state, "Only those in this state");
    command.add_option("--tag", request->tag, "Only those with this tag");
    command.add_option("--limit", request->limit, "At most so many")->check(CLI::PositiveNumber)->capture_default_str();
    when_chosen(command, context, [request, &context] { return list_jobs(*request, context.output); });
    add_verbs(command, context);  // `jobs resume` is what many type for `job resume`
}

void add_job(CLI::App& command, Context& context) { add_verbs(command, context); }

void add_why(CLI::App& command, Context& context) {
    const auto request = std::make_shared<JobRequest>();
    command.add_option("ID", request->id, "A job, or one of its tasks: JOB/STEP:NUMBER")->required();
    when_chosen(command, context, [request, &context] { return explain(*request, context.output); });
}

}  // namespace atelier::cli
