#include "pipelines/sky/desk/sky_input.h"

#include "base/error.h"
#include "base/text.h"
#include "pipelines/sky/pixels/fits_rows.h"
#include "pipelines/sky/pixels/thumbnail.h"
#include "pipelines/sky/place/avm.h"

namespace atelier::pipelines::sky {

namespace {

bool has_healpix(const FitsFile& file) {
    for (const FitsUnit& unit : file.units())
        if (trim(unit.header.text("PIXTYPE").value_or("")) == "HEALPIX") return true;
    return false;
}

Wcs of_the_rest(Wcs wcs, const Crop& crop) {
    wcs.crpix1 -= crop.left;
    wcs.crpix2 -= crop.top;
    return wcs;
}

std::optional<Wcs> position_in(const FitsFile& file, const Crop& crop) {
    const FitsUnit& unit = file.units()[image_unit(file)];
    if (!has_wcs(unit.header)) return std::nullopt;
    const Wcs wcs = read_wcs(unit.header);
    return of_the_rest(wcs.top_down() ? wcs : wcs.flipped(unit.height), crop);
}

Wcs position_by_avm(const std::filesystem::path& path, const PixelRows& rows, const Crop& crop) {
    const auto avm = read_avm(path);
    if (!avm) throw Error(Error::Kind::invalid, path.string() + " has no AVM: nothing tells where it lies on the sky");
    return of_the_rest(wcs_of(*avm, rows.width() + crop.left + crop.right, rows.height() + crop.top + crop.bottom),
                       crop);
}

}  // namespace

SkyInput open_sky(const SkyInputRequest& request, cli::Output& output) {
    const Reading reading = request.image.reading(output);
    SkyInput input;
    if (is_fits(request.path)) {
        const FitsFile file(request.path);
        if (has_healpix(file)) {
            input.sky = open_healpix(request.path, {.galactic = request.galactic});
            return input;
        }
        input.wcs = position_in(file, reading.crop);
    }
    const auto rows = open_pixels(request.path, reading);
    if (request.avm) input.wcs = position_by_avm(request.path, *rows, reading.crop);
    input.width = rows->width();
    input.height = rows->height();
    ThumbnailMaker thumbnail(rows->width(), rows->height(), rows->mode());
    const auto each_row = [&](const std::byte* row) { thumbnail.add(row); };
    if (input.wcs) {
        input.sky = open_image(*rows, *input.wcs, each_row);
    } else {
        const auto projection = projection_of(request.projection);
        if (!projection) throw Error(Error::Kind::invalid, "--projection: " + request.projection + " isn't known");
        input.sky = open_map(*rows, *projection, each_row);
    }
    input.thumbnail = thumbnail.jpeg();
    return input;
}

}  // namespace atelier::pipelines::sky
