// Steps: what is run, after which others, over which parameters, on which hosts.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "job/parse.h"

namespace atelier::job {

namespace {

// bash: {script: …} and its kin: a file with the script, and the program that runs it.
struct SimpleAction {
    std::string_view name;
    std::string_view extension;
    std::string_view option;  // before the file, if there is one
};

constexpr std::array<SimpleAction, 5> simple_actions = {{{"bash", ".sh", ""},
                                                         {"cmd", ".bat", "/C"},
                                                         {"node", ".js", ""},
                                                         {"powershell", ".ps1", "-File"},
                                                         {"python", ".py", ""}}};
constexpr std::string_view script_file = "Script";

void add_task_names(const SpacePart& space, Scope& scope) {
    for (const TaskParameterPart& parameter : space.parameters) {
        const bool is_path = parameter.type == TaskParameterType::path;
        const ValueType type = is_path                                        ? ValueType::path
                               : parameter.type == TaskParameterType::integer ? ValueType::integer
                               : parameter.type == TaskParameterType::real    ? ValueType::real
                                                                              : ValueType::string;
        scope.add("Task.Param." + parameter.name, type);
        scope.add("Task.RawParam." + parameter.name, is_path ? ValueType::string : type);
    }
}

void parse_script(Checker& checker, const Place& place, const Scopes& outer, StepPart& step) {
    Fields fields(checker, place, {"actions", "embeddedFiles"});
    Scope host(&outer.host);
    const Scopes scopes{outer.creation, host};
    if (const auto files = fields.find_even_null("embeddedFiles")) {
        add_file_names(*files, "Task.File.", host);
        step.files = parse_embedded_files(checker, *files, host);
    }
    const auto actions = fields.need("actions");
    if (!actions) return;
    Fields action_fields(checker, *actions, {"onRun"});
    if (const auto on_run = action_fields.need("onRun")) step.on_run = parse_action(checker, *on_run, scopes);
}

void parse_simple_action(Checker& checker, const Place& place, const SimpleAction& kind, const Scopes& scopes,
                         StepPart& step) {
    Fields fields(checker, place, {"script", "args", "timeout", "cancelation"});
    EmbeddedFile file;
    file.name = script_file;
    file.filename = std::string(script_file) + std::string(kind.extension);
    if (const auto script = fields.need("script")) {
        file.data = checker.format(*script, scopes.host).value_or(FormatString());
        if (script->node().kind == Node::Kind::string && script->node().text.empty())
            checker.problem(*script, "must not be empty");
    }
    ActionPart& action = step.on_run;
    action.command = FormatString::parse(kind.name);
    if (!kind.option.empty()) action.args.push_back(FormatString::parse(kind.option));
    action.args.push_back(FormatString::parse(fmt::format("{{{{Task.File.{}}}}}", script_file)));
    if (const auto args = fields.find("args"))
        for (FormatString& arg : parse_args(checker, *args, scopes))
            action.args.push_back(std::move(arg));
    if (const auto timeout = fields.find("timeout")) action.timeout = parse_timeout(checker, *timeout, scopes);
    if (const auto cancelation = fields.find("cancelation")) parse_cancelation(checker, *cancelation, scopes, action);
    step.files.push_back(std::move(file));
}

// Exactly one of script, bash, cmd, node, powershell, python.
void parse_what_is_run(Checker& checker, Fields& fields, const Scopes& scopes, StepPart& step) {
    std::size_t found = 0;
    if (const auto script = fields.find_even_null("script")) {
        ++found;
        parse_script(checker, *script, scopes, step);
    }
    for (const SimpleAction& kind : simple_actions) {
        const auto field = fields.find_even_null(kind.name);
        if (!field) continue;
        if (!checker.rules().feature_bundle_1) checker.problem(*field, "needs the extension FEATURE_BUNDLE_1");
        if (++found > 1) checker.problem(*field, "a step has one of script, bash, cmd, node, powershell, python");
        parse_simple_action(checker, *field, kind, scopes, step);
    }
    if (found == 0 && fields.place().node().kind == Node::Kind::map)
        checker.problem(fields.place(), "\"script\" is missing");
}

std::string parse_step_name(Checker& checker, Fields& fields) {
    const auto field = fields.need("name");
    auto name = field ? checker.text(*field, 1, max_name(checker.rules()), Controls::refused) : std::nullopt;
    if (!name) return {};
    if (name->find("{{") != std::string::npos)
        checker.problem(*field, "the name of a step must not be a format string");
    return *name;
}

StepPart parse_step(Checker& checker, const Place& place, const Scopes& scopes,
                    const std::set<std::string>& environment_names) {
    Fields fields(checker, place,
                  {"name", "description", "dependencies", "stepEnvironments", "hostRequirements", "parameterSpace",
                   "script", "bash", "cmd", "node", "powershell", "python"});
    StepPart step;
    step.origin = place.origin();
    step.name = parse_step_name(checker, fields);
    if (const auto description = fields.find("description"))
        step.description = checker.text(*description, 1, max_description, Controls::line_ends).value_or("");
    if (const auto environments = fields.find_even_null("stepEnvironments"))
        step.environments = parse_environments(checker, *environments, scopes, environment_names);
    if (const auto requirements = fields.find("hostRequirements"))
        step.requirements = parse_host_requirements(checker, *requirements, scopes.creation);
    if (const auto space = fields.find("parameterSpace")) step.space = parse_space(checker, *space, scopes.creation);
    Scope task_scope(&scopes.host);
    if (step.space) add_task_names(*step.space, task_scope);
    parse_what_is_run(checker, fields, {scopes.creation, task_scope}, step);
    return step;
}

using StepNumbers = std::map<std::string, std::size_t, std::less<>>;

void parse_dependencies(Checker& checker, const Place& place, const StepNumbers& numbers, StepPart& step) {
    std::set<std::string> seen;
    for (const Place& item : checker.items(place, 1)) {
        Fields fields(checker, item, {"dependsOn"});
        const auto field = fields.need("dependsOn");
        const auto name = field ? checker.string(*field) : std::nullopt;
        if (!name) continue;
        const auto number = numbers.find(*name);
        if (*name == step.name)
            checker.problem(*field, "a step can't depend on itself");
        else if (number == numbers.end())
            checker.problem(*field, fmt::format("there is no step {}", shown(*name)));
        else if (!seen.insert(*name).second)
            checker.problem(*field, fmt::format("{} is named twice", shown(*name)));
        else
            step.dependencies.push_back(number->second);
    }
}

// Steps are taken away while one is free of others; what is left hangs in a cycle.
void check_cycles(Checker& checker, const Place& place, const std::vector<StepPart>& steps) {
    std::vector<std::size_t> waiting_for(steps.size());
    std::vector<std::vector<std::size_t>> followers(steps.size());
    std::vector<std::size_t> free;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        waiting_for[i] = steps[i].dependencies.size();
        for (const std::size_t dependency : steps[i].dependencies)
            followers[dependency].push_back(i);
        if (waiting_for[i] == 0) free.push_back(i);
    }
    while (!free.empty()) {
        const std::size_t step = free.back();
        free.pop_back();
        for (const std::size_t follower : followers[step])
            if (--waiting_for[follower] == 0) free.push_back(follower);
    }
    std::string names;
    for (std::size_t i = 0; i < steps.size(); ++i)
        if (waiting_for[i] > 0) names += (names.empty() ? "" : ", ") + steps[i].name;
    if (!names.empty()) checker.problem(place, "steps depend on each other in a cycle: " + names);
}

}  // namespace

std::vector<StepPart> parse_steps(Checker& checker, const Place& place, const Scopes& scopes,
                                  const std::set<std::string>& environment_names) {
    std::vector<StepPart> steps;
    StepNumbers numbers;
    const std::vector<Place> items = checker.items(place, 1);
    for (const Place& item : items) {
        steps.push_back(parse_step(checker, item, scopes, environment_names));
        const std::string& name = steps.back().name;
        if (!name.empty() && !numbers.emplace(name, steps.size() - 1).second)
            checker.problem(item, fmt::format("the name {} is taken by another step", shown(name)));
    }
    for (std::size_t i = 0; i < items.size(); ++i)
        if (const Node::Entry* entry = items[i].node().find("dependencies"))
            parse_dependencies(checker, Place(items[i], *entry), numbers, steps[i]);
    check_cycles(checker, place, steps);
    return steps;
}

}  // namespace atelier::job
