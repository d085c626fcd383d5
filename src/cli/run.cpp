// The command group `run`.
#include "cli/run.h"

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/exit_status.h"

namespace atelier::cli {

void add_run(CLI::App& command, Context& context) {
    const auto request = std::make_shared<RunRequest>();
    command.add_option("TEMPLATE", request->template_file, "An Open Job Description template")->required();
    command.add_option("-p,--parameter", request->parameters, "NAME=VALUE, or file://FILE with many")
        ->take_all()
        ->expected(1);
    command.add_option("--environment", request->environments, "A template of an environment around it")
        ->take_all()
        ->expected(1);
    command.add_option("--output", request->output, "Put the outputs into this folder");
    command.add_option("--name", request->name, "Name of the job; else the template's");
    command.add_option("--priority", request->priority, "0 to 100, more is sooner")
        ->check(CLI::Range(0, 100))
        ->capture_default_str();
    command.add_option("--tag", request->tags, "A word to find the job by")->take_all()->expected(1);
    command.add_option("--log-rule", request->log_rules, "REGEX=CLASS: what a line of a failed task's log tells")
        ->take_all()
        ->expected(1);
    command.add_option("--workers", request->workers, "Tasks at one time; else one a core")->check(CLI::Range(1, 1024));
    command.add_option("--at-once", request->at_once, "At most so many tasks of the job at once")
        ->check(CLI::PositiveNumber);
    command.add_option("--max-failed", request->max_failed, "Stop after so many failed tasks")
        ->check(CLI::NonNegativeNumber);
    command.add_option("--max-tries", request->max_tries, "Tries of a task that fails; else 3")
        ->check(CLI::Range(1, 100));
    command.add_flag("--isolate", request->isolate, "Give tasks copies of their inputs");
    command.add_flag("--in-place", request->in_place, "The server's workers see these files: send nothing");
    command.add_flag("--sandbox", request->sandbox, "Let tasks see only their own files");
    command.add_flag("--network", request->network, "Let tasks in the sandbox use the network");
    command.add_flag("--dry-run", request->dry_run, "Show the job, run nothing");
    when_chosen(command, context, [request, &context] { return run(*request, context.output); });
}

}  // namespace atelier::cli
