#include "pipelines/sky/desk/study_command.h"

#include <fmt/format.h>

#include <cmath>
#include <optional>

#include "base/error.h"
#include "base/files.h"
#include "cli/exit_status.h"
#include "pipelines/sky/fits/fits_file.h"
#include "pipelines/sky/pixels/fits_rows.h"
#include "pipelines/sky/pixels/thumbnail.h"
#include "pipelines/sky/place/avm.h"
#include "pipelines/sky/place/position.h"
#include "pipelines/sky/pyramid/study.h"

namespace atelier::pipelines::sky {

namespace fs = std::filesystem;

namespace {

constexpr const char* index_name = "index_rel.wtml";
constexpr const char* thumbnail_name = "thumb.jpg";
constexpr double aspects_differ = 0.005;

// Where an image lies, and what it says of itself.
struct Position {
    std::optional<Wcs> wcs;  // top-down
    bool upside_down = false;
    std::optional<Avm> avm;
};

class Study {
public:
    Study(const StudyRequest& request, cli::Output& output)
        : request_(request),
          output_(output),
          reading_(request.image.reading(output)),
          rows_(open_pixels(request.path, reading_)) {}

    void make() {
        const Position position = find_position();
        const bool small_on_sky = position.wcs && !compatible();
        const StudyLayout layout = study_layout(rows_->width(), rows_->height(), small_on_sky ? 1 : 0);
        Place place = place_of(position, layout.levels);
        const std::string thumbnail = tile(layout, position.upside_down);
        write_file_durably(request_.folder / thumbnail_name, thumbnail);
        WtmlFolder index;
        index.name = place.name;
        index.places.push_back(std::move(place));
        write_file_durably(request_.folder / index_name, write_wtml(index));
        tell(layout.levels);
    }

private:
    bool compatible() const { return request_.image.compatible; }
    bool leaves_alone() const { return request_.leaves_alone || compatible(); }
    TileFormat format() const { return is_picture(rows_->mode()) ? TileFormat::png : TileFormat::fits; }

    // The original takes a position for that of the part that is left, whatever is cut off.
    PixelSize size_for_position() const {
        if (compatible()) return {rows_->width(), rows_->height()};
        const Crop& crop = reading_.crop;
        return {rows_->width() + crop.left + crop.right, rows_->height() + crop.top + crop.bottom};
    }

    Wcs of_the_rest(Wcs wcs) const {
        if (compatible()) return wcs;
        wcs.crpix1 -= reading_.crop.left;
        wcs.crpix2 -= reading_.crop.top;
        return wcs;
    }

    Position find_position() const {
        if (request_.layer) return from_layer();
        if (!request_.avm_from.empty()) return from_avm(request_.avm_from);
        if (request_.avm) return from_avm(request_.path);
        if (!request_.fits_wcs.empty()) return from_fits_wcs();
        if (is_fits(request_.path)) return from_own_header();
        return {};
    }

    Position from_avm(const fs::path& path) const {
        auto avm = read_avm(path);
        if (!avm)
            throw Error(Error::Kind::invalid, path.string() + " has no AVM: nothing tells where it lies on the sky");
        const PixelSize size = size_for_position();
        const Wcs wcs = of_the_rest(wcs_of(*avm, size.width, size.height));
        return {wcs, false, std::move(avm)};
    }

    Position from_layer() const {
        const PixelSize size = size_for_position();
        const Wcs wcs = wcs_of_sky_image(*request_.layer, size.height);
        return compatible() ? Position{wcs, false, {}} : upright(wcs, size);
    }

    // The header's first row is the image's; where it has the parity of FITS, so has the image.
    Position from_fits_wcs() const {
        const FitsFile file(request_.fits_wcs);
        const PixelSize size = size_for_position();
        return upright(fitted(read_wcs(file.units().front().header), size), size);
    }

    Position upright(const Wcs& wcs, PixelSize size) const {
        if (wcs.top_down()) return {of_the_rest(wcs), false, {}};
        Wcs turned = wcs.flipped(size.height);
        if (!compatible()) {
            turned.crpix1 -= reading_.crop.left;
            turned.crpix2 -= reading_.crop.bottom;
        }
        return {turned, true, {}};
    }

