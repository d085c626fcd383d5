// A still in bands of rows: which rows a band has, and what its picture is called.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string>

namespace atelier::pipelines::povray {

// A task draws two at the same time, as POV-Ray sleeps for most of a second when it starts.
constexpr int bands_of_part = 2;

struct Band {
    int number = 0;
    int first = 0;  // row, from 0
    int height = 0;

    std::string name(const std::string& extension) const { return fmt::format("band_{:04}{}", number, extension); }
};

// POV-Ray draws blocks of this many rows; a band that ends within one costs more than its rows.
constexpr int block_rows = 32;

inline Band band_of(int number, int count, int rows) {
    const int unit = rows / count >= 2 * block_rows ? block_rows : 1;
    const std::int64_t units = (rows + unit - 1) / unit;
    const auto row = [&](int band) { return std::min(static_cast<int>(units * band / count) * unit, rows); };
    return {number, row(number), row(number + 1) - row(number)};
}

}  // namespace atelier::pipelines::povray
