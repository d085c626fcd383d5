#include "job/checker.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace atelier::job {

std::string Place::path() const {
    if (above_ == nullptr) return {};
    std::string path = above_->path();
    if (key_.data() == nullptr) return path + fmt::format("[{}]", index_);
    if (!path.empty()) path += '.';
    return path += key_;
}

bool has_controls(std::string_view text, Controls controls) {
    if (controls == Controls::allowed) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const bool line_end = byte == '\n' || byte == '\r' || byte == '\t';
        if (line_end && controls == Controls::line_ends) continue;
        if (byte < 0x20 || byte == 0x7f) return true;
        // U+0080 to U+009F
        if (byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) return true;
    }
    return false;
}

bool is_identifier(std::string_view text) {
    const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    return !text.empty() && is_letter(text.front()) &&
           std::all_of(text.begin(), text.end(), [&](char c) { return is_letter(c) || is_digit(c); });
}

std::string shown(std::string_view text) {
    constexpr std::size_t longest = 80;
    if (text.size() <= longest) return fmt::format("\"{}\"", text);
    return fmt::format("\"{}...\"", printable(text.substr(0, longest)));
}

void Checker::problem(const Place& place, const std::string& message) { problem(place.origin(), message); }

void Checker::problem(const Origin& origin, const std::string& message) {
    if (!full()) problems_.push_back({origin.path, origin.mark, message});
}

void Checker::problem_at(const Place& place, std::string_view below, Mark mark, const std::string& message) {
    const std::string path = place.path();
    problem({path.empty() ? std::string(below) : fmt::format("{}.{}", path, below), mark}, message);
}

std::optional<std::string> Checker::string(const Place& place) {
    const Node& node = place.node();
    if (node.kind == Node::Kind::string) return node.text;
    const bool quotable =
        node.kind == Node::Kind::integer || node.kind == Node::Kind::real || node.kind == Node::Kind::boolean;
    problem(place,
            fmt::format("must be a string, not {}{}", to_string(node.kind), quotable ? " (put it in quotes)" : ""));
    return std::nullopt;
}

std::optional<std::string> Checker::text(const Place& place, std::size_t min, std::size_t max, Controls controls) {
    auto value = string(place);
    if (!value) return std::nullopt;
    const std::size_t length = count_characters(*value).value_or(0);
    if (length < min)
        problem(place, min == 1 ? "must not be empty" : fmt::format("must have at least {} characters", min));
    else if (length > max)
        problem(place, fmt::format("has {} characters; at most {} are allowed", length, max));
    else if (has_controls(*value, controls))
        problem(place, "must not contain control characters");
    else
        return value;
    return std::nullopt;
}

std::optional<std::string> Checker::identifier(const Place& place) {
    auto name = text(place, 1, max_identifier(rules_), Controls::allowed);
    if (!name || is_identifier(*name)) return name;
    problem(place, shown(*name) + " isn't an identifier: a letter or _, then letters, digits and _");
    return std::nullopt;
}

std::optional<bool> Checker::boolean(const Place& place) {
    if (place.node().kind == Node::Kind::boolean) return place.node().text == "true";
    problem(place, fmt::format("must be true or false, not {}", to_string(place.node().kind)));
    return std::nullopt;
}

std::optional<std::size_t> Checker::choice(const Place& place, const Names& names) {
    const auto value = string(place);
    if (!value) return std::nullopt;
    const auto found = std::find(names.begin(), names.end(), *value);
    if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
    problem(place, fmt::format("{} is none of {}", shown(*value), fmt::join(names, ", ")));
    return std::nullopt;
}

std::optional<std::string> Checker::integer_text(const Place& place) {
    const Node& node = place.node();
    if (node.kind != Node::Kind::integer && node.kind != Node::Kind::string) {
        problem(place, fmt::format("must be an integer, not {}", to_string(node.kind)));
        return std::nullopt;
    }
    if (const auto value = parse_int(trim(node.text))) return std::to_string(*value);
    problem(place, shown(node.text) + " isn't an integer of 64 bits");
    return std::nullopt;
}

std::optional<std::string> Checker::real_text(const Place& place) {
    const Node& node = place.node();
    if (node.kind != Node::Kind::integer && node.kind != Node::Kind::real && node.kind != Node::Kind::string) {
        problem(place, fmt::format("must be a number, not {}", to_string(node.kind)));
        return std::nullopt;
    }
    const std::string_view trimmed = trim(node.text);
    if (parse_number(trimmed)) return std::string(trimmed);
    problem(place, shown(node.text) + " isn't a finite number");
    return std::nullopt;
}

