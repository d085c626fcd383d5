// TOAST: the whole sky as one square. The north pole lies in its middle, the south pole in its corners, and every tile
// is a part of the sphere that is halved by great circles. Positions come in two ways: as the original computes them,
// bit for bit, and as sums of vectors, several times as quick and equal but for the last bits.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "pipelines/sky/pyramid/tile.h"

namespace atelier::pipelines::sky {

struct LonLat {
    double lon = 0;  // radians, of any turn
    double lat = 0;
};

std::array<double, 3> direction_of(const LonLat& at);
double angle_between(const std::array<double, 3>& one, const std::array<double, 3>& other);  // of length 1, in radians

struct ToastTile {
    Tile tile;
    std::array<LonLat, 4> corners;  // upper left, upper right, lower right, lower left
    bool rising = false;            // the diagonal that joins its two triangles goes from lower left to upper right
};

// The four of level 1. A planet's map begins half a turn away from the sky's.
std::array<ToastTile, 4> toast_roots(bool planet);
std::array<ToastTile, 4> toast_children(const ToastTile& parent);
ToastTile toast_tile(Tile tile, bool planet);  // level 1 or more

// Where a pixel's value is taken, of a tile that is `side` pixels wide (a power of two): bit for bit.
LonLat toast_pixel(const ToastTile& tile, int side, int x, int y);

// Directions of many points, in no special length.
struct Directions {
    std::vector<double> x, y, z;
    std::size_t size() const { return x.size(); }
    void resize(std::size_t count);
};

// The same for all pixels of a tile, row by row. Made once for many tiles of the same size.
class ToastGrid {
public:
    explicit ToastGrid(int side);
    const Directions& pixels(const ToastTile& tile);

private:
    void set_corner(std::size_t point, const LonLat& at);
    void halve(int step, bool rising);
    void between(std::size_t a, std::size_t b, std::size_t into);

    int side_;
    std::size_t row_;  // points in a row of the grid: side + 1
    Directions grid_;
    Directions pixels_;
};

}  // namespace atelier::pipelines::sky
