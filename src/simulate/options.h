// What is simulated: how many workers, jobs and tasks, what goes wrong on the way, and what came of it.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "farm/fairness.h"

namespace atelier::simulate {

enum class Fault {
    lost,       // requests and replies that never arrive
    duplicate,  // requests that arrive twice, or late
    freeze,     // workers that stand still beyond their lease and then go on
    crash,      // workers and the farm itself are killed and started again
    partition,  // many workers at once can't reach the farm, and work on
    clock       // the wall clock jumps by days
};

std::string_view name_of(Fault fault);
std::optional<Fault> fault_named(std::string_view name);
std::set<Fault> all_faults();

struct Options {
    int workers = 100;
    int jobs = 20;
    int owners = 8;
    std::uint64_t tasks = 10'000;
    std::uint64_t seed = 1;
    std::set<Fault> faults;
    farm::Fairness fairness = farm::Fairness::balanced;
    std::string database;             // empty: one of its own, removed afterwards; with a server: its, to be checked
    double saturation_seconds = 600;  // of virtual time, in which every owner has more work than there are slots
    std::string server;               // a farm that runs: over HTTP, in real time
    std::string token;                // for it
    double task_seconds = 0;          // around it each task there; 0: jobs and tasks are mixed, as in virtual time
};

struct Report {
    std::uint64_t exchanges = 0;
    std::uint64_t leases = 0;
    std::uint64_t faults = 0;
    double real_seconds = 0;
    double virtual_seconds = 0;
    double cpu_seconds = 0;
    double leases_per_second = 0;  // over HTTP from the first tenth of them to the last
    double p50_ms = 0;             // of an exchange: without its commit, or over HTTP with it, without the waiting for work
    double p99_ms = 0;
    double wasted_matches = 0;      // of the workers that were told of work, those that got none
    double largest_unfairness = 0;  // an owner's share against what is due, as a fraction
    std::uint64_t peak_memory = 0;
    std::vector<std::string> broken;  // invariants, in words; empty when all is well
};

Report run(const Options& options);

void take_percentiles(std::vector<float>& latencies, Report& report);  // of seconds; sorts them
void take_usage(Report& report);                                       // of this process

}  // namespace atelier::simulate
