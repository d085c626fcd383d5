// `atelier-povray`: what the farm's tasks run, beside `atelier`. It draws frames, stills and bands of rows with
// POV-Ray, joins bands, and runs work units.
#include <CLI/CLI.hpp>
#include <csignal>
#include <iostream>

#include "pipelines/povray/frame_task.h"
#include "pipelines/povray/unit_task.h"
#include "process/speaker.h"

namespace atelier::pipelines::povray {

namespace {

void add_scene(CLI::App& command, Scene& scene) {
    command.add_option("--scene", scene.file)->required();
    command.add_option("--settings", scene.settings);
    command.add_option("--library", scene.libraries)->expected(1)->take_all();
    command.add_option("--extension", scene.extension);
    command.add_option("--width", scene.width);
    command.add_option("--height", scene.height);
    command.add_flag("--walled", scene.walled);
}

void add_frames(CLI::App& app, std::function<int()>& chosen) {
    CLI::App& command = *app.add_subcommand("frames");
    const auto task = std::make_shared<FrameTask>();
    const auto frames = std::make_shared<std::string>();
    add_scene(command, task->scene);
    command.add_option("--frames", *frames)->required();
    command.add_option("--initial", task->initial_frame);
    command.add_option("--final", task->final_frame)->required();
    command.add_option("--to", task->to)->required();
    command.add_option("--pattern", task->pattern)->required();
    command.add_option("--thumbnails", task->thumbnails);
    command.add_option("--processes", task->processes)->check(CLI::Range(1, 64));
    command.add_flag("--allow-gaps", task->allow_gaps);
    command.add_option("--data", task->data);
    command.add_option("--fill", task->filled)->expected(1)->take_all();
    command.add_option("--folder", task->folder);
    command.callback([=, &chosen] {
        chosen = [=] {
            task->frames = media::parse_frames(*frames);
            return draw_frames(*task, std::cout);
        };
    });
}

void add_still(CLI::App& app, std::function<int()>& chosen) {
    CLI::App& command = *app.add_subcommand("still");
    const auto task = std::make_shared<StillTask>();
    add_scene(command, task->scene);
    command.add_option("--to", task->to)->required();
    command.add_option("--threads", task->threads)->check(CLI::Range(1, 512));
    command.callback([=, &chosen] { chosen = [=] { return draw_still(*task, std::cout); }; });
}

void add_bands(CLI::App& app, std::function<int()>& chosen) {
    CLI::App& command = *app.add_subcommand("bands");
    const auto task = std::make_shared<BandTask>();
    add_scene(command, task->scene);
    command.add_option("--part", task->part)->required()->check(CLI::NonNegativeNumber);
    command.add_option("--parts", task->parts)->required()->check(CLI::PositiveNumber);
    command.add_option("--to", task->to)->required();
    command.callback([=, &chosen] { chosen = [=] { return draw_bands(*task, std::cout); }; });
}

void add_join(CLI::App& app, std::function<int()>& chosen) {
    CLI::App& command = *app.add_subcommand("join");
    const auto task = std::make_shared<JoinTask>();
    command.add_option("--from", task->from)->required();
    command.add_option("--parts", task->parts)->required()->check(CLI::PositiveNumber);
    command.add_option("--to", task->to)->required();
    command.callback([=, &chosen] { chosen = [=] { return join_bands(*task, std::cout); }; });
}

void add_unit(CLI::App& app, std::function<int()>& chosen) {
    CLI::App& command = *app.add_subcommand("unit");
    const auto task = std::make_shared<UnitTask>();
    command.add_option("--units", task->units)->required();
    command.add_option("--number", task->number)->required()->check(CLI::NonNegativeNumber);
    command.add_option("--shared", task->shared)->required();
    command.add_option("--to", task->to)->required();
    command.callback([=, &chosen] { chosen = [=] { return run_unit(*task, std::cout); }; });
}

}  // namespace

static int tool(int argc, char** argv) {
    CLI::App app("POV-Ray's part of Atelier: run by the farm's tasks");
    app.require_subcommand(1);
    std::function<int()> chosen;
    for (const auto add : {add_frames, add_still, add_bands, add_join, add_unit})
        add(app, chosen);
    CLI11_PARSE(app, argc, argv);
    // A request to stop goes to POV-Ray as well, which then leaves the state of its picture; the tool waits for it.
    std::signal(SIGTERM, [](int) {});
    return process::as_task(std::cout, [&](process::Speaker&) { return chosen(); });
}

}  // namespace atelier::pipelines::povray

int main(int argc, char** argv) { return atelier::pipelines::povray::tool(argc, argv); }
