// The commands for the whole sky: `tile-allsky`, `tile-healpix`, and HiPS and Deep Zoom besides.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "base/text.h"
#include "pipelines/sky/desk/allsky_command.h"
#include "pipelines/sky/desk/commands.h"
#include "pipelines/sky/desk/hips_command.h"
#include "pipelines/sky/pyramid/allsky.h"
#include "pipelines/sky/pyramid/hips.h"

namespace atelier::pipelines::sky {

namespace {

void add_effort_and_threads(CLI::App& command, int& effort, unsigned& threads) {
    command.add_option("--effort", effort, "Of compression: 0 (none) to 9 (smallest files)")
        ->check(CLI::Range(0, 9))
        ->capture_default_str();
    command.add_option("-j,--parallelism", threads, "Threads; else one a core")->check(CLI::Range(1, 1024));
}

void add_depth(CLI::App& command, AllskyRequest& request) {
    command.add_option("DEPTH", request.depth, "Of the pyramid: level n has 4^n tiles; else as fine as the map")
        ->check(CLI::Range(0, deepest_allsky));
}

void add_pyramid_options(CLI::App& command, AllskyRequest& request) {
    command.add_option("--outdir", request.folder, "Where the tiles and index_rel.wtml come to")->capture_default_str();
    command.add_option("--name", request.name, "What it is called; else as the file");
    command.add_flag("--fast", request.fast, "Positions on the border of two pixels may go to either side");
    command.add_flag("--leaves", request.leaves_alone, "The lowest level alone; `cascade` makes the others");
    command.add_option("--branch", request.branch,
                       "LEVEL/X/Y: this tile and those below it alone, as a part of the work");
    command
        .add_option("--above", request.above, "The last part: what is above this level, when all its branches are made")
        ->check(CLI::Range(0, deepest_allsky));
    add_effort_and_threads(command, request.effort, request.threads);
}

void add_tile_allsky(CLI::App& group, cli::Context& context) {
    CLI::App& command =
        cli::add_verb(group, "tile-allsky", "Make the TOAST tiles of a map of the whole sky or of a planet",
                      "atelier sky tile-allsky --projection plate-carree-galactic --outdir sky map.jpg 6");
    const auto request = std::make_shared<MapRequest>();
    command.add_option("IMAGE", request->path, "A map of twice its height's width, of any kind that tile-study reads")
        ->required();
    add_depth(command, *request);
    request->image.add_to(command);
    command
        .add_option("--projection", request->projection, "How it lies on the sphere: " + join(projection_names(), ", "))
        ->check(CLI::IsMember(projection_names()))
        ->capture_default_str();
    command.add_flag("--placeholder-thumbnail", request->placeholder_thumbnail, "A black thumbnail");
    add_pyramid_options(command, *request);
    cli::when_chosen(command, context, [request, &context] { return tile_allsky_command(*request, context.output); });
}

void add_tile_healpix(CLI::App& group, cli::Context& context) {
    CLI::App& command = cli::add_verb(group, "tile-healpix", "Make the TOAST tiles of a HEALPix map, as FITS",
                                      "atelier sky tile-healpix --outdir sky map.fits 3");
    const auto request = std::make_shared<HealpixRequest>();
    command.add_option("FITS", request->path, "A file with a table of HEALPix pixels")->required();
    add_depth(command, *request);
    command.add_flag("--galactic", request->galactic, "It is in galactic coordinates, whatever it says");
    command.add_flag("--compatible", request->compatible, "To the same pixels as toasty, also where it errs");
    add_pyramid_options(command, *request);
    cli::when_chosen(command, context, [request, &context] { return tile_healpix_command(*request, context.output); });
}

void add_hips(CLI::App& group, cli::Context& context) {
    CLI::App& command = cli::add_verb(group, "hips", "Make a HiPS, for Aladin, ESASky and WorldWide Telescope",
                                      "atelier sky hips --projection plate-carree-galactic --outdir milky-way map.jpg");
    const auto request = std::make_shared<HipsRequest>();
    command.add_option("INPUT", request->input.path, "A map of the sky, HEALPix, or an image that says where it lies")
        ->required();
    request->input.image.add_to(command);
    command.add_option("--projection", request->input.projection, "Of a map: " + join(projection_names(), ", "))
        ->check(CLI::IsMember(projection_names()))
        ->capture_default_str();
    command.add_flag("--avm", request->input.avm, "An image that tells by AVM where it lies");
    command.add_flag("--galactic", request->input.galactic, "HEALPix in galactic coordinates, whatever it says");
    command.add_option("--outdir", request->folder, "Where it comes to")->capture_default_str();
    command.add_option("--name", request->name, "Its title; else as the file");
    command.add_option("--id", request->id, "Its identifier: ivo://AUTHORITY/P/NAME");
    command.add_option("--body", request->body, "A planet's name, such as mars");
    command.add_option("--frame", request->frame, "equatorial, galactic, ecliptic")
        ->check(CLI::IsMember({"equatorial", "galactic", "ecliptic"}))
        ->capture_default_str();
    command.add_option("--order", request->order, "Of the finest tiles; else as fine as the input")
        ->check(CLI::Range(0, deepest_hips));
    command.add_option("-f,--format", request->format, "png, jpg, fits; else png of colours and fits of numbers")
        ->check(CLI::IsMember({"png", "jpg", "fits"}));
    add_effort_and_threads(command, request->effort, request->threads);
    cli::when_chosen(command, context, [request, &context] { return hips_command(*request, context.output); });
}

void add_deep_zoom(CLI::App& group, cli::Context& context) {
    CLI::App& command = cli::add_verb(group, "deep-zoom", "Make a Deep Zoom picture, for OpenSeadragon and others",
                                      "atelier sky deep-zoom panorama.tif web/panorama.dzi");
    const auto request = std::make_shared<DeepZoomRequest>();
    command.add_option("IMAGE", request->path)->required();
    command.add_option("DZI", request->to, "NAME.dzi, which NAME_files comes beside; else beside the image");
    request->image.add_to(command);
    command.add_option("-f,--format", request->format, "jpg, png")
        ->check(CLI::IsMember({"jpg", "png"}))
        ->capture_default_str();
    command.add_option("--tile-size", request->tile_size, "Pixels")->check(CLI::Range(16, 2048))->capture_default_str();
    command.add_option("--overlap", request->overlap, "Pixels of its neighbours that a tile has on each side")
        ->check(CLI::Range(0, 1024))
        ->capture_default_str();
    command.add_option("--quality", request->quality, "Of JPEG")->check(CLI::Range(1, 100))->capture_default_str();
    add_effort_and_threads(command, request->effort, request->threads);
    cli::when_chosen(command, context, [request, &context] { return deep_zoom_command(*request, context.output); });
}

}  // namespace

void add_allsky_commands(CLI::App& command, cli::Context& context) {
    add_tile_allsky(command, context);
    add_tile_healpix(command, context);
    add_hips(command, context);
    add_deep_zoom(command, context);
}

}  // namespace atelier::pipelines::sky
