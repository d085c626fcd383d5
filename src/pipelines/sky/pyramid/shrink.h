// A parent of up to four tiles: each child becomes a quarter of it, its pixels averaged four to one. A child that is
// missing counts as transparent, as no number, or as 0.
#pragma once

#include <array>
#include <optional>

#include "pipelines/sky/pyramid/study.h"

namespace atelier::pipelines::sky {

class ParentTile {
public:
    explicit ParentTile(Averaging averaging) : averaging_(averaging) {}
    void put(int which, const TilePixels& child);  // each once; which: as in Tile::child
    std::optional<TilePixels> take();              // nothing when nothing is in it

private:
    void begin(Mode mode);
    void make_room_for_alpha();

    Averaging averaging_;
    std::array<bool, 4> has_{};
    TilePixels pixels_;
};

// Four pixels of one channel to one. Of floating point those that are no number don't count.
template <class Value>
Value mean_of_four(const std::array<Value, 4>& values, Averaging averaging);

// A tile in which nothing is: transparent, no numbers, or 0.
TilePixels empty_tile(Mode mode);

// The least and the greatest number of a tile; nothing of pictures, and where they aren't finite.
std::optional<std::pair<double, double>> range_of(const TilePixels& pixels);

}  // namespace atelier::pipelines::sky
