// The inner loops of sampling, written so that the compiler makes vector instructions of them. Angles are good to
// 1e-13; what a larger error than that would change is told as doubtful.
#pragma once

#include <cstddef>
#include <cstdint>

namespace atelier::pipelines::sky {

constexpr std::size_t quick_block = 512;  // directions at once

// A plate carrée: pixel x lies at x0 + dx * longitude, y at y0 - dy * latitude.
struct QuickMap {
    const double* matrix = nullptr;  // 3 by 3, into the map's frame
    int width = 0, height = 0;
    double dx = 0, dy = 0, x0 = 0, y0 = 0;
    bool lon_from_zero = false;  // longitude from 0 to a turn; else from minus half a turn to half a turn
    double lon_shift = 0;        // added to it then
};

// The pixels' numbers in the map, for at most a block. Returns how many are doubtful, and which.
std::size_t quick_pixels(const QuickMap& map, const double* x, const double* y, const double* z, std::size_t count,
                         std::uint32_t* pixels, std::uint32_t* doubtful);

// Longitude from minus half a turn to half a turn, and latitude.
void quick_angles(const double* x, const double* y, const double* z, std::size_t count, double* lon, double* lat);

}  // namespace atelier::pipelines::sky
