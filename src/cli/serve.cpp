// The command `serve`.
#include "cli/serve.h"

#include <CLI/CLI.hpp>

#include "cli/commands.h"

namespace atelier::cli {

void add_serve(CLI::App& command, Context& context) {
    const auto request = std::make_shared<ServeRequest>();
    request->crafts = &context.crafts.routes;
    command.add_option("--listen", request->listen, "Address and port")->capture_default_str();
    command.add_option("--data", request->data, "The data folder; else ATELIER_HOME, or one in your home");
    command.add_option("--db", request->database,
                       "postgresql://HOST/NAME; else SQLite in the data folder. A password belongs into PGPASSFILE");
    command.add_option("--workers", request->workers, "Tasks at one time on this machine: a number, or auto")
        ->capture_default_str();
    command.add_option("--tls-cert", request->certificate, "The server's certificate, PEM, with its chain");
    command.add_option("--tls-key", request->key, "Its key, PEM");
    command.add_option("--url", request->url, "Where other servers of the same database reach this one");
    command.add_option("--fairness", request->fairness, "How jobs share the farm: balanced, weighted or fifo")
        ->check(CLI::IsMember({"balanced", "weighted", "fifo"}))
        ->capture_default_str();
    command
        .add_option("--lease", request->lease_seconds,
                    "Seconds: what a worker had that was silent for so long is given to others")
        ->check(CLI::Range(2, 86'400))
        ->capture_default_str();
    when_chosen(command, context, [request, &context] { return serve(*request, context.output); });
}

}  // namespace atelier::cli
