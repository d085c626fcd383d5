#include "session/symbols.h"

namespace atelier::session {

job::Symbols session_symbols(const job::Job& job, const job::PathMapping& mapping, const std::filesystem::path& folder,
                             const std::filesystem::path& rules_file) {
    job::Symbols symbols;
    for (const job::Parameter& parameter : job.parameters) {
        symbols["RawParam." + parameter.name] = parameter.value;
        symbols["Param." + parameter.name] =
            parameter.type == job::ParameterType::path ? mapping.apply(parameter.value) : parameter.value;
    }
    symbols["Session.WorkingDirectory"] = folder.string();
    symbols["Session.HasPathMappingRules"] = mapping.empty() ? "false" : "true";
    symbols["Session.PathMappingRulesFile"] = rules_file.string();
    return symbols;
}

void add_task_symbols(job::Symbols& symbols, const job::TaskParameters& parameters, const job::PathMapping& mapping) {
    for (const auto& [name, parameter] : parameters) {
        symbols["Task.RawParam." + name] = parameter.value;
        symbols["Task.Param." + name] =
            parameter.type == job::TaskParameterType::path ? mapping.apply(parameter.value) : parameter.value;
    }
}

}  // namespace atelier::session
