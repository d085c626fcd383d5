// A film of a growing spiral of spheres, by a program of one's own: a work unit a frame, each with a scene that was
// filled in for it. `atelier-example-spiral FOLDER [FRAMES] [WIDTHxHEIGHT]`; the farm is the one that the environment
// names, else one of this process.
#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <iostream>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "pipelines/povray/client.h"
#include "pipelines/povray/scene_template.h"
#include "process/keeper.h"

namespace {

namespace fs = std::filesystem;
namespace povray = atelier::pipelines::povray;

std::string spheres(int count) {
    std::string text;
    for (int i = 0; i < count; ++i) {
        const double turn = 0.45 * i, radius = 0.4 + 0.05 * i;
        text += fmt::format("Bead(<{:.4f}, {:.4f}, {:.4f}>, 0.28, {:.3f})\n", radius * std::cos(turn), 0.09 * i - 0.9,
                            radius * std::sin(turn), std::fmod(0.037 * i, 1.0));
    }
    return text;
}

povray::WorkUnit unit_of(int frame, int frames, const std::string& scene, povray::UnitSettings settings) {
    settings.frame = frame;
    povray::WorkUnit unit(settings);
    const povray::Row row{{"spheres", spheres(2 + frame)},
                          {"angle", std::to_string(360 * frame / frames)},
                          {"height", fmt::format("{:.3f}", 3 + 2.0 * frame / frames)}};
    unit.add_inline("scene.pov", povray::fill(scene, row, "spiral.pov"));
    return unit;
}

int draw(const fs::path& folder, int frames, const povray::UnitSettings& settings) {
    const fs::path here = EXAMPLE_FOLDER;
    povray::Job job(povray::Cluster::from_environment(), {.name = "spiral"});
    job.add_shared(here / "look.inc");
    const std::string scene = atelier::read_file(here / "spiral.pov");
    for (int frame = 1; frame <= frames; ++frame)
        job.add(unit_of(frame, frames, scene, settings));

    if (!job.run())
        for (const povray::UnitFailure& failure : job.failures())
            std::cerr << failure.work_unit_id << ": " << failure.reason << "\n";
    fs::create_directories(folder);
    const fs::path film = job.video(folder / "spiral.mp4");
    const povray::Statistics told = job.statistics();
    std::cout << fmt::format("{}: {} frames in {:.1f} s, {:.1f} s of CPU; a frame took {:.2f} to {:.2f} s\n",
                             film.string(), told.frames, told.wall_seconds, told.cpu_seconds, told.per_frame.least,
                             told.per_frame.greatest);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    if (atelier::process::run_as_keeper(argc, argv)) return 0;
    try {
        povray::UnitSettings settings;
        settings.antialias = 0.3;
        if (argc > 3) {
            const auto sides = atelier::split(argv[3], 'x');
            settings.width = static_cast<int>(atelier::parse_int(sides.at(0)).value());
            settings.height = static_cast<int>(atelier::parse_int(sides.at(1)).value());
        }
        return draw(argc > 1 ? argv[1] : "renders/spiral",
                    argc > 2 ? static_cast<int>(atelier::parse_int(argv[2]).value()) : 48, settings);
    } catch (const std::exception& error) {
        std::cerr << "spiral: " << error.what() << "\n";
        return 1;
    }
}
