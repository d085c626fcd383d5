// The program: a table of commands. What each one does stands in the file of its group.
#include "cli/commands.h"
#include "process/keeper.h"

namespace {

const std::vector<atelier::cli::Command> commands = {
    {"run", "Jobs", "run a template's job on this machine's farm",
     "atelier run examples/demo/template.yaml -p OutputDir=./film", atelier::cli::add_run},
    {"jobs", "Jobs", "list the jobs, the newest first", "atelier jobs", atelier::cli::add_jobs},
    {"job", "Jobs", "look at one job and steer it: show, logs, pause, retry, ...", "atelier job show 7k2m",
     atelier::cli::add_job},
    {"why", "Jobs", "say what a waiting job or task waits for", "atelier why 7k2m", atelier::cli::add_why},
    {"worker", "Farm", "work for a server on another machine", "atelier worker --server https://farm:7070 --slots 4",
     atelier::cli::add_worker},
    {"openjd", "Templates", "check, run or summarize a template, without a farm", "atelier openjd check template.yaml",
     atelier::cli::add_openjd},
    {"store", "This machine", "check, clean up and measure what is stored", "atelier store usage",
     atelier::cli::add_store},
    {"doctor", "This machine", "tell what this machine can do, and what is missing", "atelier doctor",
     atelier::cli::add_doctor},
    {"completion", "This machine", "print what makes the shell complete commands", "source <(atelier completion bash)",
     atelier::cli::add_completion},
};

}  // namespace

int main(int argc, char** argv) {
    if (atelier::process::run_as_keeper(argc, argv)) return 0;
    auto output = atelier::cli::Output::of_process();
    return atelier::cli::run_program(commands, {argv + 1, argv + argc}, output);
}
