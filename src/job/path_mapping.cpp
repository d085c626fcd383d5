#include "job/path_mapping.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <optional>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"

namespace atelier::job {

namespace {

constexpr std::string_view version = "pathmapping-1.0";
constexpr std::string_view scheme_end = "://";

[[noreturn]] void refuse(const std::string& message) { throw Error(Error::Kind::invalid, "path mapping: " + message); }

// A path taken apart for comparing: what it hangs on ("/", "C:/", "//host/share", "s3://bucket"), and its parts.
struct Parts {
    std::string anchor;
    std::vector<std::string_view> names;
    bool trailing_separator = false;
};

std::vector<std::string_view> names_in(std::string_view path, std::string_view separators) {
    std::vector<std::string_view> names;
    while (!path.empty()) {
        const std::size_t end = std::min(path.find_first_of(separators), path.size());
        const std::string_view name = path.substr(0, end);
        if (!name.empty() && name != ".") names.push_back(name);
        path.remove_prefix(std::min(end + 1, path.size()));
    }
    return names;
}

Parts posix_parts(std::string_view path) {
    return {path.starts_with('/') ? "/" : "", names_in(path, "/"), path.size() > 1 && path.ends_with('/')};
}

Parts windows_parts(std::string_view path) {
    constexpr std::string_view separators = "/\\";
    const auto is_separator = [&](std::size_t i) {
        return i < path.size() && separators.find(path[i]) != std::string_view::npos;
    };
    Parts parts{"", names_in(path, separators), path.size() > 1 && is_separator(path.size() - 1)};
    if (is_separator(0)) parts.anchor = is_separator(1) ? "//" : "/";
    return parts;  // a drive is the first of the names
}

// Parts of an URI are taken as they are: "a//b" and "a/b" differ for an object store.
Parts uri_parts(std::string_view path) {
    Parts parts;
    const std::size_t scheme = path.find(scheme_end);
    if (scheme == std::string_view::npos) return {"", {path}, false};
    const std::size_t end = std::min(path.find('/', scheme + scheme_end.size()), path.size());
    parts.anchor = lower(path.substr(0, end));
    path.remove_prefix(end);
    parts.trailing_separator = path.ends_with('/');
    if (parts.trailing_separator) path.remove_suffix(1);
    if (!path.empty()) parts.names = split(path.substr(1), '/');
    return parts;
}

Parts parts_of(PathFormat format, std::string_view path) {
    switch (format) {
        case PathFormat::posix: return posix_parts(path);
        case PathFormat::windows: return windows_parts(path);
        case PathFormat::uri: return uri_parts(path);
    }
    return {};
}

std::optional<std::string> apply_rule(const PathMappingRule& rule, std::string_view path) {
    const Parts source = parts_of(rule.source_format, rule.source_path);
    const Parts given = parts_of(rule.source_format, path);
    if (source.anchor != given.anchor || given.names.size() < source.names.size()) return std::nullopt;
    for (std::size_t i = 0; i < source.names.size(); ++i) {
        const bool same = rule.source_format == PathFormat::windows ? lower(source.names[i]) == lower(given.names[i])
                                                                    : source.names[i] == given.names[i];
        if (!same) return std::nullopt;
    }
    std::string mapped = rule.destination_path;
    while (mapped.ends_with('/'))
        mapped.pop_back();
    for (std::size_t i = source.names.size(); i < given.names.size(); ++i)
        mapped += "/" + std::string(given.names[i]);
    if (given.trailing_separator || mapped.empty()) mapped += '/';
    return mapped;
}

std::string_view to_string(PathFormat format) {
    switch (format) {
        case PathFormat::posix: return "POSIX";
        case PathFormat::windows: return "WINDOWS";
        case PathFormat::uri: return "URI";
    }
    return "POSIX";
}

PathFormat format_of(std::string_view name) {
    for (const PathFormat format : {PathFormat::posix, PathFormat::windows, PathFormat::uri})
        if (lower(name) == lower(to_string(format))) return format;
    refuse(fmt::format("\"{}\" is not a format: POSIX, WINDOWS or URI", name));
}

std::string text_field(const json::Object& object, std::string_view key) {
    const json::Value* value = object.if_contains(key);
    if (value == nullptr || !value->is_string()) refuse(fmt::format("a rule needs \"{}\", a string", key));
    return std::string(value->get_string());
}

PathMappingRule rule_of(const json::Value& value) {
    if (!value.is_object()) refuse("a rule must be an object");
    const json::Object& object = value.get_object();
    PathMappingRule rule{format_of(text_field(object, "source_path_format")), text_field(object, "source_path"),
                         text_field(object, "destination_path")};
    if (rule.source_path.empty()) refuse("the source path of a rule must not be empty");
    return rule;
}

}  // namespace

PathMapping::PathMapping(std::vector<PathMappingRule> rules) : rules_(std::move(rules)) {
    std::stable_sort(rules_.begin(), rules_.end(), [](const PathMappingRule& a, const PathMappingRule& b) {
        return a.source_path.size() > b.source_path.size();
    });
}

PathMapping PathMapping::parse(std::string_view text) {
    const json::Value document = json::parse(text);
    if (!document.is_object()) refuse("the file must hold an object");
    const json::Object& object = document.get_object();
    if (object.empty()) return {};
    const json::Value* stated = object.if_contains("version");
    if (stated == nullptr || !stated->is_string() || stated->get_string() != version)
        refuse(fmt::format("the version must be \"{}\"", version));
    const json::Value* list = object.if_contains("path_mapping_rules");
    if (list == nullptr || !list->is_array()) refuse("\"path_mapping_rules\" must be a list");
    std::vector<PathMappingRule> rules;
    for (const json::Value& item : list->get_array())
        rules.push_back(rule_of(item));
    return PathMapping(std::move(rules));
}

std::string PathMapping::apply(std::string_view path) const {
    for (const PathMappingRule& rule : rules_)
        if (auto mapped = apply_rule(rule, path)) return *mapped;
    return std::string(path);
}

std::string PathMapping::to_json() const {
    if (empty()) return "{}";
    json::Array rules;
    for (const PathMappingRule& rule : rules_)
        rules.push_back(json::Object{{"source_path_format", to_string(rule.source_format)},
                                     {"source_path", rule.source_path},
                                     {"destination_path", rule.destination_path}});
    return json::text(json::Object{{"version", version}, {"path_mapping_rules", std::move(rules)}});
}

}  // namespace atelier::job
