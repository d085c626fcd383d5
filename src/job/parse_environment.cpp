// Environments: of a job, of a step, or of an environment template.
#include <fmt/format.h>

#include "job/parse.h"

namespace atelier::job {

namespace {

void check_variable_name(Checker& checker, const Place& variables, const Node::Entry& entry) {
    const std::string& name = entry.key;
    if (name.size() > max_variable_name)
        checker.problem_at(variables, name, entry.mark,
                           fmt::format("the name has more than {} characters", max_variable_name));
    else if (!is_identifier(name))
        checker.problem_at(variables, name, entry.mark,
                           shown(name) + " isn't the name of a variable: a letter or _, then letters, digits and _");
}

void parse_variables(Checker& checker, const Place& place, const Scope& host, EnvironmentPart& environment) {
    if (place.node().kind != Node::Kind::map) {
        checker.problem(place, fmt::format("must be a map, not {}", to_string(place.node().kind)));
        return;
    }
    if (place.node().entries.empty()) checker.problem(place, "must not be empty");
    for (const Node::Entry& entry : place.node().entries) {
        const Place value(place, entry);
        check_variable_name(checker, place, entry);
        auto text = checker.format(value, host);
        if (!text) continue;
        if (text->literal_characters() > max_variable_value)
            checker.problem(value, fmt::format("has more than {} characters", max_variable_value));
        environment.variables.emplace_back(entry.key, std::move(*text));
    }
}

void parse_script(Checker& checker, const Place& place, const Scopes& outer, EnvironmentPart& environment) {
    Fields fields(checker, place, {"actions", "embeddedFiles"});
    Scope host(&outer.host);
    const Scopes scopes{outer.creation, host};
    if (const auto files = fields.find_even_null("embeddedFiles")) {
        add_file_names(*files, "Env.File.", host);
        environment.files = parse_embedded_files(checker, *files, host);
    }
    const auto actions = fields.need("actions");
    if (!actions) return;
    Fields action_fields(checker, *actions, {"onEnter", "onExit"});
    if (const auto on_enter = action_fields.need("onEnter"))
        environment.on_enter = parse_action(checker, *on_enter, scopes);
    if (const auto on_exit = action_fields.find("onExit"))
        environment.on_exit = parse_action(checker, *on_exit, scopes);
}

}  // namespace

EnvironmentPart parse_environment(Checker& checker, const Place& place, const Scopes& scopes) {
    Fields fields(checker, place, {"name", "description", "script", "variables"});
    EnvironmentPart environment;
    if (const auto name = fields.need("name"))
        environment.name = checker.text(*name, 1, max_name(checker.rules()), Controls::refused).value_or("");
    if (const auto description = fields.find("description"))
        environment.description = checker.text(*description, 1, max_description, Controls::line_ends).value_or("");
    const auto script = fields.find("script");
    const auto variables = fields.find_even_null("variables");
    if (place.node().kind == Node::Kind::map && !script && !variables)
        checker.problem(place, "\"script\" or \"variables\" is needed");
    if (variables) parse_variables(checker, *variables, scopes.host, environment);
    if (script) parse_script(checker, *script, scopes, environment);
    return environment;
}

std::vector<EnvironmentPart> parse_environments(Checker& checker, const Place& place, const Scopes& scopes,
                                                const std::set<std::string>& taken_names) {
    std::vector<EnvironmentPart> environments;
    std::set<std::string> names;
    for (const Place& item : checker.items(place, 1)) {
        EnvironmentPart environment = parse_environment(checker, item, scopes);
        const bool taken = taken_names.contains(environment.name) || !names.insert(environment.name).second;
        if (taken && !environment.name.empty())
            checker.problem(item, fmt::format("the name {} is taken by another environment", shown(environment.name)));
        environments.push_back(std::move(environment));
    }
    return environments;
}

}  // namespace atelier::job
