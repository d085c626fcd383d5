#include "pipelines/sky/desk/fits_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numbers>

#include "base/error.h"
#include "base/files.h"
#include "base/machine.h"
#include "cli/exit_status.h"
#include "pipelines/sky/place/position.h"
#include "pipelines/sky/pyramid/allsky.h"
#include "pipelines/sky/pyramid/fits_mosaic.h"
#include "pipelines/sky/pyramid/top_tile.h"

namespace atelier::pipelines::sky {

namespace fs = std::filesystem;

namespace {

constexpr const char* index_name = "index_rel.wtml";
constexpr const char* thumbnail_name = "thumb.jpg";
constexpr double degree = std::numbers::pi / 180;
constexpr double most_tiles = 1e6;
constexpr double widest_plane = 20;  // degrees; beyond, a tangential plane is stretched too much

using Vector = std::array<double, 3>;

Vector direction_of(const SkyPoint& point) {
    const double ra = point.ra * degree, dec = point.dec * degree;
    return {std::cos(dec) * std::cos(ra), std::cos(dec) * std::sin(ra), std::sin(dec)};
}

double degrees_between(const Vector& a, const Vector& b) {
    const double distance = std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
    return 2 * std::asin(std::min(1.0, distance / 2)) / degree;
}

std::vector<Vector> corners_of(const std::vector<MosaicPart>& parts) {
    std::vector<Vector> corners;
    for (const MosaicPart& part : parts)
        for (const double x : {0.5, part.width + 0.5})
            for (const double y : {0.5, part.height + 0.5})
                corners.push_back(direction_of(part.wcs.at(x, y)));
    return corners;
}

bool is_wide(const std::vector<Vector>& corners) {
    for (const Vector& a : corners)
        for (const Vector& b : corners)
            if (degrees_between(a, b) > widest_plane) return true;
    return false;
}

// A plane that all of them lie on about, for the view of them.
Wcs plane_of(const std::vector<MosaicPart>& parts) {
    const std::vector<Vector> corners = corners_of(parts);
    Vector sum{};
    for (const Vector& corner : corners)
        for (std::size_t axis = 0; axis < 3; ++axis)
            sum[axis] += corner[axis];
    const double length = std::hypot(sum[0], sum[1], sum[2]);
    Vector middle = corners.front();
    if (length > 1e-6) middle = {sum[0] / length, sum[1] / length, sum[2] / length};
    double radius = 0;
    for (const Vector& corner : corners)
        radius = std::max(radius, degrees_between(middle, corner));
    Wcs wcs;
    const double ra = std::atan2(middle[1], middle[0]) / degree;
    wcs.crval1 = ra < 0 ? ra + 360 : ra;
    wcs.crval2 = std::asin(std::clamp(middle[2], -1.0, 1.0)) / degree;
    wcs.cd11 = wcs.cd22 = -std::sqrt(std::abs(parts.front().wcs.determinant()));
    wcs.width = wcs.height = std::max(1, static_cast<int>(std::min(2 * radius / -wcs.cd22, 1e9)));
    wcs.crpix1 = wcs.crpix2 = (wcs.width + 1) / 2.0;
    return wcs;
}

// Several pictures of the sky; of those that overlap the later one is seen where it has a number.
class Layers : public SkySource {
public:
    explicit Layers(const std::vector<MosaicPart>& parts) {
        mode_ = Mode::f32;
        for (const MosaicPart& part : parts) {
            FitsMosaic rows({part});
            layers_.push_back(open_image(rows, rows.wcs()));
            if (layers_.back()->mode() != mode_) mode_ = Mode::f64;
            resolution_ = std::min(layers_.back()->resolution(), resolution_ == 0 ? 360 : resolution_);
        }
    }

    void look(const Directions& directions, const ExactPosition& exact, std::byte* values) const override {
        std::vector<std::byte> seen(directions.size() * sizeof(double));
        std::vector<double> sum(directions.size(), std::numeric_limits<double>::quiet_NaN());
        for (const auto& layer : layers_) {
            layer->look(directions, exact, seen.data());
            const bool single = layer->mode() == Mode::f32;
            for (std::size_t i = 0; i < sum.size(); ++i) {
                const double value = single ? number_at<float>(seen, i) : number_at<double>(seen, i);
                if (!std::isnan(value)) sum[i] = value;
            }
        }
        for (std::size_t i = 0; i < sum.size(); ++i) {
            const auto single = static_cast<float>(sum[i]);
            if (mode_ == Mode::f32)
                std::memcpy(values + i * sizeof single, &single, sizeof single);
            else
                std::memcpy(values + i * sizeof(double), &sum[i], sizeof(double));
        }
    }

