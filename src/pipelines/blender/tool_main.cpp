// `atelier-blender`: what the tasks of a render run. Small, since it is started for each frame.
#include <CLI/CLI.hpp>
#include <iostream>

#include "base/error.h"
#include "pipelines/blender/blender_client.h"

namespace {

namespace blender = atelier::pipelines::blender;

int run(int argc, char** argv) {
    CLI::App tool("What the tasks of a render run");
    tool.require_subcommand(1);
    int status = 0;

    blender::OpenRequest open;
    CLI::App* opens = tool.add_subcommand("open", "start Blender with a scene; it stays open for the session");
    opens->add_option("SCENE", open.scene)->required();
    opens->add_option("--settings", open.settings, "JSON: what differs from the scene's own")->required();
    opens->add_option("--root", open.root, "Where the files lie here");
    opens->add_option("--blender", open.program)->capture_default_str();
    opens->add_option("--hang", open.hang, "Seconds without a sign of life")->capture_default_str();
    opens->add_flag("--trust", open.trust, "Let the scene's own scripts run");
    opens->callback([&] { status = blender::open_blender(open, std::cout); });

    blender::FrameRequest frame;
    std::vector<double> part;
    int seed = -1;
    CLI::App* frames = tool.add_subcommand("frame", "have a frame rendered by the session's Blender");
    frames->add_option("NUMBER", frame.frame)->required();
    frames->add_option("--place", frame.place, "The picture, without its extension")->required();
    frames->add_option("--part", part, "x0 y0 x1 y1 of it, 0 to 1 from the lower left corner")->expected(4);
    frames->add_option("--seed", seed, "Of the samples");
    frames->add_option("--hang", frame.hang, "Seconds without a sign of life")->capture_default_str();
    frames->callback([&] {
        if (!part.empty()) frame.part = part;
        if (seed >= 0) frame.seed = seed;
        status = blender::render_frame(frame, std::cout);
    });

    try {
        tool.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return tool.exit(error);
    }
    return status;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const std::exception& error) {
        std::cout << "openjd_fail: " << error.what() << std::endl;
        return 1;
    }
}
