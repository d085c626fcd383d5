// The command `simulate`: a farm of workers that are only messages, in virtual time, with everything going wrong that
// is asked for; it tells whether what must hold did, and how quick the farm was.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "base/json_struct.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/exit_status.h"
#include "simulate/options.h"

namespace atelier::simulate {

BOOST_DESCRIBE_STRUCT(Report, (),
                      (exchanges, leases, faults, real_seconds, virtual_seconds, p50_ms, p99_ms, wasted_matches,
                       largest_unfairness, peak_memory, broken))

}  // namespace atelier::simulate

namespace atelier::cli {

namespace {

struct Asked {
    simulate::Options options;
    std::string faults;
    std::string fairness = "balanced";
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

void tell(const simulate::Report& report, Output& output) {
    output.say(fmt::format("{} exchanges and {} leases in {} ({} of virtual time), {} faults", report.exchanges,
                           report.leases, format_duration(report.real_seconds), format_duration(report.virtual_seconds),
                           report.faults));
    output.say(
        fmt::format("{:.0f} exchanges/s, {:.0f} leases/s; an exchange took {:.3f} ms, 99 of 100 less than {:.3f} ms",
                    static_cast<double>(report.exchanges) / report.real_seconds,
                    static_cast<double>(report.leases) / report.real_seconds, report.p50_ms, report.p99_ms));
    output.say(fmt::format("{:.1f} % of those woken found nothing; shares were within {:.1f} %; at most {} of memory",
                           report.wasted_matches * 100, report.largest_unfairness * 100,
                           format_bytes(report.peak_memory)));
}

int run(const Asked& asked, Context& context) {
    simulate::Options options = asked.options;
    options.faults = faults_of(asked.faults);
    options.fairness = fairness_of(asked.fairness);
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
    command.add_option("--db", options.database, "an empty database; else one of its own");
    command.add_option("--faults", asked->faults, "lost,duplicate,freeze,crash,partition,clock; or all");
    command.add_option("--fairness", asked->fairness, "fifo, balanced or weighted")->capture_default_str();
    command.add_option("--saturation", options.saturation_seconds, "seconds of virtual time with more work than slots")
        ->capture_default_str();
    when_chosen(command, context, [asked, &context] { return run(*asked, context); });
}

}  // namespace atelier::cli
