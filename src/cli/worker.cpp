// The command `worker`.
#include "cli/worker.h"

#include <CLI/CLI.hpp>

#include "cli/commands.h"

namespace atelier::cli {

namespace {

void add_steering(CLI::App& command, Context& context, const char* name, const char* summary, const char* verb,
                  const char* told) {
    CLI::App& steering = add_verb(command, name, summary, std::string("atelier worker ") + name + " render-2");
    const auto worker = std::make_shared<std::string>();
    steering.add_option("WORKER", *worker, "Its name or id")->required();
    when_chosen(steering, context,
                [worker, verb, told, &context] { return steer_worker(verb, *worker, told, context.output); });
}

void add_verbs(CLI::App& command, Context& context) {
    CLI::App& list = add_verb(command, "list", "list the workers, and what they do now", "atelier worker list");
    when_chosen(list, context, [&context] { return list_workers(context.output); });
    add_steering(command, context, "pause", "give it nothing more for now", "worker-pause",
                 "finishes what it has, and is given nothing more");
    add_steering(command, context, "resume", "give it work again", "worker-resume", "is given work again");
    add_steering(command, context, "leave", "let it finish what it has, and end", "worker-leave",
                 "finishes what it has, and ends");
    add_steering(command, context, "forgive", "take its failures for forgiven", "forgive",
                 "is given again what it failed at");
    add_steering(command, context, "forget", "forget it; its tasks are given to others", "worker-forget",
                 "is forgotten; it may come back with any token");
}

}  // namespace

void add_worker(CLI::App& command, Context& context) {
    const auto request = std::make_shared<WorkerRequest>();
    command.add_option("--server", request->server, "Its address: https://farm.example:7070");
    command.add_option("--name", request->name, "For people; else the machine's name");
    command.add_option("--slots", request->slots, "Tasks at one time; else one a core")->check(CLI::Range(1, 1024));
    command.add_option("--tags", request->tags, "Words that jobs can ask for, with commas between")->delimiter(',');
    command.add_option("--cache", request->cache, "Disk for inputs and outputs; 0: no limit")->capture_default_str();
    command.add_option("--data", request->data, "Its own folder, with that cache");
    command.add_option("--token-file", request->token_file, "A file with its token, else ATELIER_TOKEN");
    command.add_option("--ca", request->authority, "Who signed the server's certificate (PEM)");
    command.add_option("--hours", request->hours, "When it works: mon-fri 19:00-07:00, sat, sun");
    command
        .add_option("--only-when-idle", request->only_when_idle,
                    "Work only when nobody was at the machine for so many minutes")
        ->check(CLI::Range(1, 24 * 60));
    add_verbs(command, context);
    when_chosen(command, context, [request, &context] { return work(*request, context.output); });
}

}  // namespace atelier::cli
