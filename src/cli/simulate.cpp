// The command `simulate`: a farm of workers that are only messages, in virtual time, with everything going wrong that
// is asked for; it tells whether what must hold did, and how quick the farm was.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "base/json_struct.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/home.h"
#include "cli/served.h"
#include "simulate/options.h"

namespace atelier::simulate {

BOOST_DESCRIBE_STRUCT(Report, (),
                      (exchanges, leases, faults, real_seconds, virtual_seconds, cpu_seconds, leases_per_second, p50_ms,
                       p99_ms, wasted_matches, largest_unfairness, peak_memory, broken))

}  // namespace atelier::simulate

namespace atelier::cli {

namespace {

struct Asked {
    simulate::Options options;
    std::string faults;
    std::string fairness = "balanced";
    std::string token_file;
};

std::set<simulate::Fault> faults_of(const std::string& text) {
    if (text == "all") return simulate::all_faults();
    std::set<simulate::Fault> faults;
    for (const std::string_view name : split(text, ',')) {
        if (name.empty()) continue;
        const auto fault = simulate::fault_named(name);
        if (!fault)
            throw Error(Error::Kind::invalid, "there is no fault '" + printable(name) + "'",
                        "lost, duplicate, freeze, crash, partition, clock; or all");
        faults.insert(*fault);
    }
    return faults;
}

farm::Fairness fairness_of(const std::string& name) {
    const auto fairness = farm::fairness_named(name);
    if (!fairness)
        throw Error(Error::Kind::invalid, "there is no order '" + printable(name) + "'", "fifo, balanced or weighted");
    return *fairness;
}

std::string token_of(const Asked& asked) {
    if (!asked.token_file.empty()) return secret_from(asked.token_file);
    if (const std::string token = process_environment("ATELIER_TOKEN"); !token.empty()) return token;
    const std::string file = process_environment("ATELIER_TOKEN_FILE");
    return secret_from(file.empty() ? home_folder() / "token" : std::filesystem::path(file));
}

void tell(const simulate::Report& report, Output& output) {
    output.say(fmt::format("{} exchanges and {} leases in {} ({} of virtual time), {} faults", report.exchanges,
                           report.leases, format_duration(report.real_seconds), format_duration(report.virtual_seconds),
                           report.faults));
    output.say(
        fmt::format("{:.0f} exchanges/s, {:.0f} leases/s; an exchange took {:.3f} ms, 99 of 100 less than {:.3f} ms",
                    static_cast<double>(report.exchanges) / report.real_seconds, report.leases_per_second,
                    report.p50_ms, report.p99_ms));
    output.say(
        fmt::format("{:.1f} % of those woken found nothing; shares were within {:.1f} %; {:.1f} s of CPU and at "
                    "most {} of memory",
                    report.wasted_matches * 100, report.largest_unfairness * 100, report.cpu_seconds,
                    format_bytes(report.peak_memory)));
}

int run(const Asked& asked, Context& context) {
    simulate::Options options = asked.options;
    options.database = database_argument(options.database);
    options.faults = faults_of(asked.faults);
    options.fairness = fairness_of(asked.fairness);
    if (!options.server.empty()) options.token = token_of(asked);
    const simulate::Report report = simulate::run(options);
    tell(report, context.output);
    context.output.json(json::write(report));
    if (report.broken.empty()) return done;
    throw Error(Error::Kind::internal,
                fmt::format("with seed {} an invariant was broken, {}", options.seed, report.broken.front()),
                fmt::format("{} in all; --json lists them", report.broken.size()));
}

}  // namespace

void add_simulate(CLI::App& command, Context& context) {
    const auto asked = std::make_shared<Asked>();
    simulate::Options& options = asked->options;
    command.add_option("--workers", options.workers, "how many workers")
        ->check(CLI::Range(1, 100'000))
        ->capture_default_str();
    command.add_option("--jobs", options.jobs, "how many jobs")->check(CLI::Range(1, 100'000))->capture_default_str();
    command.add_option("--tasks", options.tasks, "of all jobs together")->capture_default_str();
    command.add_option("--owners", options.owners, "who own the jobs in turn")
        ->check(CLI::Range(1, 10'000))
        ->capture_default_str();
    command.add_option("--seed", options.seed, "the same load and the same chances again")->capture_default_str();
    command.add_option("--db", options.database,
                       "an empty database, else one of its own; with --server: the server's, to be checked at the end");
    command.add_option("--server", options.server,
                       "http://HOST:PORT of a server without other work: over HTTP, in real time");
    command.add_option("--token-file", asked->token_file,
                       "an admin's token for it; else ATELIER_TOKEN, ATELIER_TOKEN_FILE, or this machine's own");
    command.add_option("--task-seconds", options.task_seconds, "how long each task takes there; else as it comes")
        ->check(CLI::Range(0.0, 3600.0));
    command.add_option("--faults", asked->faults, "lost,duplicate,freeze,crash,partition,clock; or all");
    command.add_option("--fairness", asked->fairness, "fifo, balanced or weighted")->capture_default_str();
    command.add_option("--saturation", options.saturation_seconds, "seconds of virtual time with more work than slots")
        ->capture_default_str();
    when_chosen(command, context, [asked, &context] { return run(*asked, context); });
}

}  // namespace atelier::cli
