#include "pipelines/sky/pyramid/hips.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>

#include "base/error.h"
#include "base/machine.h"
#include "pipelines/sky/fits/byte_order.h"
#include "pipelines/sky/pixels/jpeg.h"
#include "pipelines/sky/pyramid/by_threads.h"
#include "pipelines/sky/pyramid/healpix.h"
#include "pipelines/sky/pyramid/hips_files.h"
#include "pipelines/sky/pyramid/png_tile.h"
#include "pipelines/sky/pyramid/shrink.h"
#include "pipelines/sky/pyramid/tile_bytes.h"

namespace atelier::pipelines::sky {

namespace {

constexpr int allsky_order = 3;  // or the finest, if that is less
constexpr int allsky_side = 64;  // of a tile in the picture of all
constexpr int faces = 12;
constexpr int jpeg_quality = 90;
constexpr int branch_level = 2;  // what threads take at once: a sixteenth of a face

using MaybePixels = std::optional<TilePixels>;

// The work goes by blocks of 256 pixels, whichever width the tiles have: a block of level n is a 4^n-th of a face, and
// stands for a tile of that order, in full or at half its resolution.
struct Work {
    const SkySource& sky;
    const HipsOptions& options;
    FileTree& tree;
    HipsShape shape;

    bool wide() const { return shape.tile_width == 2 * tile_side; }
    int deepest_block() const { return shape.order + (wide() ? 1 : 0); }
    int order_of_all() const { return std::min(allsky_order, shape.order); }

    void count_leaves(std::uint64_t leaves) {
        const std::lock_guard lock(mutex);
        made += leaves;
        if (options.progress) options.progress(made, std::uint64_t{faces} << 2 * deepest_block());
    }

    std::mutex mutex{};
    std::uint64_t made = 0;
    std::vector<std::int64_t> finest{};                // tiles of the finest order that hold something
    std::map<std::int64_t, HipsPicture> small_ones{};  // of the picture of all
};

std::int64_t number_of(int face, Tile tile) {
    return nested_number(std::int64_t{1} << tile.level, {face, tile.y, tile.x});
}

// Half as wide and high, in the upper left quarter.
MaybePixels halved(TilePixels pixels) {
    ParentTile parent(Averaging::true_colour);
    parent.put(0, pixels);
    return parent.take();
}

// Encodes pictures and tiles; for one thread.
class Encoder {
public:
    explicit Encoder(const HipsOptions& options) : options_(options), png_(options.effort) {}

    std::string tile(const HipsPicture& picture, int order, std::int64_t pixel) {
        if (options_.format == TileFormat::fits) return write_hips_fits(picture, options_.frame, order, pixel);
        return this->picture(picture);
    }

    std::string picture(const HipsPicture& picture) {
        if (options_.format == TileFormat::fits) return write_plain_fits(picture);
        if (options_.format == TileFormat::png)
            return std::string(png_.encode(picture.mode, picture.bytes.data(), picture.width, picture.height));
        return encode_jpeg(opaque(picture).data(), picture.width, picture.height, jpeg_quality);
    }

private:
    static std::vector<std::byte> opaque(const HipsPicture& picture) {
        if (picture.mode == Mode::rgb) return picture.bytes;
        std::vector<std::byte> colours(picture.bytes.size() / 4 * 3);
        for (std::size_t i = 0; i < colours.size() / 3; ++i)
            std::memcpy(&colours[3 * i], &picture.bytes[4 * i], 3);
        return colours;
    }

    const HipsOptions& options_;
    PngEncoder png_;
};

// Puts the upper left square of one into another of the same or a wider mode; rgb becomes opaque.
void paste(Mode mode, const std::byte* from, int row, int side, HipsPicture& to, int left, int top) {
    const std::size_t size = pixel_bytes(mode), wide = pixel_bytes(to.mode);
    for (int y = 0; y < side; ++y) {
        const std::byte* source = from + static_cast<std::size_t>(y) * row * size;
        std::byte* target = &to.bytes[(static_cast<std::size_t>(top + y) * to.width + left) * wide];
        if (size == wide) {
            std::memcpy(target, source, static_cast<std::size_t>(side) * size);
            continue;
        }
        for (int x = 0; x < side; ++x, source += size, target += wide) {
            std::memcpy(target, source, 3);
            target[3] = std::byte{0xff};
        }
    }
}

// One in which nothing is.
HipsPicture blank(Mode mode, int width, int height) {
    const std::vector<std::byte> nothing = empty_tile(mode).bytes;
    HipsPicture picture{mode, width, height, {}};
    const std::size_t size = static_cast<std::size_t>(width) * height * pixel_bytes(mode);
    while (picture.bytes.size() < size)
        picture.bytes.insert(
            picture.bytes.end(), nothing.begin(),
            nothing.begin() + static_cast<std::ptrdiff_t>(std::min(nothing.size(), size - picture.bytes.size())));
    return picture;
}

class Branches {
public:
    explicit Branches(Work& work) : work_(work), encoder_(work.options) {
        directions_.resize(std::size_t{tile_side} * tile_side);
    }

