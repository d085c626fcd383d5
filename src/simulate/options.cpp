#include "simulate/options.h"

#include <sys/resource.h>

#include <algorithm>
#include <array>

namespace atelier::simulate {

namespace {

struct FaultName {
    Fault fault;
    std::string_view name;
};
constexpr std::array names = {FaultName{Fault::lost, "lost"},           FaultName{Fault::duplicate, "duplicate"},
                              FaultName{Fault::freeze, "freeze"},       FaultName{Fault::crash, "crash"},
                              FaultName{Fault::partition, "partition"}, FaultName{Fault::clock, "clock"}};

}  // namespace

std::string_view name_of(Fault fault) { return names.at(static_cast<std::size_t>(fault)).name; }

std::optional<Fault> fault_named(std::string_view name) {
    for (const FaultName& row : names)
        if (row.name == name) return row.fault;
    return std::nullopt;
}

std::set<Fault> all_faults() {
    std::set<Fault> all;
    for (const FaultName& row : names)
        all.insert(row.fault);
    return all;
}

void take_percentiles(std::vector<float>& latencies, Report& report) {
    if (latencies.empty()) return;
    std::sort(latencies.begin(), latencies.end());
    const auto at = [&](double part) {
        return 1000.0 * latencies[static_cast<std::size_t>(part * static_cast<double>(latencies.size() - 1))];
    };
    report.p50_ms = at(0.5);
    report.p99_ms = at(0.99);
}

void take_usage(Report& report) {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
    };
    report.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
    report.peak_memory = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

}  // namespace atelier::simulate
