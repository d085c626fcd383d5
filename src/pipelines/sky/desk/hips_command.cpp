#include "pipelines/sky/desk/hips_command.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/exit_status.h"
#include "pipelines/sky/place/position.h"
#include "pipelines/sky/place/wtml.h"
#include "pipelines/sky/pyramid/deep_zoom.h"
#include "pipelines/sky/pyramid/hips.h"

namespace atelier::pipelines::sky {

namespace {

TileFormat format_of(const std::string& name, Mode mode) {
    if (name == "jpg") return TileFormat::jpeg;
    if (name == "png") return TileFormat::png;
    return name == "fits" || !is_picture(mode) ? TileFormat::fits : TileFormat::png;
}

Frame frame_of(const std::string& name) {
    if (name == "galactic") return Frame::galactic;
    return name == "ecliptic" ? Frame::ecliptic : Frame::icrs;
}

// For WorldWide Telescope, which reads the same tiles.
std::string index_of(const HipsOptions& options, const HipsMade& made, const SkyInput& input, bool is_sky) {
    Place place;
    ImageSet& image = place.image;
    if (input.wcs) position(*input.wcs, input.width, input.height, 1, place);
    image.offset_x = image.offset_y = image.rotation = 0;
    place.name = image.name = options.title;
    image.data_set_type = place.data_set_type = is_sky ? "Sky" : "Planet";
    image.projection = "Healpix";
    image.base_degrees_per_tile = 180;
    image.tile_levels = made.order;
    image.file_type = extension_of(options.format);
    image.url = "Norder{0}/Dir{1}/Npix{2}";
    image.pixel_cut_low = made.cut.first;
    image.pixel_cut_high = made.cut.second;
    if (!input.thumbnail.empty()) image.thumbnail_url = "thumb.jpg";
    WtmlFolder folder;
    folder.name = options.title;
    if (input.wcs)
        folder.places.push_back(std::move(place));
    else
        folder.images.push_back(std::move(image));
    return write_wtml(folder);
}

}  // namespace

int hips_command(const HipsRequest& request, cli::Output& output) {
    const SkyInput input = open_sky(request.input, output);
    const auto projection = projection_of(request.input.projection);
    const bool is_sky = !projection || !is_planet(*projection);
    HipsOptions options;
    options.title = request.name.empty() ? request.input.path.stem().string() : request.name;
    options.id = request.id;
    options.body = !is_sky && request.body.empty() ? "planet" : request.body;
    options.frame = frame_of(request.frame);
    options.order = request.order.value_or(-1);
    options.format = format_of(request.format, input.sky->mode());
    options.effort = request.effort;
    options.threads = request.threads;
    FileTree tree(request.folder);
    const HipsMade made = make_hips(*input.sky, options, tree);
    if (!input.thumbnail.empty()) tree.write("thumb.jpg", input.thumbnail);
    tree.write("index_rel.wtml", index_of(options, made, input, is_sky));
    tree.finish();
    output.say(fmt::format("{}: HiPS of order {}, tiles {} pixels wide, {:.4g} % of the sky", request.folder.string(),
                           made.order, made.tile_width, 100 * made.sky_fraction));
    return cli::done;
}

int deep_zoom_command(const DeepZoomRequest& request, cli::Output& output) {
    const auto rows = open_pixels(request.path, request.image.reading(output));
    const std::filesystem::path to =
        request.to.empty() ? std::filesystem::path(request.path).replace_extension(".dzi") : request.to;
    DeepZoomOptions options;
    options.name = to.extension() == ".dzi" ? to.stem().string() : to.filename().string();
    options.tile_size = request.tile_size;
    options.overlap = request.overlap;
    options.format = request.format == "png" ? TileFormat::png : TileFormat::jpeg;
    options.quality = request.quality;
    options.effort = request.effort;
    options.threads = request.threads;
    FileTree tree(to.has_parent_path() ? to.parent_path() : ".");
    make_deep_zoom(*rows, options, tree);
    output.say(fmt::format("{}: {} times {} pixels", (tree.root() / (options.name + ".dzi")).string(), rows->width(),
                           rows->height()));
    return cli::done;
}

}  // namespace atelier::pipelines::sky
