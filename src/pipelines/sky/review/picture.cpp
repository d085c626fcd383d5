#include "pipelines/sky/review/picture.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"
#include "base/files.h"
#include "media/picture.h"

namespace atelier::pipelines::sky {

namespace fs = std::filesystem;

namespace {

constexpr int tile_pixels = 256;
constexpr int most_counted_levels = 9;  // more tiles than that aren't looked for one by one
constexpr std::array cache_folders = {"cache_done", "cache_todo"};

bool is_there(const fs::path& folder, const std::string& file) { return ::access((folder / file).c_str(), R_OK) == 0; }

// The size of the largest picture in the image's folder of the cache.
bool size_of_original(const fs::path& work_folder, const std::string& id, Picture& picture) {
    for (const auto* cache : cache_folders) {
        std::error_code none;
        for (const auto& entry : fs::directory_iterator(work_folder / cache / id, none)) {
            if (!media::kind_by_name(entry.path())) continue;
            try {
                const media::PictureInfo info = media::probe_picture(entry.path());
                if (info.width <= picture.width) continue;
                picture.width = info.width;
                picture.height = info.height;
            } catch (const Error&) {  // damaged: its tiles are what is judged
            }
        }
    }
    return picture.width > 0;
}

struct Range {
    int first = 0, last = -1;  // of tiles
};

Range covered(int size, int side) {
    const int before = (side - size) / 2;
    return {before / tile_pixels, (before + size - 1) / tile_pixels};
}

// The middle of what the tiles on the border allow; the height is told by the zoom of the place, whose margin is known.
void guess_size(const fs::path& folder, const Place& place, Picture& picture) {
    constexpr double zoom_of_height = 1.7 * 6;
    const int tiles = 1 << picture.levels, side = tiles * tile_pixels;
    int first = tiles, top = tiles;
    for (int y = 0; y < tiles; ++y)
        for (int x = 0; x < tiles; ++x)
            if (is_there(folder, tile_file(picture.url, picture.levels, x, y))) {
                first = std::min(first, std::min(x, tiles - 1 - x));
                top = std::min(top, std::min(y, tiles - 1 - y));
            }
    if (first == tiles) return;
    const double pixel = std::ldexp(place.image.base_degrees_per_tile / tile_pixels, -picture.levels);
    const double height = pixel > 0 ? std::round(place.zoom_level / zoom_of_height / pixel) : 0;
    picture.width = side - 2 * first * tile_pixels;
    picture.height = height >= 1 && height <= side ? static_cast<int>(height) : side - 2 * top * tile_pixels;
    picture.is_guess = true;
}

void count_tiles(const fs::path& folder, Picture& picture) {
    picture.top_is_missing = !is_there(folder, tile_file(picture.url, 0, 0, 0));
    const int side = tile_pixels << picture.levels;
    const Range columns = covered(picture.width, side), rows = covered(picture.height, side);
    for (int level = 0; level <= picture.levels; ++level) {
        const int shift = picture.levels - level;
        for (int y = rows.first >> shift; y <= rows.last >> shift; ++y)
            for (int x = columns.first >> shift; x <= columns.last >> shift; ++x) {
                ++picture.tiles;
                if (!is_there(folder, tile_file(picture.url, level, x, y))) ++picture.missing;
            }
    }
}

void replace(std::string& text, std::string_view what, int number) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at))
        text.replace(at, what.size(), std::to_string(number));
}

}  // namespace

std::string tile_file(const std::string& url, int level, int x, int y) {
    std::string file = url;
    replace(file, "{1}", level);
    replace(file, "{2}", x);
    replace(file, "{3}", y);
    return file;
}

Picture look_at(const fs::path& folder, const fs::path& work_folder, const std::string& id, const Place& place) {
    Picture picture;
    picture.url = place.image.url;
    picture.levels = place.image.tile_levels;
    picture.is_tiled = picture.url.find('{') != std::string::npos;
    check_relative_path(tile_file(picture.url, 0, 0, 0));
    picture.has_thumbnail = is_there(folder, "thumb.jpg");
    if (!picture.is_tiled) {
        const media::PictureInfo info = media::probe_picture(folder / picture.url);
        picture.width = info.width;
        picture.height = info.height;
        return picture;
    }
    const bool is_countable = picture.levels >= 0 && picture.levels <= most_counted_levels;
    if (place.image.projection == "Toast" && is_countable)
        picture.width = picture.height = tile_pixels << picture.levels;  // the whole sky
    else if (!size_of_original(work_folder, id, picture) && is_countable)
        guess_size(folder, place, picture);
    const bool fits = is_countable && std::max(picture.width, picture.height) <= tile_pixels << picture.levels;
    if (fits && picture.width > 0) count_tiles(folder, picture);
    return picture;
}

}  // namespace atelier::pipelines::sky
