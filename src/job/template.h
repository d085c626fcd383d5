// Templates: parsed and checked without values, then made into a Job with them. Pure: bytes in, a validated Job out.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "job/model.h"
#include "job/problem.h"

namespace atelier::job {

enum class Syntax { json, yaml };

Syntax syntax_of(const std::string& file_name);  // .json → json, everything else yaml

// The extensions that we have. A template that asks for another is refused by name.
const std::vector<std::string>& supported_extensions();

struct Source {
    std::string text;
    Syntax syntax = Syntax::yaml;
    std::string name = "template";  // for errors: the file's name
};

// What a person is told about a parameter before giving values: a form, `openjd summary`, completion.
struct ParameterDefinition {
    std::string name;
    ParameterType type = ParameterType::string;
    ObjectType object_type = ObjectType::directory;
    DataFlow data_flow = DataFlow::none;
    std::string description;
    std::optional<std::string> default_value;  // as written, before it is joined to a folder
    std::vector<std::string> allowed_values;
};

// A checked template; cheap to copy (the parsed tree is shared and immutable).
class JobTemplate {
public:
    struct Parts;  // the parsed tree, known to the sources of this folder alone
    explicit JobTemplate(std::shared_ptr<const Parts> parts) : parts_(std::move(parts)) {}
    const Parts& parts() const { return *parts_; }
    std::vector<ParameterDefinition> parameters() const;

private:
    std::shared_ptr<const Parts> parts_;
};

class EnvironmentTemplate {
public:
    struct Parts;
    explicit EnvironmentTemplate(std::shared_ptr<const Parts> parts) : parts_(std::move(parts)) {}
    const Parts& parts() const { return *parts_; }
    std::vector<ParameterDefinition> parameters() const;

private:
    std::shared_ptr<const Parts> parts_;
};

// Throw TemplateError with every problem that was found. `extensions`: what is supported; ours when not given.
JobTemplate parse_job_template(const Source& source,
                               const std::vector<std::string>& extensions = supported_extensions());
EnvironmentTemplate parse_environment_template(const Source& source,
                                               const std::vector<std::string>& extensions = supported_extensions());

struct Values {
    std::map<std::string, std::string> given;  // parameter → text, as typed
    std::filesystem::path template_folder;     // defaults of paths are joined to it
    std::filesystem::path current_folder;      // given relative paths are joined to it
};

// Merges the parameters' definitions, takes the values, resolves what is resolved at creation, computes the spaces.
// Throws TemplateError, also for missing, unknown and unfit values.
Job create_job(const JobTemplate& job_template, const std::vector<EnvironmentTemplate>& environments,
               const Values& values);

// The merged definitions that values must be given for.
std::vector<ParameterDefinition> merged_parameters(const JobTemplate& job_template,
                                                   const std::vector<EnvironmentTemplate>& environments);

}  // namespace atelier::job
