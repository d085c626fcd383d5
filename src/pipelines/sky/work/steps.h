// The steps of the workflow on one image after another, as the commands run them in place and the farm's tasks one by
// one: opens what a step needs, and runs it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "pipelines/sky/work/data_place.h"
#include "pipelines/sky/work/processing.h"

namespace CLI {
class App;
}

namespace atelier::pipelines::sky {

struct StepRequest {
    std::filesystem::path work_folder = ".";
    DataPlace place;  // none: the work folder's own
    bool is_reviewed = false;
    Processing processing;
};

// Everything that a step may need, opened when it is asked for.
class Steps {
public:
    Steps(StepRequest request, Telling tell);

    const Work& work() const { return work_; }
    Work& with_repository();  // the request's place, or the work folder's
    const Config& config();
    Source& source();

    std::vector<std::string> waiting_for(const std::string& step);            // the images of "process" and "publish"
    Tally run(const std::string& step, const std::vector<std::string>& ids);  // "fetch", "process", "publish"

private:
    StepRequest request_;
    Work work_;
    http::Fetcher fetcher_;
    std::unique_ptr<store::Repository> repository_;
    std::optional<Config> config_;
    std::unique_ptr<Source> source_;
};

// The options that name a place, with the names that the original has for them.
void add_place_options(CLI::App& command, DataPlace& place);
std::vector<std::string> place_arguments(const DataPlace& place);  // for a task

}  // namespace atelier::pipelines::sky