    MaybePixels make(int face, Tile block) {
        if (!may_hold(face, block)) {
            work_.count_leaves(std::uint64_t{1} << 2 * (work_.deepest_block() - block.level));
            return std::nullopt;
        }
        if (block.level == work_.deepest_block()) return leaf(face, block);
        MaybePixels children[4];
        for (int i = 0; i < 4; ++i)
            children[i] = make(face, block.child(i));
        return join(face, block, children);
    }

    MaybePixels join(int face, Tile block, const MaybePixels (&children)[4]) {
        if (work_.wide() && block.level <= work_.shape.order) write_wide(face, block, children);
        return finish(face, block, parent_of(children, Averaging::true_colour));
    }

private:
    bool may_hold(int face, Tile block) const {
        if (block.level < 2) return true;
        const double side = static_cast<double>(1 << block.level);
        const auto at = [&](double down, double right) {
            return in_icrs(face_direction(face, (block.y + down) / side, (block.x + right) / side));
        };
        const auto centre = at(0.5, 0.5);
        double radius = 0;
        for (const double down : {0.0, 1.0})
            for (const double right : {0.0, 1.0})
                radius = std::max(radius, angle_between(centre, at(down, right)));
        return work_.sky.meets(centre, 1.2 * radius);  // the sides are no great circles
    }

    std::array<double, 3> in_icrs(const std::array<double, 3>& direction) const {
        Directions one;
        one.x = {direction[0]};
        one.y = {direction[1]};
        one.z = {direction[2]};
        to_icrs(one, work_.options.frame);
        return {one.x[0], one.y[0], one.z[0]};
    }

    MaybePixels leaf(int face, Tile block) {
        const double side = static_cast<double>(tile_side) * static_cast<double>(1 << block.level);
        for (std::size_t i = 0; i < directions_.size(); ++i) {
            const double down = static_cast<double>(block.y) * tile_side + static_cast<double>(i / tile_side) + 0.5;
            const double right = static_cast<double>(block.x) * tile_side + static_cast<double>(i % tile_side) + 0.5;
            const auto [x, y, z] = face_direction(face, down / side, right / side);
            directions_.x[i] = x;
            directions_.y[i] = y;
            directions_.z[i] = z;
        }
        to_icrs(directions_, work_.options.frame);
        TilePixels pixels{
            work_.sky.mode(), std::vector<std::byte>(directions_.size() * pixel_bytes(work_.sky.mode())), {}};
        work_.sky.look(directions_, {}, pixels.bytes.data());
        work_.count_leaves(1);
        MaybePixels found;
        if (!is_empty(pixels)) found = std::move(pixels);
        return finish(face, block, std::move(found));
    }

    void write_wide(int face, Tile tile, const MaybePixels (&children)[4]) {
        const bool opaque = std::all_of(std::begin(children), std::end(children),
                                        [](const MaybePixels& child) { return child && child->mode == Mode::rgb; });
        const Mode mode = is_picture(work_.sky.mode()) ? (opaque ? Mode::rgb : Mode::rgba) : work_.sky.mode();
        HipsPicture picture = blank(mode, work_.shape.tile_width, work_.shape.tile_width);
        bool any = false;
        for (int i = 0; i < 4; ++i) {
            if (!children[i]) continue;
            paste(children[i]->mode, children[i]->bytes.data(), tile_side, tile_side, picture, i % 2 * tile_side,
                  i / 2 * tile_side);
            any = true;
        }
        if (any) write_tile(face, tile, picture);
    }

    void write_tile(int face, Tile tile, const HipsPicture& picture) {
        const std::int64_t number = number_of(face, tile);
        work_.tree.write(hips_tile_path(tile.level, number, extension_of(work_.options.format)),
                         encoder_.tile(picture, tile.level, number));
        if (tile.level != work_.shape.order) return;
        const std::lock_guard lock(work_.mutex);
        work_.finest.push_back(number);
    }

    MaybePixels finish(int face, Tile block, MaybePixels pixels) {
        if (!pixels) return pixels;
        if (!work_.wide()) write_tile(face, block, {pixels->mode, tile_side, tile_side, pixels->bytes});
        if (block.level == work_.order_of_all()) keep_small(number_of(face, block), *pixels);
        return pixels;
    }

    void keep_small(std::int64_t number, const TilePixels& pixels) {
        auto small = halved(pixels);
        if (small) small = halved(*std::move(small));
        if (!small) return;
        HipsPicture picture = blank(small->mode, allsky_side, allsky_side);
        paste(small->mode, small->bytes.data(), tile_side, allsky_side, picture, 0, 0);
        const std::lock_guard lock(work_.mutex);
        work_.small_ones[number] = std::move(picture);
    }

