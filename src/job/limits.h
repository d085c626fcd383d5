// The specification's numbers, in one place. Lengths are in Unicode characters.
#pragma once

#include <cstddef>

#include "job/parts.h"

namespace atelier::job {

constexpr std::size_t no_limit = static_cast<std::size_t>(-1);

constexpr std::size_t max_description = 2048;
constexpr std::size_t max_parameter_value = 1024;
constexpr std::size_t max_label = 64;
constexpr std::size_t max_file_filters = 20;
constexpr std::size_t max_file_pattern = 20;
constexpr std::size_t max_environment_parameters = 50;
constexpr std::size_t max_task_parameters = 16;
constexpr std::size_t max_range_elements = 1024;
constexpr std::size_t max_combination = 1280;
constexpr std::size_t max_requirements = 50;
constexpr std::size_t max_capability_name = 100;
constexpr std::size_t max_attribute_values = 50;
constexpr std::size_t max_attribute_value = 100;
constexpr std::size_t max_variable_name = 256;
constexpr std::size_t max_variable_value = 2048;
constexpr int max_notify_period = 600;
constexpr std::size_t min_extension_name = 3;
constexpr std::size_t max_extension_name = 128;

inline std::size_t max_identifier(const Rules& rules) { return rules.feature_bundle_1 ? 512 : 64; }
inline std::size_t max_job_name(const Rules& rules) { return rules.feature_bundle_1 ? 512 : 128; }
inline std::size_t max_name(const Rules& rules) {
    return rules.feature_bundle_1 ? 512 : 64;
}  // of steps and environments
inline std::size_t max_job_parameters(const Rules& rules) { return rules.feature_bundle_1 ? 200 : 50; }
inline std::size_t max_file_name(const Rules& rules) { return rules.feature_bundle_1 ? 256 : 64; }

}  // namespace atelier::job
