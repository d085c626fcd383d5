#include "job/capabilities.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.h"
#include "job/checker.h"

namespace atelier::job {

namespace {

constexpr std::array<std::string_view, 5> standard_amounts = {"amount.worker.vcpu", "amount.worker.memory",
                                                              "amount.worker.gpu", "amount.worker.gpu.memory",
                                                              "amount.worker.disk.scratch"};

struct StandardAttribute {
    std::string_view name;
    std::vector<std::string_view> values;
};

const std::vector<StandardAttribute>& standard_attributes() {
    static const std::vector<StandardAttribute> attributes = {{"attr.worker.os.family", {"linux", "windows", "macos"}},
                                                              {"attr.worker.cpu.arch", {"x86_64", "arm64"}}};
    return attributes;
}

const StandardAttribute* standard_attribute(std::string_view name) {
    for (const StandardAttribute& attribute : standard_attributes())
        if (attribute.name == lower(name)) return &attribute;
    return nullptr;
}

bool is_standard(CapabilityKind kind, std::string_view name) {
    if (kind == CapabilityKind::attribute) return standard_attribute(name) != nullptr;
    return std::find(standard_amounts.begin(), standard_amounts.end(), lower(name)) != standard_amounts.end();
}

bool is_reserved(std::string_view scope) {
    const std::string name = lower(scope);
    return name == "worker" || name == "job" || name == "step" || name == "task";
}

}  // namespace

// [vendor:]amount.X[.Y]*
std::optional<std::string> why_not_capability(CapabilityKind kind, std::string_view name) {
    const std::size_t length = count_characters(name).value_or(0);
    if (length > max_capability_name)
        return fmt::format("has {} characters; at most {} are allowed", length, max_capability_name);
    const std::string_view prefix = kind == CapabilityKind::amount ? "amount" : "attr";
    const std::string malformed = fmt::format("{} isn't a name like [vendor:]{}.name", shown(name), prefix);
    std::string_view rest = name;
    if (const std::size_t colon = rest.find(':'); colon != std::string_view::npos) {
        if (!is_identifier(rest.substr(0, colon))) return malformed;
        rest.remove_prefix(colon + 1);
    }
    const std::vector<std::string_view> parts = split(rest, '.');
    if (parts.size() < 2 || lower(parts.front()) != prefix || !std::all_of(parts.begin(), parts.end(), is_identifier))
        return malformed;
    if (is_reserved(parts[1]) && !is_standard(kind, name))
        return fmt::format("{} isn't one of the specification, which keeps \"{}.{}\" for itself", shown(name), prefix,
                           parts[1]);
    return std::nullopt;
}

std::optional<std::string> why_not_attribute_value(std::string_view attribute, std::string_view value) {
    if (const StandardAttribute* standard = standard_attribute(attribute)) {
        const auto& values = standard->values;
        if (std::find(values.begin(), values.end(), lower(value)) != values.end()) return std::nullopt;
        return fmt::format("{} is none of {}", shown(value), fmt::join(values, ", "));
    }
    const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    const auto fits = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '-'; };
    if (value.empty()) return "must not be empty";
    if (value.size() > max_attribute_value) return fmt::format("has more than {} characters", max_attribute_value);
    if (!is_letter(value.front()) || !std::all_of(value.begin(), value.end(), fits))
        return shown(value) + " isn't a letter or _, then letters, digits, - and _";
    return std::nullopt;
}

bool is_single_valued(std::string_view attribute) { return standard_attribute(attribute) != nullptr; }

double default_amount(std::string_view amount) { return lower(amount) == "amount.worker.vcpu" ? 1 : 0; }

}  // namespace atelier::job
