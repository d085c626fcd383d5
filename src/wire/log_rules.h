// What the last lines of a failed attempt's log tell of its failure: regular expressions, those of the job and then
// those that hold for every craft. They take time that grows with the length of a line and no more, whatever the
// expression and the line are (RE2: no back-references, no look-around).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/link.h"

namespace atelier::wire {

constexpr std::size_t log_lines_looked_at = 50;
constexpr std::size_t log_line_looked_at = 4096;  // bytes of its beginning

// "REGEX=CLASS". Throws Error::invalid.
LogRule parse_log_rule(std::string_view text);

// Throws Error::invalid that names the rule: what isn't an expression, or a class that a log can't tell of.
void check_log_rules(const std::vector<LogRule>& rules);

struct LogFinding {
    ResultClass result = ResultClass::failed_app;
    std::string line;
};

// The first rule that some line matches, with the last such line.
std::optional<LogFinding> judge_log(const std::vector<LogRule>& rules, const std::vector<std::string>& lines);

}  // namespace atelier::wire
