// What one tile high up in a pyramid of numbers tells of all of them: the values between which most lie, and a small
// picture.
#pragma once

#include <optional>
#include <string>

#include "pipelines/sky/pyramid/tile_folder.h"

namespace atelier::pipelines::sky {

// The top, or, where an image is only a spot in it, the first tile below that shows enough of it.
std::optional<TilePixels> telling_tile(const TileFolder& folder);

struct Cuts {
    double low = 0;
    double high = 0;
};
// Half a hundredth of the numbers lies below, and as many above; nothing when there are no numbers.
std::optional<Cuts> cuts_of(const TilePixels& tile);

struct TilePart {
    int left = 0, top = 0, width = tile_side, height = tile_side;
};
// JPEG; in grey from cut to cut, black where there is nothing.
std::string thumbnail_of(const TilePixels& tile, const TilePart& part, const Cuts& cuts);

}  // namespace atelier::pipelines::sky
