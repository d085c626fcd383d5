// The commands `check-avm` and `tile-wwtl`, and those for FITS: `tile-fits`, `tile-multi-tan`, `view`.
#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/files.h"
#include "pipelines/sky/desk/check_avm_command.h"
#include "pipelines/sky/desk/commands.h"
#include "pipelines/sky/desk/fits_command.h"
#include "pipelines/sky/desk/study_command.h"
#include "pipelines/sky/place/wwtl.h"

namespace atelier::pipelines::sky {

namespace {

const std::map<std::string, FitsMethod> methods = {
    {"auto", FitsMethod::automatic}, {"tan", FitsMethod::tan}, {"toast", FitsMethod::toast}};

void add_compatible(CLI::App& command, bool& compatible) {
    command.add_flag("--compatible", compatible, "As toasty does it, also where it errs");
}

void add_effort_and_threads(CLI::App& command, int& effort, unsigned& threads) {
    command.add_option("--effort", effort, "Of compression: 0 (none) to 9 (smallest files)")
        ->check(CLI::Range(0, 9))
        ->capture_default_str();
    command.add_option("-j,--parallelism", threads, "Threads; else one a core")->check(CLI::Range(1, 1024));
}

void add_check_avm(CLI::App& group, cli::Context& context) {
    CLI::App& command =
        cli::add_verb(group, "check-avm", "Tell what an image says of its place on the sky, and what is wrong with it",
                      "atelier sky check-avm m31.jpg");
    const auto request = std::make_shared<CheckAvmRequest>();
    command.add_option("IMAGE", request->path)->required();
    command.add_flag("--print", request->print, "All that its AVM says");
    command.add_flag("--exitcode", request->exitcode, "End with 1 when it can't be placed");
    add_compatible(command, request->compatible);
    cli::when_chosen(command, context, [request, &context] { return check_avm_command(*request, context.output); });
}

// The image is taken out of the layer's file, and tiled like one that lies alone.
int tile_wwtl_command(StudyRequest request, cli::Output& output) {
    const Wwtl wwtl = read_wwtl(request.path);
    const TemporaryFolder place("atelier-wwtl-");
    request.shown_as = request.path;
    request.path = place.path() / ("image" + wwtl.extension);
    extract_image(request.shown_as, wwtl, request.path);
    request.layer = wwtl.image;
    return tile_study_command(request, output);
}

void add_tile_wwtl(CLI::App& group, cli::Context& context) {
    CLI::App& command =
        cli::add_verb(group, "tile-wwtl", "Make the tiles of the image in a layer file of WorldWide Telescope",
                      "atelier sky tile-wwtl --outdir tiles m31.wwtl");
    const auto request = std::make_shared<StudyRequest>();
    command.add_option("WWTL", request->path, "The layer file")->required();
    request->image.add_to(command);
    command.add_option("--outdir", request->folder, "Where the tiles and index_rel.wtml come to")
        ->capture_default_str();
    command.add_option("--name", request->name, "What it is called; else what the layer says");
    command.add_flag("--placeholder-thumbnail", request->placeholder_thumbnail, "A black thumbnail");
    command.add_flag("--leaves", request->leaves_alone, "The lowest level alone; `cascade` makes the others");
    add_effort_and_threads(command, request->effort, request->threads);
    cli::when_chosen(command, context, [request, &context] { return tile_wwtl_command(*request, context.output); });
}

void add_inputs(CLI::App& command, FitsRequest& request) {
    command.add_option("FITS", request.paths, "Images, plain or by gzip; later ones lie above")->required();
    command.add_option("--hdu-index", request.unit, "Of each file, counted from 0; else its first image");
    command.add_option("--wcs-key", request.key, "Of an alternate position, A to Z")
        ->check(CLI::Validator(
            [](const std::string& key) {
                return key.size() == 1 && key[0] >= 'A' && key[0] <= 'Z' ? "" : "it is one letter, A to Z";
            },
            "LETTER"));
    add_compatible(command, request.compatible);
    add_effort_and_threads(command, request.effort, request.threads);
}

void add_tile_fits(CLI::App& group, cli::Context& context) {
    CLI::App& command = cli::add_verb(group, "tile-fits", "Make the tiles of one FITS image or of several together",
                                      "atelier sky tile-fits --outdir tiles m31_*.fits");
    const auto request = std::make_shared<FitsRequest>();
    add_inputs(command, *request);
    command.add_option("--outdir", request->folder, "Where the tiles come to; else by the first file's name");
    command.add_option("--name", request->name, "What it is called; else as the folder");
    command
        .add_option("--tiling-method", request->method,
                    "tan: a tangential plane; toast: the sphere; auto: what fits, by how wide they are")
        ->transform(CLI::CheckedTransformer(methods));
    command.add_flag("--leaves", request->leaves_alone, "The lowest level alone; `cascade` makes the others");
    cli::when_chosen(command, context, [request, &context] { return tile_fits_command(*request, context.output); });
}

void add_tile_multi_tan(CLI::App& group, cli::Context& context) {
    CLI::App& command =
        cli::add_verb(group, "tile-multi-tan", "Make the lowest level of tiles of FITS images on one tangential plane",
                      "atelier sky tile-multi-tan --outdir tiles part1.fits part2.fits");
    const auto request = std::make_shared<FitsRequest>();
    request->folder = ".";
    add_inputs(command, *request);
    command.add_option("--outdir", request->folder, "Where the tiles come to")->capture_default_str();
    command.add_option("--name", request->name, "What it is called; else as the folder");
    cli::when_chosen(command, context,
                     [request, &context] { return tile_multi_tan_command(*request, context.output); });
}

void add_view(CLI::App& group, cli::Context& context) {
    CLI::App& command = cli::add_verb(group, "view", "Make the tiles of FITS images beside where we stand",
                                      "atelier sky view --tile-only m31.fits");
    const auto request = std::make_shared<FitsRequest>();
    const auto tile_only = std::make_shared<bool>(false);
    add_inputs(command, *request);
    command.add_flag("--tile-only", *tile_only, "Don't open a viewer; must be given");
    command.add_option("--tiling-method", request->method, "auto, tan or toast")
        ->transform(CLI::CheckedTransformer(methods));
    cli::when_chosen(command, context, [request, tile_only, &context] {
        if (!*tile_only)
            throw Error(Error::Kind::invalid, "no viewer is opened from here",
                        "give --tile-only, and open WTML files in WorldWide Telescope");
        return tile_fits_command(*request, context.output);
    });
}

}  // namespace

void add_place_commands(CLI::App& command, cli::Context& context) {
    add_check_avm(command, context);
    add_tile_wwtl(command, context);
    add_tile_fits(command, context);
    add_tile_multi_tan(command, context);
    add_view(command, context);
}

}  // namespace atelier::pipelines::sky
