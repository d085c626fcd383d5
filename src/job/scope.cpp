#include "job/scope.h"

#include <fmt/format.h>

#include "base/text.h"
#include "job/parts.h"

namespace atelier::job {

namespace {

ValueType value_type(ParameterType type) {
    switch (type) {
        case ParameterType::string: return ValueType::string;
        case ParameterType::path: return ValueType::path;
        case ParameterType::integer: return ValueType::integer;
        case ParameterType::real: return ValueType::real;
    }
    return ValueType::string;
}

}  // namespace

std::optional<ValueType> Scope::type_of(std::string_view name) const {
    const auto found = names_.find(name);
    if (found != names_.end()) return found->second;
    return outer_ != nullptr ? outer_->type_of(name) : std::nullopt;
}

std::vector<std::string> Scope::all_names() const {
    std::vector<std::string> all = outer_ != nullptr ? outer_->all_names() : std::vector<std::string>();
    for (const auto& [name, type] : names_)
        all.push_back(name);
    return all;
}

std::string Scope::explain_missing(std::string_view name) const {
    const std::string text(name);
    if (name == "Job.Name" || name == "Step.Name") return text + " needs the extension EXPR";
    if (name.starts_with("Param.") && has("Raw" + text))
        return fmt::format("{} is a path, which is known on the worker only; use Raw{} here", name, name);
    if (const auto meant = nearest(name, all_names()))
        return fmt::format("{} isn't known here; did you mean {}?", name, *meant);
    if (name.starts_with("Task.")) return text + " isn't known here; Task.* is known in a step's script only";
    if (name.starts_with("Env."))
        return text + " isn't known here; Env.File.* is known in its own environment's script only";
    if (name.starts_with("Session.")) return text + " isn't known here; Session.* is known on the worker only";
    return text + " isn't known here";
}

Scope creation_scope(const std::vector<ParameterPart>& parameters) {
    Scope scope;
    for (const ParameterPart& parameter : parameters) {
        scope.add("RawParam." + parameter.name,
                  parameter.type == ParameterType::path ? ValueType::string : value_type(parameter.type));
        if (parameter.type != ParameterType::path) scope.add("Param." + parameter.name, value_type(parameter.type));
    }
    return scope;
}

Scope host_scope(const std::vector<ParameterPart>& parameters) {
    Scope scope = creation_scope(parameters);
    for (const ParameterPart& parameter : parameters)
        if (parameter.type == ParameterType::path) scope.add("Param." + parameter.name, ValueType::path);
    scope.add("Session.WorkingDirectory", ValueType::path);
    scope.add("Session.HasPathMappingRules", ValueType::string);
    scope.add("Session.PathMappingRulesFile", ValueType::path);
    return scope;
}

}  // namespace atelier::job
