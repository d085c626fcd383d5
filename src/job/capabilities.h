// Names of amounts and attributes of hosts, and what the standard ones may be.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace atelier::job {

enum class CapabilityKind { amount, attribute };

// What is wrong with a name or a value, in words; nothing when it's right.
std::optional<std::string> why_not_capability(CapabilityKind kind, std::string_view name);
std::optional<std::string> why_not_attribute_value(std::string_view attribute, std::string_view value);

// Standard attributes of which a host has one value only.
bool is_single_valued(std::string_view attribute);

// The least that is asked for when nothing else is said.
double default_amount(std::string_view amount);

}  // namespace atelier::job
