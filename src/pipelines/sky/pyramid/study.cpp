#include "pipelines/sky/pyramid/study.h"

#include <algorithm>
#include <cstring>
#include <map>

#include "base/error.h"
#include "pipelines/sky/pixels/convert.h"
#include "pipelines/sky/pyramid/shrink.h"
#include "pipelines/sky/pyramid/tile_bytes.h"

namespace atelier::pipelines::sky {
namespace {

// Tiles go to the folder, and a quarter of their pixels to the level above: of each level one row of tiles is held,
// until the next one begins.
class Levels {
public:
    Levels(const StudyOptions& options, int leaves, TileFolder& folder)
        : options_(options), folder_(folder), rows_(static_cast<std::size_t>(leaves)) {}

    void add(Tile tile, TilePixels pixels) {
        if (tile.level > 0 && !options_.leaves_alone && !is_empty(pixels)) {
            const Tile parent = tile.parent();
            Row& row = rows_[static_cast<std::size_t>(parent.level)];
            if (row.y != parent.y) pass_on(parent.level);
            row.y = parent.y;
            row.tiles.try_emplace(parent.x, options_.averaging).first->second.put(tile.x % 2 + tile.y % 2 * 2, pixels);
        }
        folder_.write(tile, std::move(pixels));
    }

    void finish() {
        for (auto level = static_cast<int>(rows_.size()); level-- > 0;)
            pass_on(level);
    }

private:
    struct Row {
        int y = -1;
        std::map<int, ParentTile> tiles;
    };

    void pass_on(int level) {
        Row& row = rows_[static_cast<std::size_t>(level)];
        auto tiles = std::move(row.tiles);
        row.tiles.clear();
        while (!tiles.empty()) {
            auto tile = tiles.extract(tiles.begin());
            if (auto pixels = tile.mapped().take()) add({level, tile.key(), row.y}, *std::move(pixels));
        }
    }

    StudyOptions options_;
    TileFolder& folder_;
    std::vector<Row> rows_;
};

// The row of leaves that is being filled.
class Leaves {
public:
    Leaves(const StudyLayout& layout, Mode mode) : layout_(layout), mode_(mode) {}

    // `y`: in the square.
    void add(const std::byte* row, int y) {
        const int first = layout_.left / tile_side, last = (layout_.left + layout_.width - 1) / tile_side;
        if (tiles_.empty()) begin(first, last, y / tile_side);
        for (int x = first; x <= last; ++x) {
            const int left = std::max(x * tile_side, layout_.left);
            const int right = std::min((x + 1) * tile_side, layout_.left + layout_.width);
            copy(row + static_cast<std::size_t>(left - layout_.left) * pixel_bytes(mode_), right - left,
                 tiles_[static_cast<std::size_t>(x - first)], left % tile_side, y % tile_side);
        }
    }

    void pass_to(Levels& levels, int y) {
        const int first = layout_.left / tile_side;
        for (std::size_t i = 0; i < tiles_.size(); ++i) {
            tiles_[i].range = range_of(tiles_[i]);
            levels.add({layout_.levels, first + static_cast<int>(i), y}, std::move(tiles_[i]));
        }
        tiles_.clear();
    }

private:
    void begin(int first, int last, int y) {
        for (int x = first; x <= last; ++x)
            tiles_.push_back(is_full(x, y) ? unset_tile() : empty_tile(mode_ == Mode::rgb ? Mode::rgba : mode_));
    }

    TilePixels unset_tile() const {
        return {mode_, std::vector<std::byte>(std::size_t{tile_side} * tile_side * pixel_bytes(mode_)), {}};
    }

    // Whether the image covers all of a tile.
    bool is_full(int x, int y) const {
        const auto inside = [](int tile, int begin, int size) {
            return tile * tile_side >= begin && (tile + 1) * tile_side <= begin + size;
        };
        return inside(x, layout_.left, layout_.width) && inside(y, layout_.top, layout_.height);
    }

    void copy(const std::byte* from, int pixels, TilePixels& tile, int x, int y) const {
        const std::size_t bytes = pixel_bytes(tile.mode);
        std::byte* const to = tile.bytes.data() + static_cast<std::size_t>(y * tile_side + x) * bytes;
        if (tile.mode == mode_)
            std::memcpy(to, from, static_cast<std::size_t>(pixels) * bytes);
        else
            add_alpha(from, to, pixels);
    }

    const StudyLayout& layout_;
    Mode mode_;
    std::vector<TilePixels> tiles_;
};

}  // namespace

StudyLayout study_layout(int width, int height, int least_levels) {
    StudyLayout layout;
    layout.width = width;
    layout.height = height;
    for (; layout.side < std::max(width, height) || layout.levels < least_levels; layout.side *= 2)
        ++layout.levels;
    layout.left = (layout.side - width) / 2;
    layout.top = (layout.side - height) / 2;
    return layout;
}

StudyLayout StudyLayout::part(int x, int y, int part_width, int part_height) const {
    if (x < 0 || y < 0 || part_width < 1 || part_height < 1 || part_width > width - x || part_height > height - y)
        throw Error(Error::Kind::internal, "a part of an image lies outside of it");
    StudyLayout layout = *this;
    layout.left += x;
    layout.top += y;
    layout.width = part_width;
    layout.height = part_height;
    return layout;
}

void tile_study(PixelRows& rows, const StudyLayout& layout, const StudyOptions& options, TileFolder& folder,
                const std::function<void(const std::byte*)>& each_row) {
    if (rows.width() != layout.width || rows.height() != layout.height)
        throw Error(Error::Kind::internal, "an image isn't as large as its place");
    Levels levels(options, layout.levels, folder);
    Leaves leaves(layout, rows.mode());
    std::vector<std::byte> row(rows.row_bytes());
    const int last = layout.height - 1;
    for (int i = 0; i <= last; ++i) {
        rows.read(row.data());
        if (each_row) each_row(row.data());
        const auto place = [&](int number) { return layout.top + (options.upside_down ? last - number : number); };
        const int y = place(i);
        leaves.add(row.data(), y);
        if (i == last || place(i + 1) / tile_side != y / tile_side) leaves.pass_to(levels, y / tile_side);
    }
    levels.finish();
}

}  // namespace atelier::pipelines::sky
