#include "pipelines/sky/place/frame.h"

#include <fmt/format.h>

#include <cmath>

#include "base/text.h"
#include "pipelines/sky/place/wcs.h"

namespace atelier::pipelines::sky {

namespace {

constexpr double largest_difference = 0.01;

// "J2000", "2000.0", "B1950"
std::optional<double> year_of(const std::string& equinox) {
    const bool lettered = equinox.starts_with('J') || equinox.starts_with('B');
    return parse_number(lettered ? equinox.substr(1) : equinox);
}

}  // namespace

void check_spatial(const std::string& projection, const std::string& frame, const std::string& equinox) {
    if (projection.empty())
        refuse_position("the projection is missing", "Without it nothing tells how the image lies.");
    if (projection != "TAN")
        refuse_position(fmt::format("projection {} is not supported", printable(projection)),
                        "WorldWide Telescope shows images in the tangential projection, TAN: reproject it.");
    if (!frame.empty() && frame != "ICRS" && frame != "FK5")
        refuse_position(fmt::format("the coordinate frame {} is not supported", printable(frame)),
                        "Turn its position into ICRS or J2000.");
    if (equinox.empty()) return;
    const auto year = year_of(equinox);
    if (!year) refuse_position(fmt::format("the equinox {} is not known", printable(equinox)), "J2000 is expected.");
    if (frame != "ICRS" && std::abs(*year - 2000) > 0.5)
        refuse_position(fmt::format("coordinates of {} are not supported", printable(equinox)),
                        "Turn its position into ICRS or J2000.");
}

void check_aspect(double width1, double height1, int width, int height) {
    const double a = width / width1, b = height / height1;
    if (std::abs(a - b) / (a + b) * 2 < largest_difference) return;
    refuse_position(fmt::format("the position is that of an image of {} x {} pixels, and this one, {} x {}, has "
                                "another shape",
                                width1, height1, width, height),
                    "It was cropped, or the position is another image's.");
}

}  // namespace atelier::pipelines::sky