std::optional<std::int64_t> Checker::number_of(const Place& place, std::int64_t min) {
    if (place.node().kind != Node::Kind::integer) {
        problem(place, fmt::format("must be an integer, not {}", to_string(place.node().kind)));
        return std::nullopt;
    }
    const auto value = parse_int(place.node().text);
    if (value && *value >= min) return value;
    problem(place, value ? fmt::format("must be at least {}", min) : "isn't an integer of 64 bits");
    return std::nullopt;
}

std::vector<Place> Checker::items(const Place& place, std::size_t min, std::size_t max) {
    const Node& node = place.node();
    std::vector<Place> items;
    if (node.kind != Node::Kind::list) {
        problem(place, fmt::format("must be a list, not {}", to_string(node.kind)));
        return items;
    }
    if (node.items.size() < min)
        problem(place, min == 1 ? "must not be empty" : fmt::format("must have at least {} items", min));
    if (node.items.size() > max) {
        problem(place, fmt::format("has {} items; at most {} are allowed", node.items.size(), max));
        return items;
    }
    items.reserve(node.items.size());
    for (std::size_t i = 0; i < node.items.size(); ++i)
        items.emplace_back(place, i);
    return items;
}

std::optional<FormatString> Checker::format(const Place& place, const Scope& scope, Controls controls) {
    const auto value = string(place);
    if (!value) return std::nullopt;
    if (has_controls(*value, controls)) {
        problem(place, "must not contain control characters");
        return std::nullopt;
    }
    try {
        FormatString format = FormatString::parse(*value);
        bool known = true;
        for (const std::string& name : format.names()) {
            if (scope.has(name) || full()) continue;
            known = false;
            problem(place, scope.explain_missing(name));
        }
        if (known) return format;
    } catch (const Error& error) {
        problem(place, error.what());
    }
    return std::nullopt;
}

std::optional<Pending> Checker::pending(const Place& place, const Scope& scope, Controls controls) {
    auto text = format(place, scope, controls);
    if (!text) return std::nullopt;
    return Pending{std::move(*text), place.origin()};
}

std::optional<Pending> Checker::pending_number(const Place& place, const Scope& scope, bool expressions_allowed) {
    const Node& node = place.node();
    if (node.kind == Node::Kind::integer || node.kind == Node::Kind::real)
        return Pending{FormatString::parse(node.text), place.origin()};
    if (node.kind != Node::Kind::string) {
        problem(place, fmt::format("must be a number, not {}", to_string(node.kind)));
        return std::nullopt;
    }
    if (!expressions_allowed && node.text.find("{{") != std::string::npos) {
        problem(place, "a format string here needs the extension FEATURE_BUNDLE_1");
        return std::nullopt;
    }
    return pending(place, scope);
}

Fields::Fields(Checker& checker, const Place& place, const Names& known) : checker_(checker), place_(place) {
    const Node& node = place.node();
    if (node.kind != Node::Kind::map) {
        is_map_ = false;
        checker.problem(place, fmt::format("must be a map, not {}", to_string(node.kind)));
        return;
    }
    for (const Node::Entry& entry : node.entries)
        if (std::find(known.begin(), known.end(), entry.key) == known.end() && !checker.full()) unknown(entry, known);
}

void Fields::unknown(const Node::Entry& entry, const Names& known) {
    std::string message = "unknown field";
    if (entry.key == "let") {
        message = "needs the extension EXPR";
    } else if (entry.key.starts_with("onWrap")) {
        message = "needs the extension WRAP_ACTIONS";
    } else if (const auto meant = nearest(entry.key, {known.begin(), known.end()})) {
        message += fmt::format("; did you mean \"{}\"?", *meant);
    }
    checker_.problem_at(place_, entry.key, entry.mark, message);
}

std::optional<Place> Fields::find_even_null(std::string_view key) const {
    const Node::Entry* entry = is_map_ ? place_.node().find(key) : nullptr;
    if (entry == nullptr) return std::nullopt;
    return Place(place_, *entry);
}

std::optional<Place> Fields::find(std::string_view key) const {
    auto found = find_even_null(key);
    if (found && found->node().kind == Node::Kind::null) return std::nullopt;
    return found;
}

std::optional<Place> Fields::need(std::string_view key) {
    auto found = find_even_null(key);
    if (is_map_ && !found) checker_.problem(place_, fmt::format("\"{}\" is missing", key));
    return found;
}

}  // namespace atelier::job
