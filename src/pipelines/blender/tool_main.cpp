// `atelier-blender`: what the tasks of a render run. Small, since it is started for each frame.
#include <CLI/CLI.hpp>
#include <iostream>

#include "base/pair.h"
#include "media/frames.h"
#include "pipelines/blender/blender_client.h"
#include "process/speaker.h"

namespace {

namespace blender = atelier::pipelines::blender;

void add_opening(CLI::App& verb, blender::OpenRequest& open) {
    verb.add_option("SCENE", open.scene)->required();
    verb.add_option("--settings", open.settings, "JSON: what differs from the scene's own")->required();
    verb.add_option("--root", open.root, "Where the files lie here");
    verb.add_option("--output", open.output, "Where pictures will be written");
    verb.add_option("--thumbnails", open.thumbnails, "Where thumbnails of the frames will be written");
    verb.add_option("--blender", open.program)->capture_default_str();
    verb.add_flag("--trust", open.trust, "Let the scene's own scripts run");
}

void add_hang(CLI::App& verb, std::chrono::seconds& hang) {
    verb.add_option_function<int>(
            "--hang", [&hang](int seconds) { hang = std::chrono::seconds(seconds); }, "Seconds without a sign of life")
        ->check(CLI::PositiveNumber);
}

void add_place(CLI::App& verb, blender::FrameRequest& frame) {
    verb.add_option("--place", frame.place, "The picture, without its extension; #### is the frame's number")
        ->required();
}

struct Tile {
    int number = -1;
    std::string grid;
    std::string size;

    void add_to(CLI::App& verb) {
        verb.add_option("--tile", number, "Which one, row by row from the upper left corner");
        verb.add_option("--grid", grid, "COLUMNSxROWS");
        verb.add_option("--size", size, "WIDTHxHEIGHT of the whole, in pixels");
    }

    std::optional<blender::Part> part() const {
        if (number < 0) return std::nullopt;
        const auto [columns, rows] = atelier::parse_pair(grid, "--grid");
        const auto [width, height] = atelier::parse_pair(size, "--size");
        return blender::part_of_tile(number, columns, rows, width, height);
    }
};

int run(int argc, char** argv) {
    CLI::App tool("What the tasks of a render run");
    tool.require_subcommand(1);
    int status = 0;
    blender::OpenRequest open;
    blender::FrameRequest frame;
    Tile tile;
    int seed = -1;
    std::string numbers;

    const auto add_part = [&](CLI::App& verb) {
        tile.add_to(verb);
        verb.add_option("--seed", seed, "Of the samples");
    };
    const auto take_part = [&] {
        frame.part = tile.part();
        if (seed >= 0) frame.seed = seed;
    };

    CLI::App* opens = tool.add_subcommand("open", "start Blender with a scene; it stays open for the session");
    add_opening(*opens, open);
    add_hang(*opens, open.hang);
    opens->callback([&] { status = blender::open_blender(open, std::cout); });

    CLI::App* one = tool.add_subcommand("frame", "have a frame rendered by the session's Blender");
    one->add_option("NUMBER", frame.frame)->required();
    add_place(*one, frame);
    add_hang(*one, frame.hang);
    add_part(*one);
    one->callback([&] {
        take_part();
        status = blender::render_frame(frame, std::cout);
    });

    CLI::App* several = tool.add_subcommand("frames", "render some frames by a Blender of their own");
    several->add_option("NUMBERS", numbers, "1-10,20")->required();
    add_opening(*several, open);
    add_place(*several, frame);
    add_hang(*several, frame.hang);
    add_part(*several);
    several->callback([&] {
        take_part();
        open.hang = frame.hang;
        status = blender::render_frames(open, frame, atelier::media::parse_frames(numbers), std::cout);
    });

    std::filesystem::path thumbnails;
    CLI::App* follows = tool.add_subcommand("thumbnails", "make them of a session's frames; it stays for the session");
    follows->add_option("FOLDER", thumbnails)->required();
    follows->callback([&] { status = blender::follow_frames(thumbnails, std::cout); });

    CLI11_PARSE(tool, argc, argv);
    return status;
}

}  // namespace

int main(int argc, char** argv) {
    return atelier::process::as_task(std::cout, [&](atelier::process::Speaker&) { return run(argc, argv); });
}
