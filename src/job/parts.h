// A checked template, as it is kept until a job is made from it: the fields of the specification, with what is resolved
// at the job's creation still as text, and its place for errors of then.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "job/combination.h"
#include "job/model.h"
#include "job/template.h"

namespace atelier::job {

// A place in a template that outlives the document.
struct Origin {
    std::string path;
    Mark mark;
};

// Text that is resolved when the job is made.
struct Pending {
    FormatString text;
    Origin origin;
};

struct ParameterPart {
    std::string name;
    Origin origin;
    ParameterType type = ParameterType::string;
    std::string description;
    std::optional<ObjectType> object_type;
    std::optional<DataFlow> data_flow;
    std::optional<std::string> default_value;
    std::optional<std::vector<std::string>> allowed_values;
    std::optional<std::int64_t> min_length;  // of strings and paths
    std::optional<std::int64_t> max_length;
    std::optional<std::string> min_value;  // of integers and reals, as they were written
    std::optional<std::string> max_value;
};

struct ActionPart {
    FormatString command;
    std::vector<FormatString> args;
    std::optional<Pending> timeout;
    std::optional<Pending> cancelation_mode;
    std::optional<Pending> notify_period;
};

struct EnvironmentPart {
    std::string name;
    std::string description;
    std::optional<ActionPart> on_enter;
    std::optional<ActionPart> on_exit;
    std::vector<EmbeddedFile> files;
    std::vector<std::pair<std::string, FormatString>> variables;
};

struct AmountPart {
    std::string name;
    Origin origin;
    std::optional<Pending> min;
    std::optional<Pending> max;
};

struct AttributePart {
    std::string name;
    std::vector<Pending> any_of;
    std::vector<Pending> all_of;
};

struct HostRequirementsPart {
    std::vector<AmountPart> amounts;
    std::vector<AttributePart> attributes;
};

struct ChunksPart {
    Pending default_task_count;
    std::optional<Pending> target_runtime_seconds;
    bool contiguous = true;
};

struct TaskParameterPart {
    std::string name;
    Origin origin;
    TaskParameterType type = TaskParameterType::string;
    std::vector<Pending> values;        // a list,
    std::optional<Pending> expression;  // or a range expression
    std::optional<ChunksPart> chunks;
};

struct SpacePart {
    Origin origin;
    std::vector<TaskParameterPart> parameters;
    std::optional<Combination> combination;  // else the product of all
};

struct StepPart {
    std::string name;
    Origin origin;
    std::string description;
    std::vector<std::size_t> dependencies;
    std::vector<EnvironmentPart> environments;
    HostRequirementsPart requirements;
    std::optional<SpacePart> space;
    ActionPart on_run;
    std::vector<EmbeddedFile> files;
};

// What the extensions of a template allow.
struct Rules {
    bool feature_bundle_1 = false;
    bool task_chunking = false;
};

struct JobTemplate::Parts {
    std::string file;
    std::vector<std::string> extensions;
    Rules rules;
    Pending name;
    std::string description;
    std::vector<ParameterPart> parameters;
    std::vector<EnvironmentPart> environments;
    std::vector<StepPart> steps;
};

struct EnvironmentTemplate::Parts {
    std::string file;
    std::vector<std::string> extensions;
    std::vector<ParameterPart> parameters;
    EnvironmentPart environment;
};

}  // namespace atelier::job
