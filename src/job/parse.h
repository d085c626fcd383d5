// The parsers of a template's groups; each reads its part of the document, tells what is wrong and gives back what was
// right. What comes back after a problem is for the parsers that follow only: no job is made from it.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "job/checker.h"

namespace atelier::job {

std::vector<ParameterPart> parse_parameters(Checker& checker, const Place& place, std::size_t max);
void parse_user_interface(Checker& checker, const Place& place, const ParameterPart& parameter);

// Scopes of one part of a template: what is known when the job is made, and on the worker.
struct Scopes {
    const Scope& creation;
    const Scope& host;
};

ActionPart parse_action(Checker& checker, const Place& place, const Scopes& scopes);
std::optional<Pending> parse_timeout(Checker& checker, const Place& place, const Scopes& scopes);
std::vector<FormatString> parse_args(Checker& checker, const Place& place, const Scopes& scopes);
void parse_cancelation(Checker& checker, const Place& place, const Scopes& scopes, ActionPart& action);

// Names are read first, since the files may refer to each other: prefix "Task.File." or "Env.File.".
void add_file_names(const Place& place, std::string_view prefix, Scope& scope);
std::vector<EmbeddedFile> parse_embedded_files(Checker& checker, const Place& place, const Scope& host);

EnvironmentPart parse_environment(Checker& checker, const Place& place, const Scopes& scopes);

std::vector<EnvironmentPart> parse_environments(Checker& checker, const Place& place, const Scopes& scopes,
                                                const std::set<std::string>& taken_names);

HostRequirementsPart parse_host_requirements(Checker& checker, const Place& place, const Scope& creation);
SpacePart parse_space(Checker& checker, const Place& place, const Scope& creation);

std::vector<StepPart> parse_steps(Checker& checker, const Place& place, const Scopes& scopes,
                                  const std::set<std::string>& environment_names);

}  // namespace atelier::job
