#include "pipelines/sky/pyramid/quick_math.h"

#include <array>
#include <cmath>
#include <numbers>

namespace atelier::pipelines::sky {

namespace {

constexpr double pi = std::numbers::pi;

// Fitted at Chebyshev's nodes: the arc tangent of up to an eighth of a half turn, good to 1.1e-14.
inline double small_arc_tangent(double t) {
    const double s = t * t;
    double p = 0.030699019561623873;
    p = p * s - 0.058770191423757265;
    p = p * s + 0.075644050609588592;
    p = p * s - 0.090784939997799519;
    p = p * s + 0.11110393247932034;
    p = p * s - 0.14285690781909718;
    p = p * s + 0.19999999612538732;
    p = p * s - 0.33333333330863851;
    p = p * s + 0.99999999999997369;
    return p * t;
}

inline double arc_tangent(double y, double x) {
    constexpr double eighth = 0.41421356237309503;  // tan(pi / 8)
    const double across = std::fabs(x), up = std::fabs(y);
    const double large = across > up ? across : up, small = across > up ? up : across;
    const bool beyond = small > eighth * large;
    const double over = beyond ? small - large : small;
    const double under = (beyond ? small + large : large) + 1e-300;
    double angle = small_arc_tangent(over / under) + (beyond ? pi / 4 : 0.0);
    angle = up > across ? pi / 2 - angle : angle;
    angle = x < 0 ? pi - angle : angle;
    return std::copysign(angle, y);
}

// Half to even, as long as the number is below 2^51.
inline double nearest(double value) {
    constexpr double large = 6755399441055744.0;  // 1.5 * 2^52
    return (value + large) - large;
}

constexpr double doubt = 1e-11;  // radians, much more than the errors are

struct Block {
    std::array<double, quick_block> column, row, margin;
};

inline void place(const QuickMap& map, const double* x, const double* y, const double* z, std::size_t count,
                  Block& block) {
    const double turn = map.lon_from_zero ? 2 * pi : 0.0;
    for (std::size_t i = 0; i < count; ++i) {
        const double flat = std::sqrt(x[i] * x[i] + y[i] * y[i]);
        double lon = arc_tangent(y[i], x[i]);
        lon = lon + (lon < 0 ? turn : 0.0) + map.lon_shift;
        const double lat = arc_tangent(z[i], flat);
        const double at_x = map.x0 + map.dx * lon, at_y = map.y0 - map.dy * lat;
        const double column = nearest(at_x), row = nearest(at_y);
        block.column[i] = column < 0 ? 0.0 : column > map.width - 1 ? map.width - 1.0 : column;
        block.row[i] = row < 0 ? 0.0 : row > map.height - 1 ? map.height - 1.0 : row;
        // How far the position is from the border of its pixel. A longitude is the less sure the nearer the pole is.
        const double beside = (0.5 - std::fabs(at_x - column)) * flat - 4 * doubt * std::fabs(map.dx);
        const double above = 0.5 - std::fabs(at_y - row) - doubt * map.dy;
        block.margin[i] = beside < above ? beside : above;
    }
}

inline void turn_block(const double* matrix, const double* x, const double* y, const double* z, std::size_t count,
                       Block& out) {
    for (std::size_t i = 0; i < count; ++i) {
        out.column[i] = matrix[0] * x[i] + matrix[1] * y[i] + matrix[2] * z[i];
        out.row[i] = matrix[3] * x[i] + matrix[4] * y[i] + matrix[5] * z[i];
        out.margin[i] = matrix[6] * x[i] + matrix[7] * y[i] + matrix[8] * z[i];
    }
}

}  // namespace

std::size_t quick_pixels(const QuickMap& map, const double* x, const double* y, const double* z, std::size_t count,
                         std::uint32_t* pixels, std::uint32_t* doubtful) {
    Block block;
    if (map.matrix != nullptr) {
        Block turned;
        turn_block(map.matrix, x, y, z, count, turned);
        place(map, turned.column.data(), turned.row.data(), turned.margin.data(), count, block);
    } else {
        place(map, x, y, z, count, block);
    }
    std::size_t doubts = 0;
    for (std::size_t i = 0; i < count; ++i) {
        pixels[i] = static_cast<std::uint32_t>(block.row[i]) * static_cast<std::uint32_t>(map.width) +
                    static_cast<std::uint32_t>(block.column[i]);
        doubtful[doubts] = static_cast<std::uint32_t>(i);
        doubts += block.margin[i] <= 0 ? 1 : 0;
    }
    return doubts;
}

void quick_angles(const double* x, const double* y, const double* z, std::size_t count, double* lon, double* lat) {
    for (std::size_t i = 0; i < count; ++i) {
        lon[i] = arc_tangent(y[i], x[i]);
        lat[i] = arc_tangent(z[i], std::sqrt(x[i] * x[i] + y[i] * y[i]));
    }
}

}  // namespace atelier::pipelines::sky
