#include "pipelines/povray/command.h"

#include <CLI/CLI.hpp>

#include "pipelines/povray/pov.h"

namespace atelier::pipelines::povray {

void add_pov(CLI::App& command, cli::Context& context) {
    const auto request = std::make_shared<PovRequest>();
    command.add_option("FILE", request->file, "A scene (.pov), or a file of settings (.ini, .ini[section])")
        ->required();
    command.add_option("WORDS", request->words, "After --: more for POV-Ray, such as +W640 -A Declare=n=3");
    command.add_option("--frames", request->frames, "Which frames: 1-60, or 1-10,20,30-40:2");
    command.add_option("--clock", request->clock, "From..to over the frames, such as 0..1; or one value for a still");
    command.add_option("--size", request->size, "WIDTHxHEIGHT");
    command.add_option("--quality", request->quality, "0 (quick) to 11");
    command.add_option("--antialias", request->antialias, "on, off, or a threshold such as 0.3");
    command.add_option("--format", request->format, "png, png16, jpg, tga, bmp, ppm, exr, hdr");
    command.add_option("--film", request->film.codec, "h264 (mp4), h265, vp9 (webm), av1, prores, gif; none");
    command.add_option("--film-quality", request->film.quality, "draft, good, best, lossless")->capture_default_str();
    command.add_option("--fps", request->film.rate, "Frames per second of the film")->capture_default_str();
    command
        .add_option("--film-chunk", request->film.chunk,
                    "Frames of a long film that are encoded while others are drawn; 0: all in one go")
        ->check(CLI::NonNegativeNumber);
    command.add_option("--tone", request->film.tone, "For frames of more than 8 bits: standard, filmic, filmic+1.5");
    command.add_option("--rows", request->rows, "Draw a still in so many parts")->check(CLI::Range(1, 1000));
    command.add_option("--data", request->data, "CSV or JSON: a row a frame for the scene's {{ placeholders }}")
        ->check(CLI::ExistingFile);
    command.add_option("--library", request->libraries, "A folder that the scene may read besides its own")
        ->take_all()
        ->expected(1);
    command.add_option("--output", request->output, "Where frames and film are put; else renders/NAME");
    command.add_option("--name", request->name, "Name of the job and of what it makes; else the file's");
    command.add_option("--chunk", request->chunk, "Frames a task; else by their number")->check(CLI::Range(1, 10000));
    command.add_option("--processes", request->processes, "POV-Rays at once in a task; else up to 6")
        ->check(CLI::Range(1, 64));
    command.add_option("--workers", request->workers, "Tasks at one time; else one a core")->check(CLI::Range(1, 1024));
    command.add_option("--priority", request->priority, "0 to 100, more is sooner")
        ->check(CLI::Range(0, 100))
        ->capture_default_str();
    command.add_flag("--allow-gaps", request->film.allow_gaps, "Make the film also when frames can't be drawn");
    command.add_flag("!--no-looks", request->looks, "No thumbnails, no contact sheet, no search for bad frames");
    command.add_flag("--trust", request->trust, "Run the scene without the sandbox");
    command.add_flag("--in-place", request->in_place, "The server's workers see these files: send nothing");
    command.add_flag("--dry-run", request->dry_run, "Show the job, run nothing");
    cli::when_chosen(command, context, [request, &context] { return run_pov(*request, context.output); });
}

}  // namespace atelier::pipelines::povray
