#include "job/template.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "job/definitions.h"
#include "job/parse.h"
#include "job/values.h"

namespace atelier::job {

namespace {

constexpr std::string_view job_version = "jobtemplate-2023-09";
constexpr std::string_view environment_version = "environment-2023-09";

Node read_document(const Source& source, std::vector<Problem>& problems) {
    auto root = source.syntax == Syntax::json ? parse_json(source.text, problems) : parse_yaml(source.text, problems);
    if (root && root->kind != Node::Kind::map)
        problems.push_back({"", root->mark, fmt::format("a template must be a map, not {}", to_string(root->kind))});
    if (!root || root->kind != Node::Kind::map) throw TemplateError(problems, source.name);
    return std::move(*root);
}

void check_version(Checker& checker, Fields& fields, std::string_view expected) {
    const auto field = fields.need("specificationVersion");
    const auto version = field ? checker.string(*field) : std::nullopt;
    if (!version || *version == expected) return;
    std::string message = fmt::format("{} must be \"{}\" here", shown(*version), expected);
    if (*version == environment_version) message += ": this is an environment template, not a job's";
    if (*version == job_version) message += ": this is a job's template, not an environment's";
    checker.problem(*field, message);
}

bool is_extension_name(std::string_view name) {
    const auto fits = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; };
    return name.size() >= min_extension_name && name.size() <= max_extension_name &&
           std::all_of(name.begin(), name.end(), fits);
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

std::vector<std::string> parse_extensions(Checker& checker, const Place& place,
                                          const std::vector<std::string>& allowed) {
    std::vector<std::string> extensions;
    for (const Place& item : checker.items(place, 1)) {
        const auto name = checker.string(item);
        if (!name) continue;
        if (!is_extension_name(*name))
            checker.problem(item, shown(*name) + " isn't the name of an extension: 3 to 128 of A-Z, 0-9 and _");
        else if (contains(extensions, *name))
            checker.problem(item, *name + " is named twice");
        else if (!contains(allowed, *name) || !contains(supported_extensions(), *name))
            checker.problem(item, fmt::format("the extension {} isn't supported", *name));
        extensions.push_back(*name);
    }
    return extensions;
}

// What comes first: the version and the extensions decide what the rest means, so after a problem with them the rest
// isn't read.
std::vector<std::string> parse_head(std::vector<Problem>& problems, Checker& checker, Fields& fields,
                                    const Source& source, std::string_view version,
                                    const std::vector<std::string>& allowed) {
    const std::size_t problems_before = problems.size();
    check_version(checker, fields, version);
    std::vector<std::string> extensions;
    if (const auto field = fields.find_even_null("extensions")) extensions = parse_extensions(checker, *field, allowed);
    if (problems.size() > problems_before) throw TemplateError(problems, source.name);
    return extensions;
}

Rules rules_of(const std::vector<std::string>& extensions) {
    return {contains(extensions, "FEATURE_BUNDLE_1"), contains(extensions, "TASK_CHUNKING")};
}

void parse_job_name(Checker& checker, const Place& place, const Scope& creation, Pending& name) {
    auto text = checker.pending(place, creation, Controls::refused);
    if (!text) return;
    name = std::move(*text);
    if (name.text.is_literal())
        as_job_name(checker, name.origin, name.text.text());
    else if (name.text.literal_characters() > max_job_name(checker.rules()))
        checker.problem(place, fmt::format("has more than {} characters", max_job_name(checker.rules())));
}

void parse_job_fields(Checker& checker, Fields& fields, JobTemplate::Parts& parts) {
    if (const auto field = fields.find_even_null("parameterDefinitions"))
        parts.parameters = parse_parameters(checker, *field, max_job_parameters(parts.rules));
    const Scope creation = creation_scope(parts.parameters);
    const Scope host = host_scope(parts.parameters);
    const Scopes scopes{creation, host};
    if (const auto field = fields.need("name")) parse_job_name(checker, *field, creation, parts.name);
    if (const auto field = fields.find("description"))
        parts.description = checker.text(*field, 1, max_description, Controls::line_ends).value_or("");
    if (const auto field = fields.find_even_null("jobEnvironments"))
        parts.environments = parse_environments(checker, *field, scopes, {});
    std::set<std::string> names;
    for (const EnvironmentPart& environment : parts.environments)
        names.insert(environment.name);
    if (const auto field = fields.need("steps")) parts.steps = parse_steps(checker, *field, scopes, names);
}

// In the order of the document, so that they can be mended from the top.
void throw_if_any(std::vector<Problem>& problems, const std::string& file) {
    if (problems.empty()) return;
    std::stable_sort(problems.begin(), problems.end(), [](const Problem& a, const Problem& b) {
        return std::pair(a.mark.line, a.mark.column) < std::pair(b.mark.line, b.mark.column);
    });
    throw TemplateError(problems, file);
}

}  // namespace

Syntax syntax_of(const std::string& file_name) {
    return lower(file_name).ends_with(".json") ? Syntax::json : Syntax::yaml;
}

const std::vector<std::string>& supported_extensions() {
    static const std::vector<std::string> extensions = {"TASK_CHUNKING", "REDACTED_ENV_VARS", "FEATURE_BUNDLE_1"};
    return extensions;
}

JobTemplate parse_job_template(const Source& source, const std::vector<std::string>& extensions) {
    std::vector<Problem> problems;
    const Node root = read_document(source, problems);
    const auto parts = std::make_shared<JobTemplate::Parts>();
    parts->file = source.name;
    Checker checker(problems, parts->rules);
    const Place place(root);
    Fields head(checker, place,
                {"specificationVersion", "$schema", "extensions", "name", "description", "parameterDefinitions",
                 "jobEnvironments", "steps"});
    parts->extensions = parse_head(problems, checker, head, source, job_version, extensions);
    parts->rules = rules_of(parts->extensions);
    parse_job_fields(checker, head, *parts);
    throw_if_any(problems, source.name);
    return JobTemplate(parts);
}

EnvironmentTemplate parse_environment_template(const Source& source, const std::vector<std::string>& extensions) {
    std::vector<Problem> problems;
    const Node root = read_document(source, problems);
    const auto parts = std::make_shared<EnvironmentTemplate::Parts>();
    parts->file = source.name;
    Rules rules;
    Checker checker(problems, rules);
    const Place place(root);
    Fields fields(checker, place,
                  {"specificationVersion", "$schema", "extensions", "parameterDefinitions", "environment"});
    parts->extensions = parse_head(problems, checker, fields, source, environment_version, extensions);
    rules = rules_of(parts->extensions);
    if (const auto field = fields.find_even_null("parameterDefinitions"))
        parts->parameters = parse_parameters(checker, *field, max_environment_parameters);
    const Scope creation = creation_scope(parts->parameters);
    const Scope host = host_scope(parts->parameters);
    if (const auto field = fields.need("environment"))
        parts->environment = parse_environment(checker, *field, {creation, host});
    throw_if_any(problems, source.name);
    return EnvironmentTemplate(parts);
}

std::vector<ParameterDefinition> JobTemplate::parameters() const { return definitions_of(parts_->parameters); }

std::vector<ParameterDefinition> EnvironmentTemplate::parameters() const { return definitions_of(parts_->parameters); }

}  // namespace atelier::job
