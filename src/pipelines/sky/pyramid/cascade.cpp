// The levels above the leaves, from files. Tiles are taken in the order in which their parents need them, so that each
// is read once and a parent is made from children that are still in memory.
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <map>
#include <mutex>
#include <span>
#include <thread>

#include "base/error.h"
#include "pipelines/sky/pyramid/shrink.h"
#include "pipelines/sky/pyramid/study.h"
#include "pipelines/sky/pyramid/tile_bytes.h"

namespace atelier::pipelines::sky {
namespace {

constexpr int parts_deep = 3;  // 64 parts below the top, for the threads

// The bits of x and y by turns: all descendants of a tile stand together then, in the order of Tile::child.
std::uint64_t order_of(const Tile& tile) {
    std::uint64_t order = 0;
    for (int bit = 0; bit < 31; ++bit) {
        order |= static_cast<std::uint64_t>(tile.x >> bit & 1) << (2 * bit);
        order |= static_cast<std::uint64_t>(tile.y >> bit & 1) << (2 * bit + 1);
    }
    return order;
}

Tile ancestor(const Tile& tile, int level) {
    return {level, tile.x >> (tile.level - level), tile.y >> (tile.level - level)};
}

bool lies_below(const Tile& tile, const Tile& top) { return ancestor(tile, top.level) == top; }

using Leaves = std::span<const Tile>;

// Those of them that lie below a tile.
Leaves leaves_below(Leaves leaves, const Tile& tile) {
    const auto is_before = [&](const Tile& leaf) { return order_of(ancestor(leaf, tile.level)) < order_of(tile); };
    const auto begin = std::partition_point(leaves.begin(), leaves.end(), is_before);
    const auto end =
        std::partition_point(begin, leaves.end(), [&](const Tile& leaf) { return lies_below(leaf, tile); });
    return {begin, end};
}

class Cascade {
public:
    Cascade(TileFolder& folder, Averaging averaging) : folder_(folder), averaging_(averaging) {}

    // A part is what lies below a tile of `level`; all of them, by threads.
    void make_parts(Leaves leaves, int level) {
        std::vector<Leaves> parts;
        while (!leaves.empty()) {
            parts.push_back(leaves_below(leaves, ancestor(leaves.front(), level)));
            leaves = leaves.subspan(parts.back().size());
        }
        std::vector<std::optional<TilePixels>> made(parts.size());
        std::atomic<std::size_t> next = 0;
        const auto work = [&] {
            for (std::size_t i = next++; i < parts.size(); i = next++)
                try {
                    made[i] = make(ancestor(parts[i].front(), level), parts[i]);
                } catch (...) {
                    const std::lock_guard lock(mutex_);
                    if (!failure_) failure_ = std::current_exception();
                    next = parts.size();
                }
        };
        {
            std::vector<std::jthread> threads;
            while (threads.size() < std::min<std::size_t>(folder_.options().threads, parts.size()))
                threads.emplace_back(work);
        }
        if (failure_) std::rethrow_exception(failure_);
        for (std::size_t i = 0; i < parts.size(); ++i)
            parts_.emplace(ancestor(parts[i].front(), level), std::move(made[i]));
    }

    // The tile's pixels, of the leaves below it.
    std::optional<TilePixels> make(const Tile& tile, Leaves leaves) {
        if (leaves.empty()) return std::nullopt;
        if (const auto part = parts_.find(tile); part != parts_.end()) return std::move(part->second);
        if (tile == leaves.front()) return folder_.read(tile);
        ParentTile parent(averaging_);
        for (int which = 0; which < 4; ++which)
            if (const auto child = make(tile.child(which), leaves_below(leaves, tile.child(which))))
                parent.put(which, *child);
        auto pixels = parent.take();
        if (!pixels) pixels = empty_tile(Mode::rgba);
        folder_.write(tile, *pixels);
        if (is_empty(*pixels)) return std::nullopt;
        return as_read(folder_.options().format, *std::move(pixels));
    }

private:
    TileFolder& folder_;
    Averaging averaging_;
    std::mutex mutex_;
    std::exception_ptr failure_;
    std::map<Tile, std::optional<TilePixels>> parts_;  // made already
};

}  // namespace

void cascade(TileFolder& folder, int start, Averaging averaging, Tile top) {
    if (start <= top.level) return;
    std::vector<Tile> tiles = folder.tiles(start);
    std::erase_if(tiles, [&](const Tile& tile) { return !lies_below(tile, top); });
    std::sort(tiles.begin(), tiles.end(),
              [](const Tile& one, const Tile& other) { return order_of(one) < order_of(other); });
    Cascade work(folder, averaging);
    work.make_parts(tiles, std::min(start, top.level + parts_deep));
    work.make(top, tiles);
}

}  // namespace atelier::pipelines::sky
