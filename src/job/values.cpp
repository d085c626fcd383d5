#include "job/values.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "job/capabilities.h"
#include "job/range_expr.h"

namespace atelier::job {

std::optional<std::string> as_job_name(Checker& checker, const Origin& origin, const std::string& text) {
    const std::size_t length = count_characters(text).value_or(0);
    if (length == 0)
        checker.problem(origin, "must not be empty");
    else if (length > max_job_name(checker.rules()))
        checker.problem(
            origin, fmt::format("has {} characters; at most {} are allowed", length, max_job_name(checker.rules())));
    else if (has_controls(text, Controls::refused))
        checker.problem(origin, "must not contain control characters");
    else
        return text;
    return std::nullopt;
}

std::optional<std::int64_t> as_integer(Checker& checker, const Origin& origin, const std::string& text,
                                       std::int64_t min) {
    const auto value = parse_int(trim(text));
    if (value && *value >= min) return value;
    checker.problem(origin, value ? fmt::format("must be at least {}, not {}", min, *value)
                                  : shown(text) + " isn't an integer of 64 bits");
    return std::nullopt;
}

std::optional<std::int64_t> as_seconds(Checker& checker, const Origin& origin, const std::string& text) {
    return as_integer(checker, origin, text, 1);
}

std::optional<int> as_notify_period(Checker& checker, const Origin& origin, const std::string& text) {
    const auto seconds = as_seconds(checker, origin, text);
    if (!seconds || *seconds <= max_notify_period) return seconds;
    checker.problem(origin, fmt::format("must be at most {} seconds", max_notify_period));
    return std::nullopt;
}

std::optional<CancelationMode> as_cancelation_mode(Checker& checker, const Origin& origin, const std::string& text) {
    if (text == "TERMINATE") return CancelationMode::terminate;
    if (text == "NOTIFY_THEN_TERMINATE") return CancelationMode::notify_then_terminate;
    checker.problem(origin, shown(text) + " is none of TERMINATE, NOTIFY_THEN_TERMINATE");
    return std::nullopt;
}

std::optional<double> as_amount(Checker& checker, const Origin& origin, const std::string& text, bool zero_allowed) {
    const auto value = parse_number(trim(text));
    if (!value)
        checker.problem(origin, shown(text) + " isn't a finite number");
    else if (*value < 0 || (*value == 0 && !zero_allowed))
        checker.problem(origin, zero_allowed ? "must not be negative" : "must be greater than 0");
    else
        return value;
    return std::nullopt;
}

std::optional<std::string> as_attribute_value(Checker& checker, const Origin& origin, std::string_view attribute,
                                              const std::string& text) {
    if (const auto why = why_not_attribute_value(attribute, text)) {
        checker.problem(origin, *why);
        return std::nullopt;
    }
    return text;
}

std::optional<std::string> as_task_value(Checker& checker, const Origin& origin, TaskParameterType type,
                                         const std::string& text) {
    const std::string_view trimmed = trim(text);
    switch (type) {
        case TaskParameterType::integer:
        case TaskParameterType::chunk: {
            const auto value = parse_int(trimmed);
            if (value && (type == TaskParameterType::integer || (*value<range_bound&& * value> - range_bound)))
                return std::to_string(*value);
            checker.problem(origin, shown(text) + (value ? " is too large" : " isn't an integer of 64 bits"));
            return std::nullopt;
        }
        case TaskParameterType::real:
            if (parse_number(trimmed)) return std::string(trimmed);
            checker.problem(origin, shown(text) + " isn't a finite number");
            return std::nullopt;
        case TaskParameterType::string:
        case TaskParameterType::path: break;
    }
    const std::size_t length = count_characters(text).value_or(0);
    if (length > 0 && length <= max_parameter_value) return text;
    checker.problem(
        origin, length == 0 ? "must not be empty"
                            : fmt::format("has {} characters; at most {} are allowed", length, max_parameter_value));
    return std::nullopt;
}

int compare_values(ParameterType type, const std::string& a, const std::string& b) {
    const auto order = [](auto x, auto y) { return x < y ? -1 : (y < x ? 1 : 0); };
    if (type == ParameterType::integer) return order(parse_int(a), parse_int(b));
    if (type == ParameterType::real) return order(parse_number(a), parse_number(b));
    return order(a, b);
}

std::optional<std::string> why_unfit(const ParameterPart& parameter, const std::string& value) {
    const ParameterType type = parameter.type;
    if (type == ParameterType::string || type == ParameterType::path) {
        const auto length = static_cast<std::int64_t>(count_characters(value).value_or(0));
        if (parameter.min_length && length < *parameter.min_length)
            return fmt::format("{} has {} characters, fewer than minLength {}", shown(value), length,
                               *parameter.min_length);
        if (parameter.max_length && length > *parameter.max_length)
            return fmt::format("{} has {} characters, more than maxLength {}", shown(value), length,
                               *parameter.max_length);
    } else {
        if (parameter.min_value && compare_values(type, value, *parameter.min_value) < 0)
            return fmt::format("{} is less than minValue {}", value, *parameter.min_value);
        if (parameter.max_value && compare_values(type, value, *parameter.max_value) > 0)
            return fmt::format("{} is greater than maxValue {}", value, *parameter.max_value);
    }
    const auto& allowed = parameter.allowed_values;
    const auto same = [&](const std::string& candidate) { return compare_values(type, candidate, value) == 0; };
    if (allowed && std::none_of(allowed->begin(), allowed->end(), same))
        return fmt::format("{} is none of the allowedValues", shown(value));
    return std::nullopt;
}

std::optional<std::string> why_inconsistent(const ParameterPart& parameter) {
    if (parameter.min_length && parameter.max_length && *parameter.min_length > *parameter.max_length)
        return fmt::format("minLength {} is greater than maxLength {}", *parameter.min_length, *parameter.max_length);
    if (parameter.min_value && parameter.max_value &&
        compare_values(parameter.type, *parameter.min_value, *parameter.max_value) > 0)
        return fmt::format("minValue {} is greater than maxValue {}", *parameter.min_value, *parameter.max_value);
    if (parameter.allowed_values && parameter.allowed_values->empty()) return "no value is left in allowedValues";
    if (parameter.default_value) {
        if (const auto why = why_unfit(parameter, *parameter.default_value)) return "the default " + *why;
    }
    return std::nullopt;
}

}  // namespace atelier::job
