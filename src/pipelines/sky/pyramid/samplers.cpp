#include "pipelines/sky/pyramid/samplers.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "base/error.h"
#include "pipelines/sky/pyramid/quick_math.h"

namespace atelier::pipelines::sky {

namespace {

constexpr double half_turn = std::numbers::pi;
constexpr double turn = 2 * std::numbers::pi;

struct Named {
    std::string_view name;
    Projection projection;
};
constexpr std::array<Named, 7> names{{{"plate-carree", Projection::sky},
                                      {"plate-carree-galactic", Projection::galactic},
                                      {"plate-carree-ecliptic", Projection::ecliptic},
                                      {"plate-carree-planet", Projection::planet},
                                      {"plate-carree-planet-zeroleft", Projection::planet_zero_left},
                                      {"plate-carree-planet-zeroright", Projection::planet_zero_right},
                                      {"plate-carree-panorama", Projection::panorama}}};

using Matrix = std::array<std::array<double, 3>, 3>;
constexpr Matrix icrs_to_galactic{{{-0.05487565771259158, -0.873437051955616, -0.4838350736167153},
                                   {0.49410943719272676, -0.44482972122329517, 0.7469821839866675},
                                   {-0.8676661375596576, -0.19807633727300053, 0.4559838136873016}}};
// The barycentric true ecliptic of J2000.
constexpr Matrix icrs_to_ecliptic{{{0.9999999977211029, 6.189986411237772e-05, 2.694811359642464e-05},
                                   {-6.751135893433364e-05, 0.9174821278268588, 0.39777699853123205},
                                   {-1.0207044725483503e-07, -0.39777699944404304, 0.9174821299149554}}};

const Matrix& matrix_of(Frame frame) { return frame == Frame::galactic ? icrs_to_galactic : icrs_to_ecliptic; }

std::array<double, 3> turned(const Matrix& matrix, double x, double y, double z) {
    std::array<double, 3> result;
    for (int i = 0; i < 3; ++i)
        result[i] = matrix[i][0] * x + matrix[i][1] * y + matrix[i][2] * z;
    return result;
}

void turn_all(Directions& directions, const Matrix& matrix) {
    for (std::size_t i = 0; i < directions.size(); ++i) {
        const auto [x, y, z] = turned(matrix, directions.x[i], directions.y[i], directions.z[i]);
        directions.x[i] = x;
        directions.y[i] = y;
        directions.z[i] = z;
    }
}

double modulo_turn(double angle) {
    const double rest = std::fmod(angle, turn);
    return rest < 0 ? rest + turn : rest;
}

}  // namespace

std::vector<std::string> projection_names() {
    std::vector<std::string> result;
    for (const auto& each : names)
        result.emplace_back(each.name);
    return result;
}

std::optional<Projection> projection_of(std::string_view name) {
    for (const auto& each : names)
        if (each.name == name) return each.projection;
    return std::nullopt;
}

bool is_planet(Projection projection) {
    return projection == Projection::planet || projection == Projection::planet_zero_left ||
           projection == Projection::planet_zero_right;
}

std::string_view data_set_of(Projection projection) {
    if (projection == Projection::panorama) return "Panorama";
    return is_planet(projection) ? "Planet" : "Sky";
}

LonLat from_icrs(const LonLat& at, Frame to) {
    if (to == Frame::icrs) return at;
    const auto [x, y, z] = turned(matrix_of(to), std::cos(at.lat) * std::cos(at.lon),
                                  std::cos(at.lat) * std::sin(at.lon), std::sin(at.lat));
    return {modulo_turn(std::atan2(y, x)), std::atan2(z, std::hypot(x, y))};
}

void from_icrs(Directions& directions, Frame to) {
    if (to != Frame::icrs) turn_all(directions, matrix_of(to));
}

void to_icrs(Directions& directions, Frame from) {
    if (from == Frame::icrs) return;
    const Matrix& there = matrix_of(from);
    Matrix back;
    for (std::size_t row = 0; row < 3; ++row)
        for (std::size_t column = 0; column < 3; ++column)
            back[row][column] = there[column][row];
    turn_all(directions, back);
}

MapSampler::MapSampler(Projection projection, int width, int height)
    : lon_from_zero_(projection == Projection::planet_zero_left || projection == Projection::planet_zero_right),
      width_(width),
      height_(height),
      dx_(width / turn),
      dy_(height / half_turn),
      lat0_(half_turn / 2 - 0.5 / dy_) {
    if (width < 1 || height < 1 || static_cast<std::uint64_t>(width) * height > UINT32_MAX)
        throw Error(Error::Kind::invalid, "a map of the sky must have between 1 and 4,294,967,295 pixels");
    if (projection == Projection::galactic) frame_ = Frame::galactic;
    if (projection == Projection::ecliptic) frame_ = Frame::ecliptic;
    const bool to_the_right = projection == Projection::planet || projection == Projection::planet_zero_left;
    lon_sign_ = to_the_right ? 1 : -1;
    const double left = projection == Projection::planet              ? -half_turn
                        : projection == Projection::planet_zero_left  ? 0
                        : projection == Projection::planet_zero_right ? turn
                                                                      : half_turn;
    lon0_ = left + lon_sign_ * 0.5 / dx_;
}

// As the original does it, to the last bit.
double MapSampler::along(double lon) const {
    if (lon_from_zero_)
        lon = modulo_turn(lon);
    else if (frame_ == Frame::ecliptic)
        lon = modulo_turn(lon) - half_turn;
    else
        lon = modulo_turn(lon + half_turn) - half_turn;
    return (lon_sign_ > 0 ? lon - lon0_ : lon0_ - lon) * dx_;
}

std::uint32_t MapSampler::at(const LonLat& position) const {
    const LonLat here = from_icrs(position, frame_);
    const double x = std::clamp(std::nearbyint(along(here.lon)), 0.0, width_ - 1.0);
    const double y = std::clamp(std::nearbyint((lat0_ - here.lat) * dy_), 0.0, height_ - 1.0);
    return static_cast<std::uint32_t>(y) * static_cast<std::uint32_t>(width_) + static_cast<std::uint32_t>(x);
}

void MapSampler::at(const Directions& directions, const ExactPosition& exact,
                    std::vector<std::uint32_t>& pixels) const {
    const QuickMap map{.matrix = frame_ == Frame::icrs ? nullptr : matrix_of(frame_)[0].data(),
                       .width = width_,
                       .height = height_,
                       .dx = lon_sign_ * dx_,
                       .dy = dy_,
                       .x0 = -lon_sign_ * lon0_ * dx_,
                       .y0 = lat0_ * dy_,
                       .lon_from_zero = lon_from_zero_ || frame_ == Frame::ecliptic,
                       .lon_shift = frame_ == Frame::ecliptic ? -half_turn : 0};
    pixels.resize(directions.size());
    std::array<std::uint32_t, quick_block> doubtful;
    for (std::size_t begin = 0; begin < directions.size(); begin += quick_block) {
        const std::size_t count = std::min(quick_block, directions.size() - begin);
        const std::size_t doubts = quick_pixels(map, &directions.x[begin], &directions.y[begin], &directions.z[begin],
                                                count, &pixels[begin], doubtful.data());
        if (!exact) continue;
        for (std::size_t i = 0; i < doubts; ++i)
            pixels[begin + doubtful[i]] = at(exact(begin + doubtful[i]));
    }
}

}  // namespace atelier::pipelines::sky
