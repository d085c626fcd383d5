#include "pipelines/sky/place/outline.h"

#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "pipelines/sky/place/position.h"
#include "pipelines/sky/place/sexagesimal.h"

namespace atelier::pipelines::sky {

namespace {

constexpr double radians = std::numbers::pi / 180;

std::string point_text(const SkyPoint& point) {
    return fmt::format("{} {} ({:.5f}, {:+.5f})", ra_text(point.ra), dec_text(point.dec), point.ra, point.dec);
}

}  // namespace

Outline outline_of(const Wcs& wcs, int width, int height) {
    Outline outline;
    outline.centre = wcs.at((width + 1) / 2.0, (height + 1) / 2.0);
    const double right = width + 0.5, bottom = height + 0.5;
    outline.corners = {wcs.at(0.5, 0.5), wcs.at(right, 0.5), wcs.at(right, bottom), wcs.at(0.5, bottom)};
    outline.scale = std::sqrt(std::abs(wcs.determinant()));
    outline.width = width * std::hypot(wcs.cd11, wcs.cd21);
    outline.height = height * std::hypot(wcs.cd12, wcs.cd22);
    // The pixels that one goes to the right and down when declination grows.
    const double u = -wcs.cd12 / wcs.determinant(), v = wcs.cd11 / wcs.determinant();
    outline.north = std::atan2(-u, -v) / radians;
    outline.mirrored = !wcs.top_down();
    outline.constellation = constellation_of(outline.centre.ra / 15, outline.centre.dec);
    return outline;
}

std::vector<std::string> outline_lines(const Outline& outline) {
    constexpr const char* names[] = {"upper left", "upper right", "lower right", "lower left"};
    std::vector<std::string> lines = {
        fmt::format("centre:      {}, in {}", point_text(outline.centre), outline.constellation),
        fmt::format("size:        {} x {}, {} a pixel", angle_text(outline.width), angle_text(outline.height),
                    angle_text(outline.scale)),
        fmt::format("north:       {:.1f}° to the {} of up", std::abs(outline.north),
                    outline.north >= 0 ? "left" : "right"),
        std::string("parity:      ") +
            (outline.mirrored ? "mirrored: north up, east is on the right" : "as seen from the Earth")};
    for (std::size_t i = 0; i < outline.corners.size(); ++i)
        lines.push_back(fmt::format("{:<13}{}", std::string(names[i]) + ":", point_text(outline.corners[i])));
    return lines;
}

}  // namespace atelier::pipelines::sky
