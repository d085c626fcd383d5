// Tiles of numbers in their files: FITS, and NumPy's NPY.
#pragma once

#include <string>
#include <string_view>

#include "pipelines/sky/pyramid/tile_folder.h"

namespace atelier::pipelines::sky {

std::string write_fits(const TilePixels& pixels);
TilePixels read_fits(std::string_view bytes);

std::string write_npy(const TilePixels& pixels);
TilePixels read_npy(std::string_view bytes);  // little-endian, rows first

// All of them throw Error::invalid, which doesn't know the file's name.

}  // namespace atelier::pipelines::sky