    bool meets(const Vector& centre, double radius) const override {
        return std::any_of(layers_.begin(), layers_.end(),
                           [&](const auto& layer) { return layer->meets(centre, radius); });
    }

private:
    template <class Value>
    static double number_at(const std::vector<std::byte>& bytes, std::size_t index) {
        Value value;
        std::memcpy(&value, &bytes[index * sizeof value], sizeof value);
        return static_cast<double>(value);
    }

    std::vector<std::unique_ptr<SkySource>> layers_;
};

class FitsPyramid {
public:
    FitsPyramid(const FitsRequest& request, cli::Output& output) : request_(request), output_(output) {
        MosaicOptions options;
        options.unit = request.unit;
        if (!request.key.empty()) options.key = request.key.front();
        parts_ = read_parts(request.paths, options);
        toast_ = request.method == FitsMethod::toast ||
                 (request.method == FitsMethod::automatic && (!share_a_plane(parts_) || is_wide(corners_of(parts_))));
        folder_ = request.folder.empty() ? fs::path(stem() + (toast_ ? "_tiled_TOAST" : "_tiled")) : request.folder;
        place_.name = place_.image.name = request.name.empty() ? folder_name() : request.name;
    }

    void make() {
        if (request_.compatible) {
            output_.say(fmt::format("Tile output directory is `{}`", folder_.string()));
            output_.say(fmt::format("Tiling base layer in {} mode (step 1 of 2)", toast_ ? "TOAST" : "multi-TAN"));
        }
        tile(false);
        if (request_.compatible) {
            output_.say("Downsampling (step 2 of 2)");
            if (place_.image.tile_levels > 0) tell_cores();
        }
        write_index();
        if (!request_.compatible)
            output_.say(fmt::format("Tiled {} in {} at level {}.",
                                    parts_.size() == 1 ? "one image" : fmt::format("{} images", parts_.size()),
                                    toast_ ? "TOAST" : "a tangential plane", place_.image.tile_levels));
        output_.say("WTML: " + (folder_ / index_name).string());
    }

    void make_leaves() {
        if (request_.compatible) tell_cores();
        tile(true);
        write_index();
        output_.say(fmt::format("Successfully tiled inputs at level {}.", place_.image.tile_levels));
        output_.say("To create parent tiles, consider running:");
        output_.say("");
        output_.say(fmt::format("   {} cascade --start {} {}", request_.compatible ? "toasty" : "atelier sky",
                                place_.image.tile_levels, folder_.string()));
    }

private:
    // Without ".fits" or ".fits.gz".
    std::string stem() const {
        fs::path name = request_.paths.front().filename();
        if (name.extension() == ".gz") name = name.stem();
        return name.stem().string();
    }
    std::string folder_name() const {
        if (request_.folder.empty()) return folder_.string();
        const std::string name = fs::absolute(folder_).lexically_normal().filename().string();
        return request_.compatible ? "Toasty" : name.empty() ? stem() : name;
    }
    Averaging averaging() const { return request_.compatible ? Averaging::compatible : Averaging::true_colour; }
    void tell_cores() { output_.say(fmt::format("info: parallelizing processing over {} CPUs", usable_cores())); }

    void tile(bool leaves_alone) {
        std::error_code problem;
        fs::create_directories(folder_, problem);
        if (problem) throw Error::from_errno("cannot make the folder " + folder_.string(), problem.value());
        fs::remove(folder_ / index_name, problem);  // who sees one, sees a whole pyramid
        TileFolder tiles(folder_, {.format = TileFormat::fits, .effort = request_.effort, .threads = request_.threads});
        toast_ ? tile_toast(tiles, leaves_alone) : tile_plane(tiles, leaves_alone);
        if (!request_.compatible) tiles.remove_others();
        tiles.finish();
        if (!leaves_alone) look_at_top(tiles);
        place_.image.file_type = extension_of(TileFormat::fits);
        place_.image.url = tile_url(Scheme::folders, extension_of(TileFormat::fits));
    }

