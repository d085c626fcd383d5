// The borders of the constellations, along hours and declinations of the year 1875.
#pragma once

#include <cstddef>

namespace atelier::pipelines::sky {

struct ConstellationBorder {
    double ra_from, ra_to;  // hours
    double dec;             // degrees; the southern border
    const char* name;
};

inline constexpr std::size_t constellation_border_count = 357;
extern const ConstellationBorder constellation_borders[constellation_border_count];

}  // namespace atelier::pipelines::sky
