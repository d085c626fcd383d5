// The pixels of a processed image: one file or a pyramid of tiles, how large it is, and which tiles are missing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "pipelines/sky/place/wtml.h"

namespace atelier::pipelines::sky {

struct Picture {
    std::string url;  // relative to the image's folder; {1} level, {2} x, {3} y
    bool is_tiled = false;
    int levels = 0;
    int width = 0, height = 0;  // 0: unknown
    bool is_guess = false;      // the size, from the tiles that are there
    bool top_is_missing = false;
    std::uint64_t tiles = 0;    // that the picture covers, of all levels
    std::uint64_t missing = 0;  // of these
    bool has_thumbnail = false;
};

// `folder`: the image's; the size is that of the file that it was made from, which lies in the work folder's cache.
Picture look_at(const std::filesystem::path& folder, const std::filesystem::path& work_folder, const std::string& id,
                const Place& place);

std::string tile_file(const std::string& url, int level, int x, int y);

}  // namespace atelier::pipelines::sky
