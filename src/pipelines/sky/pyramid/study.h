// A study: one image of a part of the sky, in the middle of a square that is a power of two tiles wide. Its rows go
// through once, and all levels of the pyramid are made on the way.
#pragma once

#include "pipelines/sky/pixels/pixels.h"
#include "pipelines/sky/pyramid/tile_folder.h"

namespace atelier::pipelines::sky {

struct StudyLayout {
    int width = 0, height = 0;
    int levels = 0;         // of the leaves
    int side = tile_side;   // of the square, in pixels
    int left = 0, top = 0;  // of the image in it
    StudyLayout part(int x, int y, int part_width,
                     int part_height) const;  // a smaller image that is a part of this one
};
// `least_levels`: a small image gets so many all the same.
StudyLayout study_layout(int width, int height, int least_levels = 0);

// The way four pixels become one.
enum class Averaging {
    compatible,  // as toasty: rounded down, colours not weighted by alpha, negative whole numbers are 0
    true_colour  // rounded to the nearest, weighted by alpha, negative numbers kept
};

struct StudyOptions {
    bool leaves_alone = false;  // the levels above are made by cascade()
    bool upside_down = false;   // the first row is the lowest
    Averaging averaging = Averaging::true_colour;
};

// `each_row` sees every row (for the thumbnail).
void tile_study(PixelRows& rows, const StudyLayout& layout, const StudyOptions& options, TileFolder& folder,
                const std::function<void(const std::byte*)>& each_row = {});

// The levels above `start`, from the tiles that are there; `top`: that tile and those below it alone. Goes by as many
// threads as the folder has.
void cascade(TileFolder& folder, int start, Averaging averaging, Tile top = {});

// Four children (any may be missing) to their parent; nothing when nothing is in it.
std::optional<TilePixels> parent_of(const std::optional<TilePixels> (&children)[4], Averaging averaging);

}  // namespace atelier::pipelines::sky
