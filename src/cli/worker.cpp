// The command `worker`.
#include "cli/worker.h"

#include <CLI/CLI.hpp>

#include "cli/commands.h"

namespace atelier::cli {

void add_worker(CLI::App& command, Context& context) {
    const auto request = std::make_shared<WorkerRequest>();
    command.add_option("--server", request->server, "Its address: https://farm.example:7070")->required();
    command.add_option("--name", request->name, "For people; else the machine's name");
    command.add_option("--slots", request->slots, "Tasks at one time; else one a core")->check(CLI::Range(1, 1024));
    command.add_option("--tags", request->tags, "Words that jobs can ask for, with commas between")->delimiter(',');
    command.add_option("--cache", request->cache, "Disk for inputs and outputs; 0: no limit")->capture_default_str();
    command.add_option("--data", request->data, "Its own folder, with that cache");
    command.add_option("--token-file", request->token_file, "A file with its token, else ATELIER_TOKEN");
    command.add_option("--ca", request->authority, "Who signed the server's certificate (PEM)");
    when_chosen(command, context, [request, &context] { return work(*request, context.output); });
}

}  // namespace atelier::cli
