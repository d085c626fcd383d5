// Which pixel of a map of the whole sky lies in a direction. The maps are plate carrées: longitude goes along, latitude
// down from the north pole. For many directions at once it is worked out quickly, and the few that lie on the border of
// two pixels, where the last bits of a position decide, are looked at again, bit for bit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipelines/sky/pyramid/toast.h"

namespace atelier::pipelines::sky {

// How a map lies on the sphere. Sky is seen from within, so its longitude grows to the left; a planet's to the right.
enum class Projection {
    sky,                // longitude 0 in the middle
    galactic,           // the same in galactic coordinates
    ecliptic,           // in ecliptic ones, with longitude 180 degrees in the middle
    planet,             // longitude 0 in the middle
    planet_zero_left,   // longitude 0 at the left edge
    planet_zero_right,  // at the right edge, growing to the left
    panorama            // as sky
};

std::vector<std::string> projection_names();  // plate-carree, plate-carree-galactic, ...
std::optional<Projection> projection_of(std::string_view name);
bool is_planet(Projection projection);
std::string_view data_set_of(Projection projection);  // Sky, Planet, Panorama

enum class Frame { icrs, galactic, ecliptic };
LonLat from_icrs(const LonLat& at, Frame to);  // longitude from 0 to a full turn
void from_icrs(Directions& directions, Frame to);
void to_icrs(Directions& directions, Frame from);

// The position of the i-th of some directions, bit for bit.
using ExactPosition = std::function<LonLat(std::size_t)>;

class MapSampler {
public:
    MapSampler(Projection projection, int width, int height);

    std::uint32_t at(const LonLat& position) const;  // the pixel's number, row by row
    // For each direction. Without `exact` those on a border go to either side of it.
    void at(const Directions& directions, const ExactPosition& exact, std::vector<std::uint32_t>& pixels) const;

private:
    double along(double lon) const;

    Frame frame_ = Frame::icrs;
    bool lon_from_zero_ = false;  // from 0 to a turn; else from minus half a turn to half a turn
    int lon_sign_ = 1;
    int width_, height_;
    double dx_, dy_;      // pixels a radian
    double lon0_, lat0_;  // of the first pixel's centre
};

}  // namespace atelier::pipelines::sky