    Work& work_;
    Encoder encoder_;
    Directions directions_;
};

void make_tiles(Work& work) {
    const unsigned threads = work.options.threads != 0 ? work.options.threads : static_cast<unsigned>(usable_cores());
    const int level = std::min(branch_level, work.deepest_block());
    const std::size_t side = std::size_t{1} << level, in_face = side * side;
    std::vector<MaybePixels> made(faces * in_face);
    by_threads(threads, made.size(), [&] {
        return [&, branches = std::make_shared<Branches>(work)](std::size_t i) {
            made[i] = branches->make(static_cast<int>(i / in_face),
                                     Tile{level, static_cast<int>(i % side), static_cast<int>(i % in_face / side)});
        };
    });
    Branches last(work);
    const std::function<MaybePixels(int, Tile)> join = [&](int face, Tile block) -> MaybePixels {
        if (block.level == level)
            return std::move(made[static_cast<std::size_t>(face) * in_face + static_cast<std::size_t>(block.y) * side +
                                  static_cast<std::size_t>(block.x)]);
        MaybePixels children[4];
        for (int i = 0; i < 4; ++i)
            children[i] = join(face, block.child(i));
        return last.join(face, block, children);
    };
    for (int face = 0; face < faces; ++face)
        join(face, {});
}

// Row by row, as many in one as the root of their number.
void write_allsky(Work& work) {
    const int tiles = faces << 2 * work.order_of_all();
    const int columns = static_cast<int>(std::sqrt(tiles)), rows = (tiles + columns - 1) / columns;
    HipsPicture all =
        blank(is_picture(work.sky.mode()) ? Mode::rgba : work.sky.mode(), columns * allsky_side, rows * allsky_side);
    for (const auto& [number, small] : work.small_ones)
        paste(small.mode, small.bytes.data(), allsky_side, allsky_side, all,
              static_cast<int>(number % columns) * allsky_side, static_cast<int>(number / columns) * allsky_side);
    Encoder encoder(work.options);
    work.tree.write(fmt::format("Norder{}/Allsky{}", work.order_of_all(), extension_of(work.options.format)),
                    encoder.picture(all));
}

template <class Value>
void add_values(const HipsPicture& small, std::vector<double>& values) {
    for (std::size_t i = 0; i < small.bytes.size() / sizeof(Value); ++i) {
        const auto value = static_cast<double>(number_at<Value>(small.bytes.data(), i));
        if (std::isfinite(value)) values.push_back(value);
    }
}

// All but the darkest and the brightest two-hundredth.
std::pair<double, double> cut_of(const Work& work) {
    std::vector<double> values;
    for (const auto& [number, small] : work.small_ones)
        switch (small.mode) {
            case Mode::u8: add_values<std::uint8_t>(small, values); break;
            case Mode::i16: add_values<std::int16_t>(small, values); break;
            case Mode::i32: add_values<std::int32_t>(small, values); break;
            case Mode::f32: add_values<float>(small, values); break;
            case Mode::f64: add_values<double>(small, values); break;
            default: break;
        }
    if (values.empty()) return {};
    std::sort(values.begin(), values.end());
    return {values[values.size() / 200], values[values.size() - 1 - values.size() / 200]};
}

void check(const SkySource& sky, const HipsOptions& options) {
    if (options.order > deepest_hips || options.order < -1)
        throw Error(Error::Kind::invalid, fmt::format("a HiPS can have an order from 0 to {}", deepest_hips));
    if ((options.format == TileFormat::fits) == is_picture(sky.mode()) || options.format == TileFormat::npy)
        throw Error(Error::Kind::invalid,
                    is_picture(sky.mode()) ? "tiles of colours are PNG or JPEG" : "tiles of numbers are FITS");
}

}  // namespace

HipsShape hips_shape(double resolution) {
    constexpr double face = 58.6323;  // degrees: the root of its area
    HipsShape shape;
    while (shape.order < deepest_hips && face / (512.0 * (1 << shape.order)) > resolution)
        ++shape.order;
    if (shape.order < allsky_order) shape = {allsky_order, 256};
    return shape;
}

std::string hips_tile_path(int order, std::int64_t pixel, std::string_view extension) {
    return fmt::format("Norder{}/Dir{}/Npix{}{}", order, pixel / 10000 * 10000, pixel, extension);
}

HipsMade make_hips(const SkySource& sky, const HipsOptions& options, FileTree& tree) {
    check(sky, options);
    HipsShape shape = hips_shape(sky.resolution());
    if (options.order >= 0) shape = {options.order, 512};
    tree.remove("properties");  // who sees it, sees a whole HiPS
    Work work{sky, options, tree, shape};
    make_tiles(work);
    write_allsky(work);
    HipsMade made{shape.order, shape.tile_width, 0, cut_of(work)};
    made.sky_fraction = static_cast<double>(work.finest.size()) / std::ldexp(faces, 2 * shape.order);
    tree.write("Moc.fits", write_moc(shape.order, coverage_cells(shape.order, work.finest), options.frame));
    tree.write("properties", hips_properties(options, made, sky.mode()));
    tree.finish();
    return made;
}

}  // namespace atelier::pipelines::sky