    void tile_plane(TileFolder& tiles, bool leaves_alone) {
        FitsMosaic rows(parts_);
        layout_ = study_layout(rows.width(), rows.height(), request_.compatible ? 0 : 1);
        position(rows.wcs(), rows.width(), rows.height(), layout_.levels, place_);
        StudyOptions options;
        options.leaves_alone = leaves_alone;
        options.averaging = averaging();
        tile_study(rows, layout_, options, tiles);
    }

    void tile_toast(TileFolder& tiles, bool leaves_alone) {
        std::unique_ptr<SkySource> sky;
        Wcs plane = plane_of(parts_);
        if (share_a_plane(parts_) && !is_wide(corners_of(parts_))) {
            FitsMosaic rows(parts_);
            plane = rows.wcs();
            sky = open_image(rows, plane);
        } else {
            sky = std::make_unique<Layers>(parts_);
        }
        AllskyOptions options;
        options.depth = std::max(1, depth_for(sky->resolution()));
        check_number_of_tiles(sky->resolution());
        options.leaves_alone = leaves_alone;
        options.averaging = averaging();
        options.threads = request_.threads;
        tile_allsky(*sky, options, tiles);
        position_toast(plane, plane.width, plane.height, options.depth, place_);
        place_.image.base_degrees_per_tile = 180;
    }

    // Coarse images beside fine ones become as fine.
    void check_number_of_tiles(double resolution) const {
        double tiles = 0;
        for (const MosaicPart& part : parts_)
            tiles += std::abs(part.wcs.determinant()) * part.width * part.height / (resolution * resolution) /
                     (double{tile_side} * tile_side);
        if (tiles < most_tiles) return;
        throw Error(
            Error::Kind::exhausted,
            fmt::format("the tiles would be about {:.0f}: the coarsest image would become as fine as the finest",
                        tiles),
            "Tile images of very different scales apart.");
    }

    void look_at_top(const TileFolder& tiles) {
        ImageSet& image = place_.image;
        const auto top = tiles.read({0, 0, 0});
        if (top && top->range) std::tie(image.data_min, image.data_max) = *top->range;
        const auto telling = request_.compatible || !toast_ ? top : telling_tile(tiles);
        const auto cuts = telling ? cuts_of(*telling) : std::nullopt;
        if (!cuts) return;
        const bool single = telling->mode == Mode::f32;  // whose numbers are meant as they are kept
        image.pixel_cut_low = single ? static_cast<double>(static_cast<float>(cuts->low)) : cuts->low;
        image.pixel_cut_high = single ? static_cast<double>(static_cast<float>(cuts->high)) : cuts->high;
        if (request_.compatible) return;
        write_file_durably(folder_ / thumbnail_name, thumbnail_of(*telling, part_of_top(), *cuts));
        place_.thumbnail = image.thumbnail_url = thumbnail_name;
    }

    // Where the image is in the top tile.
    TilePart part_of_top() const {
        if (toast_) return {};
        const auto shrunk = [&](int pixels) {
            return static_cast<int>(std::int64_t{pixels} * tile_side / layout_.side);
        };
        TilePart part;
        part.left = shrunk(layout_.left);
        part.top = shrunk(layout_.top);
        part.width = std::clamp(shrunk(layout_.width), 1, tile_side - part.left);
        part.height = std::clamp(shrunk(layout_.height), 1, tile_side - part.top);
        return part;
    }

    void write_index() {
        WtmlFolder index;
        index.name = place_.name;
        index.places.push_back(place_);
        write_file_durably(folder_ / index_name, write_wtml(index));
    }

    const FitsRequest& request_;
    cli::Output& output_;
    std::vector<MosaicPart> parts_;
    bool toast_ = false;
    fs::path folder_;
    Place place_;
    StudyLayout layout_;
};

}  // namespace

int tile_fits_command(const FitsRequest& request, cli::Output& output) {
    FitsPyramid pyramid(request, output);
    request.leaves_alone ? pyramid.make_leaves() : pyramid.make();
    return cli::done;
}

int tile_multi_tan_command(const FitsRequest& request, cli::Output& output) {
    FitsRequest tan = request;
    tan.method = FitsMethod::tan;
    FitsPyramid(tan, output).make_leaves();
    return cli::done;
}

}  // namespace atelier::pipelines::sky
