// Lines by which a task speaks to us: openjd_progress, openjd_env and so on, and our own atelier_metric and
// atelier_preview. A pure function of one line; what a line leads to is the action runner's matter.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace atelier::session {

enum class LogLevel { debug, info, warning, error };

struct Directive {
    enum class Kind { none, progress, status, fail, env, unset_env, redacted_env, log_level, metric, preview };

    Kind kind = Kind::none;
    std::string name;   // of a variable or metric
    std::string text;   // a variable's value, a status, the reason of a failure, a path
    double number = 0;  // progress in percent, a metric's value
    LogLevel level = LogLevel::info;

    // Why it can't be followed. A broken env or unset_env fails its action; everything else that is broken is ignored.
    std::string broken;
    std::string secret;  // of a redacted_env, broken or not: what must never be shown, as it stands in the line
};

Directive parse_directive(std::string_view line);

// A variable's name: letters, digits and underscores, the first no digit.
bool is_variable_name(std::string_view text);

}  // namespace atelier::session
