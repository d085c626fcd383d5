#include "pipelines/sky/pyramid/allsky.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <mutex>

#include "base/error.h"
#include "base/machine.h"
#include "pipelines/sky/pyramid/by_threads.h"
#include "pipelines/sky/pyramid/shrink.h"
#include "pipelines/sky/pyramid/tile_bytes.h"
#include "pipelines/sky/pyramid/toast.h"

namespace atelier::pipelines::sky {

namespace {

using MaybePixels = std::optional<TilePixels>;

struct Work {
    const SkySource& sky;
    const AllskyOptions& options;
    TileFolder& folder;

    void put(Tile tile, const MaybePixels& pixels) const {
        folder.write(tile, pixels ? *pixels : empty_tile(sky.mode()));
    }

    MaybePixels join(Tile tile, const MaybePixels (&children)[4]) const {
        if (options.leaves_alone) return std::nullopt;
        MaybePixels parent = parent_of(children, options.averaging);
        put(tile, parent);
        return parent;
    }

    void count_leaves(std::uint64_t leaves) {
        const std::lock_guard lock(mutex);
        made += leaves;
        if (options.progress) options.progress(made, total);
    }

    std::mutex mutex{};
    std::uint64_t made = 0, total = 0;
};

// One thread's share: whole branches.
class Branches {
public:
    explicit Branches(Work& work) : work_(work), grid_(work.options.depth == 0 ? tile_side / 2 : tile_side) {}

    MaybePixels make(Tile tile) {
        return tile.level == 0 ? leaf_of_roots() : make_branch(toast_tile(tile, work_.options.planet));
    }

private:
    MaybePixels make_branch(const ToastTile& tile) {
        if (!may_hold(tile)) {
            work_.count_leaves(std::uint64_t{1} << 2 * (work_.options.depth - tile.tile.level));
            return std::nullopt;
        }
        if (tile.tile.level == work_.options.depth) return leaf(tile);
        MaybePixels pixels[4];
        const auto children = toast_children(tile);
        for (int i = 0; i < 4; ++i)
            pixels[i] = make_branch(children[i]);
        return work_.join(tile.tile, pixels);
    }

    // By a circle around the tile; those of level 1 are too large to have one.
    bool may_hold(const ToastTile& tile) const {
        if (tile.tile.level < 2) return true;
        std::array<double, 3> centre{};
        std::array<std::array<double, 3>, 4> corners;
        for (std::size_t i = 0; i < 4; ++i) {
            corners[i] = direction_of(tile.corners[i]);
            for (std::size_t axis = 0; axis < 3; ++axis)
                centre[axis] += corners[i][axis];
        }
        const double length = std::hypot(centre[0], centre[1], centre[2]);
        double radius = 0;
        for (double& value : centre)
            value /= length;
        for (const auto& corner : corners)
            radius = std::max(radius, angle_between(centre, corner));
        return work_.sky.meets(centre, radius);
    }

    MaybePixels leaf(const ToastTile& tile) {
        TilePixels pixels = look(tile, tile_side);
        pixels.range = range_of(pixels);
        return finish(tile.tile, std::move(pixels));
    }

    // The one tile of level 0: its quarters are the four roots.
    MaybePixels leaf_of_roots() {
        const std::size_t half = tile_side / 2, pixel = pixel_bytes(work_.sky.mode());
        TilePixels pixels{work_.sky.mode(), std::vector<std::byte>(std::size_t{tile_side} * tile_side * pixel), {}};
        for (const ToastTile& root : toast_roots(work_.options.planet)) {
            const TilePixels quarter = look(root, tile_side / 2);
            for (std::size_t y = 0; y < half; ++y)
                std::memcpy(&pixels.bytes[((root.tile.y * half + y) * tile_side + root.tile.x * half) * pixel],
                            &quarter.bytes[y * half * pixel], half * pixel);
        }
        pixels.range = range_of(pixels);
        return finish({}, std::move(pixels));
    }

