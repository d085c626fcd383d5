// A pyramid of tiles: 256 pixels wide and high, level n has 2^n times 2^n of them, counted from the upper left.
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "pipelines/sky/pixels/pixels.h"

namespace atelier::pipelines::sky {

constexpr int tile_side = 256;

struct Tile {
    int level = 0;
    int x = 0;
    int y = 0;
    auto operator<=>(const Tile&) const = default;
    Tile parent() const { return {level - 1, x / 2, y / 2}; }
    Tile child(int which) const { return {level + 1, 2 * x + which % 2, 2 * y + which / 2}; }  // TL, TR, BL, BR
};

enum class Scheme {
    folders,  // 3/5/5_4.png: of the commands that tile
    flat      // L3X4Y5.png: of the pipeline
};

std::string tile_path(Scheme scheme, Tile tile, std::string_view extension);  // ".png"
std::string tile_url(Scheme scheme, std::string_view extension);              // "{1}/{3}/{3}_{2}.png"

}  // namespace atelier::pipelines::sky
