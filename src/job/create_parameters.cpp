#include "job/create_parameters.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "job/values.h"

namespace atelier::job {

namespace {

namespace fs = std::filesystem;

// Where a value's problem is told: values have no line.
Origin value_origin(const std::string& name) { return {"parameters." + name, {}}; }

// Joined and freed of "." and "..", without looking at the disk.
std::string joined(const fs::path& folder, const std::string& path) {
    std::string text = (folder / path).lexically_normal().string();
    if (text.size() > 1 && text.ends_with('/')) text.pop_back();
    return text;
}

bool walks_out(const std::string& relative) {
    const fs::path normal = fs::path(relative).lexically_normal();
    return normal.begin() != normal.end() && *normal.begin() == "..";
}

// <scheme>://
bool is_uri(std::string_view path) {
    const std::size_t end = path.find("://");
    return end != std::string_view::npos && end > 0 && path.substr(0, end).find('/') == std::string_view::npos;
}

std::optional<std::string> path_value(Checker& checker, const ParameterPart& definition, const std::string& text,
                                      bool is_default, const Values& values) {
    const auto refuse = [&](const std::string& why) {
        checker.problem(value_origin(definition.name), why);
        return std::nullopt;
    };
    if (text.empty()) return text;
    if (is_uri(text)) return refuse("a URI needs the extension EXPR");
    const bool is_absolute = text.starts_with('/');
    if (!is_default) return is_absolute ? text : joined(values.current_folder, text);
    if (is_absolute)
        return refuse(fmt::format("the default {} must be relative to the template's folder", shown(text)));
    if (walks_out(text)) return refuse(fmt::format("the default {} leads out of the template's folder", shown(text)));
    return joined(values.template_folder, text);
}

std::optional<std::string> typed_value(Checker& checker, const ParameterPart& definition, const std::string& text,
                                       bool is_default, const Values& values) {
    const Origin origin = value_origin(definition.name);
    const auto length = count_characters(text);
    if (!length) return checker.problem(origin, "isn't valid UTF-8"), std::nullopt;
    switch (definition.type) {
        case ParameterType::integer:
            if (const auto number = parse_int(trim(text))) return std::to_string(*number);
            return checker.problem(origin, shown(text) + " isn't an integer of 64 bits"), std::nullopt;
        case ParameterType::real:
            if (parse_number(trim(text))) return std::string(trim(text));
            return checker.problem(origin, shown(text) + " isn't a finite number"), std::nullopt;
        case ParameterType::string:
        case ParameterType::path: break;
    }
    if (*length > max_parameter_value) {
        checker.problem(origin, fmt::format("has {} characters; at most {} are allowed", *length, max_parameter_value));
        return std::nullopt;
    }
    return definition.type == ParameterType::string ? text : path_value(checker, definition, text, is_default, values);
}

void check_names(Checker& checker, const std::vector<ParameterPart>& definitions, const Values& values) {
    std::vector<std::string> names;
    names.reserve(definitions.size());
    for (const ParameterPart& definition : definitions)
        names.push_back(definition.name);
    for (const auto& [name, value] : values.given) {
        if (std::find(names.begin(), names.end(), name) != names.end()) continue;
        const auto meant = nearest(name, names);
        checker.problem(value_origin(printable(name)), "the template has no such parameter" +
                                                           (meant ? fmt::format("; did you mean {}?", *meant) : ""));
    }
}

}  // namespace

std::vector<Parameter> take_values(Checker& checker, const std::vector<ParameterPart>& definitions,
                                   const Values& values) {
    check_names(checker, definitions, values);
    std::vector<Parameter> parameters;
    for (const ParameterPart& definition : definitions) {
        const auto given = values.given.find(definition.name);
        const bool is_default = given == values.given.end();
        if (is_default && !definition.default_value) {
            checker.problem(value_origin(definition.name), "needs a value");
            continue;
        }
        auto value = typed_value(checker, definition, is_default ? *definition.default_value : given->second,
                                 is_default, values);
        if (!value) continue;
        if (const auto why = why_unfit(definition, *value)) checker.problem(value_origin(definition.name), *why);
        parameters.push_back({definition.name, definition.type, definition.object_type.value_or(ObjectType::directory),
                              definition.data_flow.value_or(DataFlow::none), std::move(*value)});
    }
    return parameters;
}

}  // namespace atelier::job
