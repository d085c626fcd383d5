#include <cmath>
#include <numbers>

#include "pipelines/sky/place/constellation_borders.h"
#include "pipelines/sky/place/position.h"

namespace atelier::pipelines::sky {

namespace {

constexpr double radians = std::numbers::pi / 180;

// From the equator and equinox of 2000 to those of 1875, in which the borders are straight: the angles of Lieske
// (1977) for -1.25 centuries.
SkyPoint precessed(const SkyPoint& point) {
    constexpr double t = -1.25;
    constexpr double second = radians / 3600;
    constexpr double zeta = (2306.2181 * t + 0.30188 * t * t + 0.017998 * t * t * t) * second;
    constexpr double z = (2306.2181 * t + 1.09468 * t * t + 0.018203 * t * t * t) * second;
    constexpr double theta = (2004.3109 * t - 0.42665 * t * t - 0.041833 * t * t * t) * second;
    const double ra = point.ra * radians + zeta, dec = point.dec * radians;
    const double a = std::cos(dec) * std::sin(ra);
    const double b = std::cos(theta) * std::cos(dec) * std::cos(ra) - std::sin(theta) * std::sin(dec);
    const double c = std::sin(theta) * std::cos(dec) * std::cos(ra) + std::cos(theta) * std::sin(dec);
    return {(std::atan2(a, b) + z) / radians, std::atan2(c, std::hypot(a, b)) / radians};
}

// Serpens has two parts, on both sides of Ophiuchus: the head in the west, the tail in the east.
constexpr double middle_of_ophiuchus = 17;  // hours

}  // namespace

std::string constellation_of(double ra_hours, double dec) {
    if (!std::isfinite(ra_hours) || !std::isfinite(dec)) return {};
    const SkyPoint then = precessed({ra_hours * 15, dec});
    const double hours = std::fmod(std::fmod(then.ra / 15, 24) + 24, 24);
    for (const auto& [ra_from, ra_to, border, name] : constellation_borders) {
        if (then.dec < border || hours < ra_from || hours >= ra_to) continue;
        if (std::string(name) != "SER") return name;
        return hours < middle_of_ophiuchus ? "SER1" : "SER2";
    }
    return "OCT";  // the southern pole itself
}

}  // namespace atelier::pipelines::sky
