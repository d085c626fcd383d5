// Rules on values that hold both when a template is checked (for what stands there literally) and when a job is made
// from it (for what was resolved). Each tells the problem at the origin, or gives the value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "job/checker.h"

namespace atelier::job {

std::optional<std::string> as_job_name(Checker& checker, const Origin& origin, const std::string& text);
std::optional<std::int64_t> as_seconds(Checker& checker, const Origin& origin, const std::string& text);  // positive
std::optional<int> as_notify_period(Checker& checker, const Origin& origin, const std::string& text);
std::optional<CancelationMode> as_cancelation_mode(Checker& checker, const Origin& origin, const std::string& text);
std::optional<double> as_amount(Checker& checker, const Origin& origin, const std::string& text, bool zero_allowed);
std::optional<std::int64_t> as_integer(Checker& checker, const Origin& origin, const std::string& text,
                                       std::int64_t min);
std::optional<std::string> as_attribute_value(Checker& checker, const Origin& origin, std::string_view attribute,
                                              const std::string& text);
std::optional<std::string> as_task_value(Checker& checker, const Origin& origin, TaskParameterType type,
                                         const std::string& text);

// A parameter's definition holds together, and a value fits it; the problem in words, or nothing.
std::optional<std::string> why_inconsistent(const ParameterPart& parameter);
std::optional<std::string> why_unfit(const ParameterPart& parameter, const std::string& value);

// Orders two values of a parameter's type: numbers by number, all else as text.
int compare_values(ParameterType type, const std::string& a, const std::string& b);

}  // namespace atelier::job
