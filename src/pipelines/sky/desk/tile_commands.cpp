// The commands `tile-study`, `cascade` and `make-thumbnail`.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/machine.h"
#include "cli/exit_status.h"
#include "pipelines/sky/desk/commands.h"
#include "pipelines/sky/desk/study_command.h"
#include "pipelines/sky/pixels/thumbnail.h"
#include "pipelines/sky/pyramid/study.h"

namespace atelier::pipelines::sky {

namespace {

constexpr int deepest_start = 30;

const std::map<std::string, TileFormat> formats = {
    {"png", TileFormat::png}, {"jpg", TileFormat::jpeg}, {"npy", TileFormat::npy}, {"fits", TileFormat::fits}};

void add_effort(CLI::App& command, int& effort) {
    command.add_option("--effort", effort, "Of compression: 0 (none) to 9 (smallest files)")
        ->check(CLI::Range(0, 9))
        ->capture_default_str();
}

void add_threads(CLI::App& command, unsigned& threads) {
    command.add_option("-j,--parallelism", threads, "Threads; else one a core")->check(CLI::Range(1, 1024));
}

void add_tile_study(CLI::App& group, cli::Context& context) {
    CLI::App& command = cli::add_verb(group, "tile-study", "Make the tiles of an image of a part of the sky",
                                      "atelier sky tile-study --avm --outdir tiles m31.jpg");
    const auto request = std::make_shared<StudyRequest>();
    command.add_option("IMAGE", request->path, "PNG, JPEG, TIFF, WebP, JPEG 2000, OpenEXR or FITS")->required();
    request->image.add_to(command);
    command.add_option("--outdir", request->folder, "Where the tiles and index_rel.wtml come to")
        ->capture_default_str();
    command.add_option("--name", request->name, "What it is called; else what its AVM says, or as the file");
    command.add_flag("--avm", request->avm, "The image tells by AVM where it lies on the sky");
    command.add_option("--avm-from", request->avm_from, "Another image tells it");
    command.add_option("--fits-wcs", request->fits_wcs, "A FITS header tells it");
    command.add_flag("--placeholder-thumbnail", request->placeholder_thumbnail, "A black thumbnail");
    command.add_flag("--leaves", request->leaves_alone, "The lowest level alone; `cascade` makes the others");
    add_effort(command, request->effort);
    add_threads(command, request->threads);
    cli::when_chosen(command, context, [request, &context] { return tile_study_command(*request, context.output); });
}

struct CascadeRequest {
    std::filesystem::path folder;
    int start = 0;
    std::optional<TileFormat> format;
    TileFolderOptions tiles;
    bool compatible = false;
};

// Of the tiles that are there, PNG first.
TileFormat format_in(const std::filesystem::path& folder, int level) {
    for (const TileFormat format : {TileFormat::png, TileFormat::jpeg, TileFormat::fits, TileFormat::npy})
        if (!TileFolder(folder, {.format = format}).tiles(level).empty()) return format;
    return TileFormat::png;
}

int cascade_command(const CascadeRequest& request, cli::Output& output) {
    TileFolderOptions tiles = request.tiles;
    tiles.format = request.format.value_or(format_in(request.folder, request.start));
    TileFolder folder(request.folder, tiles);
    if (!request.compatible && request.start > 0 && folder.tiles(request.start).empty())
        throw Error(Error::Kind::not_found,
                    fmt::format("{} has no tiles of level {}", request.folder.string(), request.start),
                    "--start is the level that is there");
    const unsigned threads = folder.options().threads;
    if (request.compatible && threads > 1 && request.start > 0)
        output.say(fmt::format("info: parallelizing processing over {} CPUs", threads));
    cascade(folder, request.start, request.compatible ? Averaging::compatible : Averaging::true_colour);
    folder.finish();
    return cli::done;
}

void add_cascade(CLI::App& group, cli::Context& context) {
    CLI::App& command = cli::add_verb(group, "cascade", "Make the levels above the tiles that are there",
                                      "atelier sky cascade --start 5 tiles");
    const auto request = std::make_shared<CascadeRequest>();
    command.add_option("DIR", request->folder, "Where the tiles lie")->required()->check(CLI::ExistingDirectory);
    command.add_option("--start", request->start, "The level that is there")
        ->required()
        ->check(CLI::Range(0, deepest_start));
    command
        .add_option("-f,--format", request->format, "Of the tiles: png, jpg, npy, fits; else as those that are there")
        ->transform(CLI::CheckedTransformer(formats));
    command.add_flag("--compatible", request->compatible, "To the same pixels as toasty: rounded down");
    add_effort(command, request->tiles.effort);
    add_threads(command, request->tiles.threads);
    cli::when_chosen(command, context, [request, &context] { return cascade_command(*request, context.output); });
}

struct ThumbnailRequest {
    ImageOptions image;
    std::filesystem::path path, to;
};

int thumbnail_command(const ThumbnailRequest& request, cli::Output& output) {
    const auto rows = open_pixels(request.path, request.image.reading(output));
    ThumbnailMaker maker(rows->width(), rows->height(), rows->mode());
    std::vector<std::byte> row(rows->row_bytes());
    for (int y = 0; y < rows->height(); ++y) {
        rows->read(row.data());
        maker.add(row.data());
    }
    write_file_durably(request.to, maker.jpeg());
    return cli::done;
}

void add_make_thumbnail(CLI::App& group, cli::Context& context) {
    CLI::App& command = cli::add_verb(group, "make-thumbnail", "Make the small picture that a list of images shows",
                                      "atelier sky make-thumbnail m31.jpg thumb.jpg");
    const auto request = std::make_shared<ThumbnailRequest>();
    command.add_option("IMAGE", request->path)->required();
    command.add_option("THUMBNAIL", request->to, "A JPEG of at most 96 times 45 pixels")->required();
    request->image.add_to(command);
    cli::when_chosen(command, context, [request, &context] { return thumbnail_command(*request, context.output); });
}

}  // namespace

void add_tile_commands(CLI::App& command, cli::Context& context) {
    add_tile_study(command, context);
    add_cascade(command, context);
    add_make_thumbnail(command, context);
}

}  // namespace atelier::pipelines::sky
