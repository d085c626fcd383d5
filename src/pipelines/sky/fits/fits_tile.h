// A tile as a FITS file: 256 times 256 numbers. In memory its rows stand top-down; in the file the lowest is the
// first, as FITS has it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipelines/sky/fits/fits_file.h"

namespace atelier::pipelines::sky {

inline constexpr int fits_tile_side = 256;

struct FitsTile {
    FitsType type = FitsType::f32;
    std::vector<std::byte> pixels;                   // top-down, in this machine's byte order
    std::optional<std::pair<double, double>> range;  // DATAMIN, DATAMAX
};

std::string write_fits_tile(const FitsTile& tile);
FitsTile read_fits_tile(std::string_view file);  // throws Error::invalid

}  // namespace atelier::pipelines::sky
