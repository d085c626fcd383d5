// `atelier-povray`: what the farm's tasks run, beside `atelier`. It draws frames, stills and bands of rows with POV-Ray,
// joins bands, makes films, and runs work units.
#include <CLI/CLI.hpp>
#include <iostream>

#include "base/error.h"
#include "media/film_tool.h"
#include "pipelines/povray/frame_task.h"

namespace {

using namespace atelier;
using namespace atelier::pipelines::povray;

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

struct FilmWords {
    media::FilmTask task;
    std::string frames, codec = "h264", quality = "good", rate = "24", tone;
};

int make_film(FilmWords& words) {
    words.task.frames = media::parse_frames(words.frames);
    words.task.settings.codec = media::parse_film_codec(words.codec);
    words.task.settings.quality = media::parse_film_quality(words.quality);
    words.task.settings.rate = media::parse_frame_rate(words.rate);
    if (!words.tone.empty()) words.task.settings.tone_mapping = media::parse_tone_mapping(words.tone);
    return media::make_film(words.task, std::cout);
}

void add_film(CLI::App& app, std::function<int()>& chosen) {
    CLI::App& command = *app.add_subcommand("film");
    const auto words = std::make_shared<FilmWords>();
    command.add_option("--folder", words->task.folder)->required();
    command.add_option("--pattern", words->task.pattern)->required();
    command.add_option("--frames", words->frames)->required();
    command.add_option("--film", words->task.film)->required();
    command.add_option("--codec", words->codec);
    command.add_option("--quality", words->quality);
    command.add_option("--rate", words->rate);
    command.add_option("--tone", words->tone);
    command.add_flag("--allow-gaps", words->task.allow_gaps);
    command.callback([=, &chosen] { chosen = [=] { return make_film(*words); }; });
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("POV-Ray's part of Atelier: run by the farm's tasks");
    app.require_subcommand(1);
    std::function<int()> chosen;
    for (const auto add : {add_frames, add_still, add_bands, add_join, add_film})
        add(app, chosen);
    CLI11_PARSE(app, argc, argv);
    try {
        return chosen();
    } catch (const Error& error) {
        std::cout << "openjd_fail: " << error.what() << std::endl;
        return 2;
    }
}
