#include "pipelines/sky/desk/pipeline_job.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "base/error.h"
#include "base/text.h"

namespace atelier::pipelines::sky {

namespace fs = std::filesystem;

namespace {

constexpr const char* tool = "atelier-sky";
constexpr int tries = 3;  // a network may fail for a while

// What goes into a template must not be taken for its placeholders.
const std::string& literal(const std::string& text) {
    if (text.find("{{") != std::string::npos)
        throw Error(Error::Kind::invalid, "{{ can't stand in an option: " + printable(text));
    return text;
}

// A task starts in a folder of its own.
DataPlace absolute(DataPlace place) {
    if (!place.local.empty()) place.local = fs::absolute(place.local).lexically_normal();
    return place;
}

json::Array task_arguments(const std::string& step, bool has_images, const StepRequest& request) {
    json::Array arguments{step, "--work-folder", "{{Param.WorkFolder}}"};
    if (has_images) {
        arguments.emplace_back("--image");
        arguments.emplace_back("{{Task.Param.Image}}");
    }
    if (request.is_reviewed) arguments.emplace_back("--reviewed");
    if (request.processing.compatible) arguments.emplace_back("--compatible");
    for (const std::string& word : place_arguments(absolute(request.place)))
        arguments.emplace_back(literal(word));
    return arguments;
}

}  // namespace

wire::Submission make_pipeline_job(const std::string& step, const std::vector<std::string>& ids,
                                   const StepRequest& request) {
    std::string title = step;
    title[0] = static_cast<char>(title[0] - 'a' + 'A');
    const json::Object run{{"command", tool}, {"args", task_arguments(step, !ids.empty(), request)}};
    json::Object only{{"name", title}, {"script", json::Object{{"actions", json::Object{{"onRun", run}}}}}};
    if (!ids.empty())
        only["parameterSpace"] =
            json::Object{{"taskParameterDefinitions",
                          json::Array{json::Object{
                              {"name", "Image"}, {"type", "STRING"}, {"range", json::Array(ids.begin(), ids.end())}}}}};
    const json::Object whole{
        {"specificationVersion", "jobtemplate-2023-09"},
        {"name", "sky " + step},
        {"parameterDefinitions",
         json::Array{json::Object{
             {"name", "WorkFolder"}, {"type", "PATH"}, {"objectType", "DIRECTORY"}, {"dataFlow", "NONE"}}}},
        {"steps", json::Array{only}}};
    wire::Submission submission;
    submission.job_template = {json::text(whole), "json", "sky"};
    submission.template_folder = submission.current_folder = fs::current_path().string();
    submission.values["WorkFolder"] = fs::absolute(request.work_folder).lexically_normal();
    submission.settings.max_tries = tries;
    submission.settings.max_failed_tasks = static_cast<int>(ids.size()) + 1;  // an image that fails costs only itself
    submission.settings.tags = {"sky"};
    return submission;
}

}  // namespace atelier::pipelines::sky
