// A validated Job: what a template and its parameter values come to. Format strings that are resolved when the job is
// made (names, ranges, requirements, timeouts) are plain here; those of the host (commands, variables, file contents)
// are still FormatStrings. Immutable once made; it may be shared between threads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "job/format_string.h"
#include "job/parameter_space.h"

namespace atelier::job {

enum class ParameterType { string, path, integer, real };
enum class ObjectType { file, directory };
enum class DataFlow { none, in, out, inout };

struct Parameter {
    std::string name;
    ParameterType type = ParameterType::string;
    ObjectType object_type = ObjectType::directory;  // of a path
    DataFlow data_flow = DataFlow::none;             // of a path
    std::string value;                               // a path is absolute here, unless it is empty
};

enum class CancelationMode { terminate, notify_then_terminate };

struct Cancelation {
    CancelationMode mode = CancelationMode::terminate;
    std::optional<int> notify_period_seconds;  // else 120 for onRun, 30 for the others
};

struct Action {
    FormatString command;
    std::vector<FormatString> args;
    std::optional<std::int64_t> timeout_seconds;
    Cancelation cancelation;
};

enum class EndOfLine { automatic, lf, crlf };

struct EmbeddedFile {
    std::string name;
    std::optional<std::string> filename;
    bool runnable = false;
    EndOfLine end_of_line = EndOfLine::automatic;
    FormatString data;
};

struct Environment {
    std::string name;
    std::string description;
    std::optional<Action> on_enter;
    std::optional<Action> on_exit;
    std::vector<EmbeddedFile> files;
    std::vector<std::pair<std::string, FormatString>> variables;
};

struct AmountRequirement {
    std::string name;  // lower case
    std::optional<double> min;
    std::optional<double> max;
};

struct AttributeRequirement {
    std::string name;  // lower case
    std::vector<std::string> any_of;
    std::vector<std::string> all_of;
};

struct HostRequirements {
    std::vector<AmountRequirement> amounts;
    std::vector<AttributeRequirement> attributes;
};

struct Step {
    std::string name;
    std::string description;
    std::vector<std::size_t> dependencies;  // indices of steps of this job
    std::vector<Environment> environments;
    HostRequirements requirements;
    ParameterSpace space;
    Action on_run;
    std::vector<EmbeddedFile> files;
    std::optional<double> target_chunk_seconds;  // TASK_CHUNKING: targetRuntimeSeconds, when > 0
};

struct Job {
    std::string name;
    std::string description;
    std::vector<std::string> extensions;    // of the template, and of the environment templates
    std::vector<Parameter> parameters;      // merged, in order of definition
    std::vector<Environment> environments;  // of the environment templates first, then the job's own
    std::vector<Step> steps;                // as in the template

    const Parameter* parameter(std::string_view name) const;
    std::vector<std::size_t> steps_in_order() const;  // dependencies first, else as in the template
};

}  // namespace atelier::job
