// `atelier-media`: what tasks run when pictures become films, looks and other pictures.
#include <CLI/CLI.hpp>
#include <iostream>

#include "media/film_tool.h"
#include "media/film_wish.h"
#include "media/picture.h"
#include "process/speaker.h"

namespace {

namespace fs = std::filesystem;
namespace media = atelier::media;

// What films and looks are made of.
struct Frames {
    fs::path folder;
    std::string pattern;
    std::string numbers;

    void add_to(CLI::App& verb) {
        verb.add_option("FOLDER", folder, "Where the frames lie")->required();
        verb.add_option("--pattern", pattern, "Their names: frame_####.png; else the largest sequence");
        add_numbers_to(verb);
    }
    void add_numbers_to(CLI::App& verb) {
        verb.add_option("--frames", numbers, "Which must be there: 1-10,20; else from the first to the last");
    }

    std::optional<media::FrameNumbers> expected() const {
        return numbers.empty() ? std::nullopt : std::optional(media::parse_frames(numbers));
    }
};

// The film, and how it is encoded.
struct Encoding {
    media::FilmTask task;
    media::FilmWish wish;

    void add_to(CLI::App& verb) {
        verb.add_option("--to", task.film, "The film")->required();
        verb.add_option("--codec", wish.codec, "h264, h265, vp9, av1, prores, gif; else h264");
        verb.add_option("--quality", wish.quality)->capture_default_str();
        verb.add_option("--rate", wish.rate, "Frames per second")->capture_default_str();
        verb.add_option("--tone", wish.tone, "How 16 and 32 bits become 8: standard, filmic, filmic+1.5");
        verb.add_flag("--allow-gaps", task.allow_gaps, "Leave out what is missing");
        verb.add_flag("--if-any", task.if_any, "No film is no failure, where none can be made of what is there");
    }

    media::FilmTask of(std::optional<media::FrameNumbers> frames) {
        fs::create_directories(fs::absolute(task.film).parent_path());
        task.settings = media::settings_of(wish);
        task.frames = std::move(frames);
        return task;
    }
};

struct Film {
    Frames frames;
    Encoding encoding;

    void add_to(CLI::App& verb) {
        frames.add_to(verb);
        encoding.add_to(verb);
    }

    int make() {
        media::FilmTask task = encoding.of(frames.expected());
        task.folder = frames.folder;
        task.pattern = frames.pattern;
        return media::make_film(task, std::cout);
    }
};

struct JoinFilms {
    std::vector<fs::path> chunks;
    Frames frames;
    Encoding encoding;

    void add_to(CLI::App& verb) {
        verb.add_option("CHUNKS", chunks, "Films of the same settings, in their order")->required();
        frames.add_numbers_to(verb);
        encoding.add_to(verb);
    }

    int make() { return media::join_chunks(encoding.of(frames.expected()), chunks, std::cout); }
};

struct Looks {
    Frames frames;
    media::LookTask task;

    void add_to(CLI::App& verb) {
        frames.add_to(verb);
        verb.add_option("--thumbnails", task.thumbnails, "A folder for them");
        verb.add_option("--sheet", task.sheet, "The contact sheet");
        verb.add_option("--report", task.report, "JSON: what is wrong with which frame");
        verb.add_flag("--fail-on-bad", task.fail_on_bad, "Bad frames are a failure");
    }

    int make() {
        task.folder = frames.folder;
        task.pattern = frames.pattern;
        task.frames = frames.expected();
        return media::look_at_frames(task, std::cout);
    }
};

struct Grid {
    int columns = 1;
    std::vector<fs::path> parts;
    fs::path to;

    void add_to(CLI::App& verb) {
        verb.add_option("PARTS", parts, "Row by row, from the upper left corner")->required();
        verb.add_option("--columns", columns)->required()->check(CLI::PositiveNumber);
        verb.add_option("--to", to)->required();
    }

    // Where each one comes to follows from their sizes; that they fill the whole is checked by the joining.
    int make() const {
        std::vector<media::PicturePart> placed;
        int x = 0, y = 0;
        for (const fs::path& part : parts) {
            const media::PictureInfo info = media::probe_picture(part);
            placed.push_back({part, x, y, {}});
            x += info.width;
            if (placed.size() % static_cast<std::size_t>(columns) != 0) continue;
            x = 0;
            y += info.height;
        }
        fs::create_directories(fs::absolute(to).parent_path());
        media::join_parts(placed, to);
        return 0;
    }
};

struct Average {
    std::vector<fs::path> pictures;
    fs::path to;

    void add_to(CLI::App& verb) {
        verb.add_option("PICTURES", pictures)->required();
        verb.add_option("--to", to)->required();
    }

    int make() const {
        fs::create_directories(fs::absolute(to).parent_path());
        media::average_pictures(pictures, to);
        return 0;
    }
};

int run(int argc, char** argv) {
    CLI::App tool("Films, looks and other pictures from pictures");
    tool.require_subcommand(1);
    int status = 0;
    Film film;
    JoinFilms films;
    Looks looks;
    Grid grid;
    Average average;
    const auto add = [&](const char* name, const char* summary, auto& what) {
        CLI::App* verb = tool.add_subcommand(name, summary);
        what.add_to(*verb);
        verb->callback([&] { status = what.make(); });
    };
    add("film", "a film of frames, checked against the plan", film);
    add("join-films", "one film of films, without encoding again", films);
    add("looks", "thumbnails, a contact sheet, and a search for bad frames", looks);
    add("join", "one picture of parts in rows and columns, with the same pixels", grid);
    add("average", "the mean of pictures", average);
    CLI11_PARSE(tool, argc, argv);
    return status;
}

}  // namespace

int main(int argc, char** argv) {
    return atelier::process::as_task(std::cout, [&](atelier::process::Speaker&) { return run(argc, argv); });
}
