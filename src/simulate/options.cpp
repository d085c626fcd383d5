#include "simulate/options.h"

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

}  // namespace atelier::simulate
