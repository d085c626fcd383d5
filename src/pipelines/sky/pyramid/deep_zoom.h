// Deep Zoom, what viewers of large pictures read (OpenSeadragon among them): NAME.dzi and the tiles of every level,
// from one pixel up to the whole. Rows go through once; of each level only those of one row of tiles are kept.
#pragma once

#include <string>

#include "pipelines/sky/pixels/pixels.h"
#include "pipelines/sky/pyramid/file_tree.h"
#include "pipelines/sky/pyramid/tile_folder.h"

namespace atelier::pipelines::sky {

struct DeepZoomOptions {
    std::string name;     // of the .dzi, and of the folder beside it: NAME_files
    int tile_size = 256;  // without what overlaps
    int overlap = 1;      // pixels of the neighbours on each side
    TileFormat format = TileFormat::jpeg;
    int quality = 85;  // of JPEG
    int effort = 1;    // of PNG
    unsigned threads = 0;
};

// Throws Error::invalid for numbers in place of colours.
void make_deep_zoom(PixelRows& rows, const DeepZoomOptions& options, FileTree& tree);

}  // namespace atelier::pipelines::sky
