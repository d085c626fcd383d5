#include "wire/log_rules.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <memory>

#include "base/error.h"
#include "base/text.h"

namespace atelier::wire {

namespace {

constexpr std::size_t most_rules = 32;
constexpr std::size_t longest_pattern = 1024;
constexpr std::int64_t most_memory = 1 << 20;  // of an expression made ready
constexpr std::size_t longest_line_told = 200;

struct NamedClass {
    std::string_view name;
    ResultClass result;
};

// What a log may tell of. The others are known for certain without it.
constexpr std::array classes = {NamedClass{"failed_app", ResultClass::failed_app},
                                NamedClass{"failed_resource", ResultClass::failed_resource},
                                NamedClass{"failed_licence", ResultClass::failed_licence},
                                NamedClass{"stalled", ResultClass::stalled},
                                NamedClass{"interrupted", ResultClass::interrupted},
                                NamedClass{"failed_job", ResultClass::failed_job}};

// A missing licence is waited for without end, so only what nobody writes of anything else counts as one.
const std::vector<LogRule>& rules_of_every_craft() {
    static const std::vector<LogRule> rules = {
        {"No space left on device", ResultClass::failed_resource},
        {"CUDA out of memory|CUDA_ERROR_OUT_OF_MEMORY|(?i:out of gpu memory)", ResultClass::failed_resource},
        {"std::bad_alloc", ResultClass::failed_resource},
        {"(?i)licen[sc]es?\\b.*\\b(no more|checkout failed|not available)", ResultClass::failed_licence},
        {"(?i)\\b(no more licen[sc]es|checkout failed\\b.*\\blicen[sc]e)", ResultClass::failed_licence}};
    return rules;
}

std::unique_ptr<RE2> compiled(const std::string& pattern) {
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(most_memory);
    return std::make_unique<RE2>(pattern, options);
}

std::string names_of_classes() {
    std::vector<std::string> names;
    for (const NamedClass& known : classes)
        names.emplace_back(known.name);
    return join(names, ", ");
}

void check_log_rule(const LogRule& rule) {
    const std::string name = "the log rule \"" + printable(rule.pattern.substr(0, longest_line_told)) + "\"";
    if (rule.pattern.empty() || rule.pattern.size() > longest_pattern)
        throw Error(Error::Kind::invalid, name + " has no expression of 1 to 1024 bytes");
    const auto expression = compiled(rule.pattern);
    if (!expression->ok())
        throw Error(Error::Kind::invalid, name + " is not a regular expression: " + printable(expression->error()));
    if (std::none_of(classes.begin(), classes.end(),
                     [&](const NamedClass& known) { return known.result == rule.result; }))
        throw Error(Error::Kind::invalid, name + " leads to a class that a log can't tell of",
                    "it may be " + names_of_classes());
}

// A rule that can't be read here says nothing: the farm has checked it.
std::optional<LogFinding> judge(const LogRule& rule, const std::vector<std::string>& lines) {
    const auto expression = compiled(rule.pattern);
    if (!expression->ok()) return std::nullopt;
    for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
        const std::string_view looked_at = std::string_view(*line).substr(0, log_line_looked_at);
        if (RE2::PartialMatch(re2::StringPiece(looked_at.data(), looked_at.size()), *expression))
            return LogFinding{rule.result, printable(looked_at.substr(0, longest_line_told))};
    }
    return std::nullopt;
}

}  // namespace

LogRule parse_log_rule(std::string_view text) {
    const std::size_t equals = text.rfind('=');
    const std::string name(equals == std::string_view::npos ? "" : text.substr(equals + 1));
    for (const NamedClass& known : classes)
        if (known.name == name) {
            LogRule rule{std::string(text.substr(0, equals)), known.result};
            check_log_rule(rule);
            return rule;
        }
    throw Error(Error::Kind::invalid, "\"" + printable(text.substr(0, longest_line_told)) + "\" is not a log rule",
                "write REGEX=CLASS; the class is one of " + names_of_classes());
}

void check_log_rules(const std::vector<LogRule>& rules) {
    if (rules.size() > most_rules) throw Error(Error::Kind::invalid, "a job may have 32 log rules at most");
    for (const LogRule& rule : rules)
        check_log_rule(rule);
}

std::optional<LogFinding> judge_log(const std::vector<LogRule>& rules, const std::vector<std::string>& lines) {
    for (const auto* some : {&rules, &rules_of_every_craft()})
        for (const LogRule& rule : *some)
            if (auto finding = judge(rule, lines)) return finding;
    return std::nullopt;
}

}  // namespace atelier::wire
