// `atelier-sky`: what the farm's tasks run, beside `atelier`. It does one step of the workflow for one image.
#include <CLI/CLI.hpp>
#include <iostream>

#include "pipelines/sky/work/publishing.h"
#include "pipelines/sky/work/steps.h"

namespace atelier::pipelines::sky {

namespace {

struct Task {
    std::string step;
    std::string image;
    StepRequest request;
};

std::string one_line(std::string text) {
    for (char& letter : text)
        if (letter == '\n' || letter == '\r') letter = ' ';
    return text;
}

Telling telling() {
    Telling tell;
    tell.say = [](const std::string& line) { std::cout << line << std::endl; };
    tell.failed = [](const std::string& id, const Error& error) {
        std::cout << "openjd_fail: " << one_line(id + ": " + error.what())
                  << (error.hint().empty() ? "" : one_line(" (" + error.hint() + ")")) << std::endl;
    };
    return tell;
}

int run(const Task& task) {
    Steps steps(task.request, telling());
    const Tally tally =
        task.step == "reindex" ? reindex(steps.with_repository(), steps.config()) : steps.run(task.step, {task.image});
    std::cout << "openjd_progress: 100" << std::endl;
    return tally.failed == 0 ? 0 : 1;
}

int tool(int argc, char** argv) {
    CLI::App app("The sky pipeline's part of Atelier: run by the farm's tasks");
    Task task;
    app.add_option("STEP", task.step)->required()->check(CLI::IsMember({"fetch", "process", "publish", "reindex"}));
    app.add_option("--image", task.image);
    app.add_option("--work-folder", task.request.work_folder)->required();
    app.add_flag("--reviewed", task.request.is_reviewed);
    app.add_flag("--compatible", task.request.processing.compatible);
    app.add_option("--effort", task.request.processing.effort);
    add_place_options(app, task.request.place);
    CLI11_PARSE(app, argc, argv);
    try {
        return run(task);
    } catch (const std::exception& error) {
        std::cout << "openjd_fail: " << one_line(error.what()) << std::endl;
        return 1;
    }
}

}  // namespace

}  // namespace atelier::pipelines::sky

int main(int argc, char** argv) { return atelier::pipelines::sky::tool(argc, argv); }
