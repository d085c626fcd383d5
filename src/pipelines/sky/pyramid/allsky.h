// The whole sky as TOAST tiles: the leaves are looked up in the sky, and the levels above are made on the way, branch
// by branch, so that few tiles are in memory. A branch can be made alone, as a task of a farm, and the top of them all
// by a last step.
#pragma once

#include <cstdint>
#include <functional>

#include "pipelines/sky/pyramid/sky_source.h"
#include "pipelines/sky/pyramid/study.h"
#include "pipelines/sky/pyramid/tile_folder.h"

namespace atelier::pipelines::sky {

inline constexpr int deepest_allsky = 16;  // 4.3 * 10^9 tiles of 19 thousandths of a second of arc

struct AllskyOptions {
    int depth = 0;
    bool planet = false;
    bool fast = false;          // positions on the border of two pixels go to either side
    bool leaves_alone = false;  // the levels above are made by cascade()
    Averaging averaging = Averaging::true_colour;
    unsigned threads = 0;  // 0: as many as there are cores
    Tile top{};            // of the branch that is made; {0, 0, 0}: everything
    std::function<void(std::uint64_t made, std::uint64_t of)> progress{};  // leaves; one call at a time
};

void tile_allsky(const SkySource& sky, const AllskyOptions& options, TileFolder& folder);

// The depth at which the tiles' pixels are no larger than those of the sky.
int depth_for(double resolution);

}  // namespace atelier::pipelines::sky
