#include "session/directives.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"

namespace atelier::session {
namespace {

using Kind = Directive::Kind;

constexpr double full_progress = 100;
constexpr std::size_t longest_metric_name = 128;

constexpr std::array<std::pair<std::string_view, Kind>, 9> prefixes{{
    {"openjd_progress: ", Kind::progress},
    {"openjd_status: ", Kind::status},
    {"openjd_fail: ", Kind::fail},
    {"openjd_env: ", Kind::env},
    {"openjd_unset_env: ", Kind::unset_env},
    {"openjd_redacted_env: ", Kind::redacted_env},
    {"openjd_session_runtime_loglevel: ", Kind::log_level},
    {"atelier_metric: ", Kind::metric},
    {"atelier_preview: ", Kind::preview},
}};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view without_leading_blanks(std::string_view text) {
    return text.substr(std::min(text.find_first_not_of(" \t"), text.size()));
}

// NAME=VALUE, or a JSON string of that for values with line ends.
void read_assignment(std::string_view text, Directive& directive) {
    text = without_leading_blanks(text);
    std::string decoded;
    if (text.starts_with('"')) {
        try {
            const json::Value value = json::parse(text);
            decoded.assign(value.as_string().begin(), value.as_string().end());
            text = decoded;
        } catch (const std::exception&) {
            directive.broken = "it is not a JSON string";
            return;
        }
    }
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos || !is_variable_name(text.substr(0, equals)))
        directive.broken = "NAME=VALUE is expected, and NAME is made of letters, digits and underscores";
    else if (text.find('\0') != std::string_view::npos)
        directive.broken = "a variable can't hold a NUL";
    else {
        directive.name = text.substr(0, equals);
        directive.text = text.substr(equals + 1);
    }
}

// What a broken line would have hidden is hidden, too: all after the equals sign, or all of it.
std::string_view secret_part(std::string_view text) {
    text = without_leading_blanks(text);
    const std::size_t equals = text.find('=');
    return equals == std::string_view::npos ? text : text.substr(equals + 1);
}

void read_metric(std::string_view text, Directive& directive) {
    const std::size_t equals = text.find('=');
    const std::string_view name = trim(text.substr(0, equals));
    const auto allowed = [](char c) {
        return is_letter(c) || is_digit(c) || c == '_' || c == '.' || c == '-' || c == '/';
    };
    const auto number = equals == std::string_view::npos ? std::nullopt : parse_number(trim(text.substr(equals + 1)));
    if (!number || name.empty() || name.size() > longest_metric_name ||
        !std::all_of(name.begin(), name.end(), allowed)) {
        directive.broken = "name=number is expected";
        return;
    }
    directive.name = name;
    directive.number = *number;
}

void read_progress(std::string_view text, Directive& directive) {
    const auto number = parse_number(trim(text));
    if (number && *number >= 0 && *number <= full_progress)
        directive.number = *number;
    else
        directive.broken = "a number from 0 to 100 is expected";
}

void read_log_level(std::string_view text, Directive& directive) {
    const std::string name = lower(trim(text));
    for (const auto& [known, level] : {std::pair{"debug", LogLevel::debug}, std::pair{"info", LogLevel::info},
                                       std::pair{"warning", LogLevel::warning}, std::pair{"error", LogLevel::error}})
        if (name == known) {
            directive.level = level;
            return;
        }
    directive.broken = "DEBUG, INFO, WARNING or ERROR is expected";
}

void read_name(std::string_view text, Directive& directive) {
    text = without_leading_blanks(text);
    if (is_variable_name(text))
        directive.name = text;
    else
        directive.broken = "the name of a variable is expected";
}

// Almost a line that would change the environment: wrong case, blanks before it, none after the colon. Going on without
// the variable would do harm later, so it is told at once.
Directive near_miss(std::string_view line) {
    constexpr std::size_t longest_prefix = 32;
    const std::string begin = lower(without_leading_blanks(line).substr(0, longest_prefix));
    for (const auto& [word, kind] : {std::pair<std::string_view, Kind>{"openjd_env", Kind::env},
                                     {"openjd_redacted_env", Kind::redacted_env},
                                     {"openjd_unset_env", Kind::unset_env}}) {
        if (!begin.starts_with(word)) continue;
        const char next = begin.size() == word.size() ? ':' : begin[word.size()];
        if (next != ':' && next != ' ') continue;
        Directive directive;
        directive.kind = kind == Kind::redacted_env ? Kind::env : kind;
        directive.broken = "\"" + std::string(word) + ": \" is expected at the beginning of the line";
        if (kind == Kind::redacted_env) {
            const std::size_t colon = line.find(':');
            directive.secret = secret_part(colon == std::string_view::npos ? line : line.substr(colon + 1));
        }
        return directive;
    }
    return {};
}

}  // namespace

bool is_variable_name(std::string_view text) {
    return !text.empty() && !is_digit(text.front()) &&
           std::all_of(text.begin(), text.end(), [](char c) { return is_letter(c) || is_digit(c) || c == '_'; });
}

Directive parse_directive(std::string_view line) {
    const auto found = std::find_if(prefixes.begin(), prefixes.end(),
                                    [&](const auto& entry) { return line.starts_with(entry.first); });
    if (found == prefixes.end()) return near_miss(line);
    Directive directive;
    directive.kind = found->second;
    const std::string_view text = line.substr(found->first.size());
    switch (directive.kind) {
        case Kind::progress: read_progress(text, directive); break;
        case Kind::redacted_env: directive.secret = secret_part(text); [[fallthrough]];
        case Kind::env: read_assignment(text, directive); break;
        case Kind::unset_env: read_name(text, directive); break;
        case Kind::log_level: read_log_level(text, directive); break;
        case Kind::metric: read_metric(text, directive); break;
        case Kind::preview: directive.text = trim(text); break;
        case Kind::status:
        case Kind::fail: directive.text = text; break;
        case Kind::none: break;
    }
    return directive;
}

}  // namespace atelier::session
