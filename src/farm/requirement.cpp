#include "farm/requirement.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace atelier::farm {

namespace {

constexpr const char* vcpu = "amount.worker.vcpu";
constexpr const char* memory = "amount.worker.memory";
constexpr const char* gpu_memory = "amount.worker.gpu.memory";
constexpr double slack = 1e-9;  // sums of fractions of a core are compared

double amount_of(const Amounts& amounts, const std::string& name) {
    const auto found = amounts.find(name);
    return found == amounts.end() ? 0 : found->second;
}

bool has_value(const std::vector<std::string>& values, const std::string& wanted) {
    return std::any_of(values.begin(), values.end(),
                       [&](const std::string& value) { return lower(value) == lower(wanted); });
}

bool satisfies(const wire::Capabilities& capabilities, const job::AttributeRequirement& wanted) {
    const auto found = capabilities.attributes.find(wanted.name);
    if (found == capabilities.attributes.end()) return false;
    const auto& values = found->second;
    const auto has = [&](const std::string& value) { return has_value(values, value); };
    if (!wanted.any_of.empty() && std::none_of(wanted.any_of.begin(), wanted.any_of.end(), has)) return false;
    return std::all_of(wanted.all_of.begin(), wanted.all_of.end(), has);
}

std::string in_words(const std::string& name, double value) {
    if (name == vcpu) return fmt::format("{:g} core{}", value, value == 1 ? "" : "s");
    if (name == memory) return fmt::format("{:g} MiB of memory", value);
    if (name == "amount.worker.gpu") return fmt::format("{:g} GPU{}", value, value == 1 ? "" : "s");
    if (name == gpu_memory) return fmt::format("{:g} MiB of GPU memory", value);
    if (name == "amount.worker.disk.scratch") return fmt::format("{:g} GiB of scratch space", value);
    return fmt::format("{:g} of {}", value, name);
}

}  // namespace

Requirement::Requirement(const job::HostRequirements& requirements) : attributes_(requirements.attributes) {
    amounts_[vcpu] = 1;
    for (const job::AmountRequirement& amount : requirements.amounts)
        amounts_[amount.name] = amount.min.value_or(0);
    std::erase_if(amounts_, [](const auto& item) { return item.second <= 0; });
}

Requirement Requirement::with_memory(double factor, double least_mib) const {
    Requirement raised = *this;
    double& amount = raised.amounts_[memory];
    amount = std::max(amount * factor, least_mib);
    if (amount <= 0) raised.amounts_.erase(memory);
    return raised;
}

bool Requirement::fits(const wire::Capabilities& capabilities) const { return fits_now(capabilities, {}); }

bool Requirement::fits_now(const wire::Capabilities& capabilities, const Amounts& reserved_already) const {
    for (const auto& [name, wanted] : amounts_) {
        // That is what the smallest card has: each session that reserves a card has one of its own.
        const double taken = name == gpu_memory ? 0 : amount_of(reserved_already, name);
        if (amount_of(capabilities.amounts, name) - taken + slack < wanted) return false;
    }
    return std::all_of(attributes_.begin(), attributes_.end(),
                       [&](const auto& wanted) { return satisfies(capabilities, wanted); });
}

std::string Requirement::missing(const wire::Capabilities& capabilities) const {
    for (const auto& [name, wanted] : amounts_) {
        const double there = amount_of(capabilities.amounts, name);
        if (there + slack < wanted) return fmt::format("{} (there are {:g})", in_words(name, wanted), there);
    }
    for (const auto& wanted : attributes_)
        if (!satisfies(capabilities, wanted))
            return fmt::format("{} to be {}{}", wanted.name, join(wanted.any_of, " or "), join(wanted.all_of, " and "));
    return {};
}

std::string Requirement::key() const {
    std::string key;
    for (const auto& [name, value] : amounts_)
        key += fmt::format("{}={};", name, value);
    for (const auto& wanted : attributes_)
        key += fmt::format("{}:{}|{};", wanted.name, join(wanted.any_of, ","), join(wanted.all_of, ","));
    return key;
}

void add(Amounts& to, const Amounts& amounts) {
    for (const auto& [name, value] : amounts)
        to[name] += value;
}

void subtract(Amounts& from, const Amounts& amounts) {
    for (const auto& [name, value] : amounts) {
        double& left = from[name];
        left = std::max(0.0, left - value);
    }
}

}  // namespace atelier::farm
