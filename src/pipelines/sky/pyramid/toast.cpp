#include "pipelines/sky/pyramid/toast.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace atelier::pipelines::sky {

namespace {

constexpr double half_turn = std::numbers::pi;
constexpr double quarter = std::numbers::pi / 2;

// Which argument comes first matters for the last bit.
LonLat middle(const LonLat& a, const LonLat& b) {
    const double turn = b.lon - a.lon;
    const double bx = std::cos(b.lat) * std::cos(turn);
    const double by = std::cos(b.lat) * std::sin(turn);
    const double along = std::cos(a.lat) + bx;
    return {a.lon + std::atan2(by, along), std::atan2(std::sin(a.lat) + std::sin(b.lat), std::hypot(along, by))};
}

// The quarter of `corners` that holds a pixel of the tile: the sides in another order than where tiles are divided.
std::array<LonLat, 4> quarter_of(const std::array<LonLat, 4>& corners, bool rising, bool right, bool lower) {
    const auto& [ul, ur, lr, ll] = corners;
    const LonLat centre = rising ? middle(ll, ur) : middle(ul, lr);
    const auto top = [&] { return middle(corners[0], corners[1]); };
    const auto beside_right = [&] { return middle(corners[1], corners[2]); };
    const auto bottom = [&] { return middle(corners[3], corners[2]); };
    const auto beside_left = [&] { return middle(corners[0], corners[3]); };
    if (lower)
        return right ? std::array{centre, beside_right(), lr, bottom()}
                     : std::array{beside_left(), centre, bottom(), ll};
    return right ? std::array{top(), ur, beside_right(), centre} : std::array{ul, top(), centre, beside_left()};
}

}  // namespace

std::array<double, 3> direction_of(const LonLat& at) {
    return {std::cos(at.lat) * std::cos(at.lon), std::cos(at.lat) * std::sin(at.lon), std::sin(at.lat)};
}

// By the length between them, which is precise also for small angles.
double angle_between(const std::array<double, 3>& one, const std::array<double, 3>& other) {
    const double apart = std::hypot(one[0] - other[0], one[1] - other[1], one[2] - other[2]);
    return 2 * std::asin(std::min(1.0, apart / 2));
}

std::array<ToastTile, 4> toast_roots(bool planet) {
    const LonLat north{0, quarter}, south{0, -quarter};
    const LonLat at_0{0, 0}, at_90{quarter, 0}, at_180{half_turn, 0}, at_270{3 * quarter, 0};
    std::array<ToastTile, 4> roots{{{{1, 0, 0}, {south, at_90, north, at_180}, true},
                                    {{1, 1, 0}, {at_90, south, at_0, north}, false},
                                    {{1, 0, 1}, {at_180, north, at_270, south}, false},
                                    {{1, 1, 1}, {north, at_0, south, at_270}, true}}};
    if (planet)
        for (auto& root : roots)
            for (auto& corner : root.corners)
                corner.lon = std::fmod(corner.lon + half_turn, 2 * half_turn);
    return roots;
}

std::array<ToastTile, 4> toast_children(const ToastTile& parent) {
    const auto& [ul, ur, lr, ll] = parent.corners;
    const LonLat top = middle(ul, ur), right = middle(ur, lr), bottom = middle(lr, ll), left = middle(ll, ul);
    const LonLat centre = parent.rising ? middle(ll, ur) : middle(ul, lr);
    return {{{parent.tile.child(0), {ul, top, centre, left}, parent.rising},
             {parent.tile.child(1), {top, ur, right, centre}, parent.rising},
             {parent.tile.child(2), {left, centre, bottom, ll}, parent.rising},
             {parent.tile.child(3), {centre, right, lr, bottom}, parent.rising}}};
}

ToastTile toast_tile(Tile tile, bool planet) {
    const auto step = [&](int level) {
        const int shift = tile.level - level;
        return (tile.y >> shift & 1) * 2 + (tile.x >> shift & 1);
    };
    ToastTile found = toast_roots(planet)[step(1)];
    for (int level = 2; level <= tile.level; ++level)
        found = toast_children(found)[step(level)];
    return found;
}

LonLat toast_pixel(const ToastTile& tile, int side, int x, int y) {
    auto corners = tile.corners;
    for (int half = side / 2; half > 0; half /= 2)
        corners = quarter_of(corners, tile.rising, (x & half) != 0, (y & half) != 0);
    return tile.rising ? middle(corners[3], corners[1]) : middle(corners[0], corners[2]);
}

void Directions::resize(std::size_t count) {
    x.resize(count);
    y.resize(count);
    z.resize(count);
}

ToastGrid::ToastGrid(int side) : side_(side), row_(static_cast<std::size_t>(side) + 1) {
    grid_.resize(row_ * row_);
    pixels_.resize(static_cast<std::size_t>(side) * side);
}

void ToastGrid::set_corner(std::size_t point, const LonLat& at) {
    const auto [x, y, z] = direction_of(at);
    grid_.x[point] = x;
    grid_.y[point] = y;
    grid_.z[point] = z;
}

// Of length 1 again, so that the next middle lies in the middle.
inline void ToastGrid::between(std::size_t a, std::size_t b, std::size_t into) {
    const double x = grid_.x[a] + grid_.x[b], y = grid_.y[a] + grid_.y[b], z = grid_.z[a] + grid_.z[b];
    const double scale = 1 / std::sqrt(x * x + y * y + z * z);
    grid_.x[into] = x * scale;
    grid_.y[into] = y * scale;
    grid_.z[into] = z * scale;
}

// Puts a point into the middle of each side and of each square that is `step` wide; a side that two squares share gets
// it once.
void ToastGrid::halve(int step, bool rising) {
    const std::size_t half = static_cast<std::size_t>(step) / 2, last = row_ - 1;
    const std::size_t down = half * row_;
    for (std::size_t y = 0; y <= last; y += step)
        for (std::size_t x = half; x < last; x += step)
            between(y * row_ + x - half, y * row_ + x + half, y * row_ + x);
    for (std::size_t y = half; y < last; y += step) {
        for (std::size_t x = 0; x <= last; x += step)
            between(y * row_ + x - down, y * row_ + x + down, y * row_ + x);
        for (std::size_t x = half; x < last; x += step) {
            const std::size_t point = y * row_ + x;
            if (rising)
                between(point + down - half, point - down + half, point);
            else
                between(point - down - half, point + down + half, point);
        }
    }
}

const Directions& ToastGrid::pixels(const ToastTile& tile) {
    const std::size_t last = row_ - 1;
    set_corner(0, tile.corners[0]);
    set_corner(last, tile.corners[1]);
    set_corner(last * row_ + last, tile.corners[2]);
    set_corner(last * row_, tile.corners[3]);
    for (int step = side_; step > 1; step /= 2)
        halve(step, tile.rising);
    for (std::size_t y = 0; y < last; ++y) {
        const std::size_t from = y * row_ + (tile.rising ? row_ : 0), to = y * row_ + (tile.rising ? 1 : row_ + 1);
        for (std::size_t x = 0; x < last; ++x) {
            const std::size_t pixel = y * last + x;
            pixels_.x[pixel] = grid_.x[from + x] + grid_.x[to + x];
            pixels_.y[pixel] = grid_.y[from + x] + grid_.y[to + x];
            pixels_.z[pixel] = grid_.z[from + x] + grid_.z[to + x];
        }
    }
    return pixels_;
}

}  // namespace atelier::pipelines::sky