    // A header that was made for the same image in another size.
    Wcs fitted(const Wcs& wcs, PixelSize size) const {
        if (wcs.width == 0 || wcs.height == 0) {
            output_.warn(fmt::format("{} doesn't tell of how large an image it speaks: it is taken for one like {}",
                                     request_.fits_wcs.string(), request_.path.string()));
            return wcs;
        }
        if (wcs.width == size.width && wcs.height == size.height) return wcs;
        const double across = double{1} * size.width / wcs.width, down = double{1} * size.height / wcs.height;
        const bool alike = std::abs(across - down) / (across + down) < aspects_differ;
        output_.warn(fmt::format("{} speaks of an image of {} times {} pixels, but {} has {} times {}: {}",
                                 request_.fits_wcs.string(), wcs.width, wcs.height, request_.path.string(), size.width,
                                 size.height, alike ? "it is scaled" : "the position is unlikely to be right"));
        return alike ? wcs.scaled(across) : wcs;
    }

    Position from_own_header() const {
        const FitsFile file(request_.path);
        const FitsUnit& unit = file.units()[image_unit(file)];
        if (!has_wcs(unit.header) && !compatible()) return {};
        const Wcs wcs = read_wcs(unit.header);
        Wcs upright = wcs.top_down() ? wcs : wcs.flipped(unit.height);
        upright.crpix1 -= reading_.crop.left;
        upright.crpix2 -= reading_.crop.top;
        return {upright, false, {}};
    }

    Place place_of(const Position& found, int levels) const {
        Place place;
        if (request_.layer) place.image = *request_.layer;
        if (found.wcs)
            position(*found.wcs, rows_->width(), rows_->height(), levels, place);
        else
            position_nowhere(levels, place);
        place.image.name = place.name = name_for(found);
        place.thumbnail = place.image.thumbnail_url = thumbnail_name;
        place.image.file_type = extension_of(format());
        place.image.url = tile_url(Scheme::folders, extension_of(format()));
        if (found.avm) {
            place.image.description = found.avm->description;
            place.image.credits = found.avm->credit;
            place.image.credits_url = found.avm->reference_url;
        }
        return place;
    }

    std::string name_for(const Position& found) const {
        if (!request_.name.empty()) return request_.name;
        if (compatible()) return "Toasty";
        if (found.avm && !found.avm->title.empty()) return found.avm->title;
        if (request_.layer && !request_.layer->name.empty()) return request_.layer->name;
        return request_.path.stem().string();
    }

    // Gives the thumbnail. An index from before is gone first: who sees one, sees a whole pyramid.
    std::string tile(const StudyLayout& layout, bool upside_down) const {
        std::optional<ThumbnailMaker> thumbnail;
        if (!request_.placeholder_thumbnail) thumbnail.emplace(rows_->width(), rows_->height(), rows_->mode());
        std::error_code ignored;
        fs::remove(request_.folder / index_name, ignored);
        TileFolder folder(request_.folder,
                          {.format = format(), .effort = request_.effort, .threads = request_.threads});
        StudyOptions options;
        options.leaves_alone = leaves_alone();
        options.upside_down = upside_down;
        options.averaging = compatible() ? Averaging::compatible : Averaging::true_colour;
        tile_study(*rows_, layout, options, folder, [&](const std::byte* row) {
            if (thumbnail) thumbnail->add(row);
        });
        if (!compatible()) folder.remove_others();
        folder.finish();
        if (!thumbnail) return placeholder_thumbnail();
        return thumbnail->jpeg(upside_down && !compatible());
    }

    void tell(int levels) const {
        const fs::path& shown = request_.shown_as.empty() ? request_.path : request_.shown_as;
        output_.say(fmt::format("Successfully tiled input \"{}\" at level {}.", shown.string(), levels));
        if (!leaves_alone()) return;
        output_.say("To create parent tiles, consider running:");
        output_.say("");
        output_.say(fmt::format("   {} cascade --start {} {}", compatible() ? "toasty" : "atelier sky", levels,
                                request_.folder.string()));
    }

    const StudyRequest& request_;
    cli::Output& output_;
    Reading reading_;
    std::unique_ptr<PixelRows> rows_;
};

}  // namespace

int tile_study_command(const StudyRequest& request, cli::Output& output) {
    if (request.avm && !request.avm_from.empty()) output.warn("--avm-from stands above --avm");
    std::error_code problem;
    fs::create_directories(request.folder, problem);
    if (problem) throw Error::from_errno("cannot make the folder " + request.folder.string(), problem.value());
    Study(request, output).make();
    return cli::done;
}

}  // namespace atelier::pipelines::sky
