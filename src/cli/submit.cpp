#include "cli/submit.h"

#include <filesystem>

#include "base/error.h"
#include "base/files.h"
#include "cli/openjd_run.h"
#include "wire/log_rules.h"

namespace atelier::cli {

namespace fs = std::filesystem;

namespace {

wire::Document read_document(const fs::path& file) {
    const bool is_json = job::syntax_of(file.string()) == job::Syntax::json;
    return {read_file(file), is_json ? "json" : "yaml", file.string()};
}

std::vector<job::ParameterDefinition> definitions_of(const wire::Submission& submission) {
    const auto source = [](const wire::Document& document) {
        return job::Source{document.text, document.syntax == "json" ? job::Syntax::json : job::Syntax::yaml,
                           document.name};
    };
    std::vector<job::EnvironmentTemplate> environments;
    for (const wire::Document& document : submission.environments)
        environments.push_back(job::parse_environment_template(source(document)));
    return job::merged_parameters(job::parse_job_template(source(submission.job_template)), environments);
}

bool is_outgoing(job::DataFlow flow) { return flow == job::DataFlow::out || flow == job::DataFlow::inout; }

// The outgoing folders that no value was given for: the folder itself when there is one of them, else one each in it.
void direct_outputs(wire::Submission& submission, const fs::path& folder) {
    std::vector<std::string> open;
    for (const job::ParameterDefinition& parameter : definitions_of(submission))
        if (parameter.type == job::ParameterType::path && is_outgoing(parameter.data_flow) &&
            parameter.object_type == job::ObjectType::directory && !submission.values.contains(parameter.name))
            open.push_back(parameter.name);
    if (open.empty())
        throw Error(
            Error::Kind::invalid,
            "--output has nothing to direct: every outgoing folder of the template has a value, or there is none",
            "an outgoing folder is a PATH parameter with dataFlow OUT");
    const fs::path root = fs::absolute(folder);
    for (const std::string& name : open)
        submission.values[name] = (open.size() == 1 ? root : root / name).string();
}

}  // namespace

wire::Submission make_submission(const RunRequest& request) {
    wire::Submission submission;
    submission.name = request.name;
    submission.job_template = read_document(request.template_file);
    for (const fs::path& file : request.environments)
        submission.environments.push_back(read_document(file));
    submission.values = read_parameters(request.parameters);
    submission.template_folder = fs::absolute(request.template_file).parent_path().lexically_normal().string();
    submission.current_folder = fs::current_path().string();
    submission.settings.priority = request.priority;
    submission.settings.tags = request.tags;
    for (const std::string& rule : request.log_rules)
        submission.settings.log_rules.push_back(wire::parse_log_rule(rule));
    submission.settings.isolate = request.isolate;
    submission.settings.sandbox = request.sandbox;
    submission.settings.network = request.network;
    if (request.at_once > 0) submission.settings.max_concurrency = request.at_once;
    if (request.max_failed > 0) submission.settings.max_failed_tasks = request.max_failed;
    if (request.max_tries > 0) submission.settings.max_tries = request.max_tries;
    if (!request.output.empty()) direct_outputs(submission, request.output);
    return submission;
}

void store_inputs(wire::Submission& submission, const InputFiles& only, const StoreInput& store) {
    const auto order = wire::make_order(submission, 0);
    for (const job::Parameter& parameter : order->job->parameters) {
        const bool incoming = parameter.data_flow == job::DataFlow::in || parameter.data_flow == job::DataFlow::inout;
        if (parameter.type != job::ParameterType::path || !incoming || parameter.value.empty()) continue;
        if (!fs::exists(parameter.value)) {
            if (parameter.data_flow == job::DataFlow::inout) continue;  // a folder that is still to be made
            throw Error(Error::Kind::not_found, "the input " + parameter.name + " is not there: " + parameter.value,
                        "give its path with -p " + parameter.name + "=PATH");
        }
        const auto files = only.find(parameter.name);
        submission.inputs[parameter.name] = store(parameter.value, files == only.end() ? nullptr : &files->second);
    }
}

}  // namespace atelier::cli