    TilePixels look(const ToastTile& tile, int side) {
        const std::size_t count = static_cast<std::size_t>(side) * side;
        TilePixels pixels{work_.sky.mode(), std::vector<std::byte>(count * pixel_bytes(work_.sky.mode())), {}};
        ExactPosition exact;
        if (!work_.options.fast)
            exact = [&tile, side](std::size_t i) {
                return toast_pixel(tile, side, static_cast<int>(i) % side, static_cast<int>(i) / side);
            };
        work_.sky.look(grid_.pixels(tile), exact, pixels.bytes.data());
        return pixels;
    }

    MaybePixels finish(Tile tile, TilePixels pixels) {
        MaybePixels result;
        if (!is_empty(pixels)) result = std::move(pixels);
        work_.put(tile, result);
        work_.count_leaves(1);
        return result;
    }

    Work& work_;
    ToastGrid grid_;
};

// The branches that threads take one by one: enough of them that none has to wait long for the last.
int level_of_branches(const AllskyOptions& options, unsigned threads) {
    int level = std::max(options.top.level, std::min(options.depth, 1));
    while (level < options.depth && (std::uint64_t{1} << 2 * (level - options.top.level)) < 16 * threads)
        ++level;
    return level;
}

std::vector<MaybePixels> make_branches(Work& work, int level, unsigned threads) {
    const int below = level - work.options.top.level;
    const std::size_t side = std::size_t{1} << below;
    std::vector<MaybePixels> made(side * side);
    by_threads(threads, made.size(), [&] {
        return [&, branches = std::make_shared<Branches>(work)](std::size_t i) {
            made[i] = branches->make(Tile{level, (work.options.top.x << below) + static_cast<int>(i % side),
                                          (work.options.top.y << below) + static_cast<int>(i / side)});
        };
    });
    return made;
}

// From the branches' own tiles up to the top's.
void join_branches(const Work& work, int level, std::vector<MaybePixels> tiles) {
    for (; level > work.options.top.level; --level) {
        const int below = level - 1 - work.options.top.level;
        const std::size_t side = std::size_t{1} << below;
        std::vector<MaybePixels> parents(side * side);
        for (std::size_t i = 0; i < parents.size(); ++i) {
            const std::size_t x = i % side, y = i / side;
            MaybePixels children[4];
            for (std::size_t child = 0; child < 4; ++child)
                children[child] = std::move(tiles[(2 * y + child / 2) * 2 * side + 2 * x + child % 2]);
            parents[i] = work.join(Tile{level - 1, (work.options.top.x << below) + static_cast<int>(x),
                                        (work.options.top.y << below) + static_cast<int>(y)},
                                   children);
        }
        tiles = std::move(parents);
    }
}

void check(const AllskyOptions& options) {
    if (options.depth < 0 || options.depth > deepest_allsky)
        throw Error(Error::Kind::invalid,
                    "the depth of an all-sky pyramid must be from 0 to " + std::to_string(deepest_allsky));
    const int across = 1 << std::clamp(options.top.level, 0, deepest_allsky);
    if (options.top.level < 0 || options.top.level > options.depth || options.top.x < 0 || options.top.y < 0 ||
        options.top.x >= across || options.top.y >= across)
        throw Error(Error::Kind::invalid, "there is no such branch in a pyramid of this depth");
}

}  // namespace

void tile_allsky(const SkySource& sky, const AllskyOptions& options, TileFolder& folder) {
    check(options);
    const unsigned threads = options.threads != 0 ? options.threads : static_cast<unsigned>(usable_cores());
    Work work{.sky = sky, .options = options, .folder = folder};
    work.total = std::uint64_t{1} << 2 * (options.depth - options.top.level);
    const int level = level_of_branches(options, threads);
    join_branches(work, level, make_branches(work, level, threads));
    folder.finish();
}

int depth_for(double resolution) {
    constexpr double whole = 203.0967;  // degrees: the root of the sphere's area
    int depth = 0;
    while (depth < deepest_allsky && whole / (tile_side << depth) > resolution)
        ++depth;
    return depth;
}

}  // namespace atelier::pipelines::sky
