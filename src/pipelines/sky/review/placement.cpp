#include "pipelines/sky/review/placement.h"

#include <cmath>
#include <numbers>

#include "pipelines/sky/place/sexagesimal.h"

namespace atelier::pipelines::sky {

namespace {

constexpr double radian = std::numbers::pi / 180;
constexpr int most_levels = 24;
constexpr double tile_pixels = 256;

double pixel_size(const ImageSet& image) {
    return image.tile_levels == 0 ? image.base_degrees_per_tile
                                  : std::ldexp(image.base_degrees_per_tile / tile_pixels, -image.tile_levels);
}

// In pixels of the picture's rows as they are stored.
Wcs wcs_of(const ImageSet& image, int width, int height) {
    const double pixel = pixel_size(image), parity = image.bottoms_up ? -1 : 1;
    const double c = -std::cos(parity * image.rotation * radian) * pixel;
    const double t = -std::sin(parity * image.rotation * radian) * pixel;
    Wcs wcs;
    wcs.crval1 = image.center_x;
    wcs.crval2 = image.center_y;
    wcs.width = width;
    wcs.height = height;
    wcs.cd11 = c * parity;
    wcs.cd12 = t * parity;
    wcs.cd21 = -t;
    wcs.cd22 = c;
    if (image.tile_levels == 0) {
        wcs.crpix1 = image.offset_x + 0.5;
        wcs.crpix2 = height - image.offset_y + 0.5;
    } else {  // from the middle of the square that the tiles make
        wcs.crpix1 = (width + 1) / 2 - image.offset_x / pixel + 0.5;
        wcs.crpix2 = (height + 1) / 2 + image.offset_y / pixel + 0.5;
    }
    return wcs;
}

// Steps on the sky for one pixel to the right and one down, in degrees east and north.
struct Steps {
    double east_x, north_x, east_y, north_y;
};

Steps steps_at(const Wcs& wcs, double x, double y) {
    const auto step = [&](double dx, double dy, double& east, double& north) {
        const SkyPoint before = wcs.at(x - dx / 2, y - dy / 2), after = wcs.at(x + dx / 2, y + dy / 2);
        double ra = std::remainder(after.ra - before.ra, 360);
        east = ra * std::cos((before.dec + after.dec) / 2 * radian);
        north = after.dec - before.dec;
    };
    Steps steps{};
    step(1, 0, steps.east_x, steps.north_x);
    step(0, 1, steps.east_y, steps.north_y);
    return steps;
}

// Clockwise from up, of a direction in pixels (y grows downwards).
double bearing(double dx, double dy) {
    const double degrees = std::atan2(dx, -dy) / radian;
    return degrees < 0 ? degrees + 360 : degrees;
}

void point_north(Placement& placement, const Steps& steps) {
    const double area = steps.east_x * steps.north_y - steps.east_y * steps.north_x;
    placement.scale = std::sqrt(std::abs(area));
    const double sign = area < 0 ? -1 : 1;
    placement.north = bearing(-steps.east_y * sign, steps.east_x * sign);
    placement.east = bearing(steps.north_y * sign, -steps.north_x * sign);
}

double between(const SkyPoint& one, const SkyPoint& other) { return separation(one.ra, one.dec, other.ra, other.dec); }

}  // namespace

std::optional<Placement> placement_of(const ImageSet& image, int width, int height) {
    const bool is_flat = image.projection == "Tan" || image.projection == "SkyImage";
    const bool makes_sense = width > 0 && height > 0 && image.tile_levels >= 0 && image.tile_levels <= most_levels &&
                             image.base_degrees_per_tile > 0 && std::abs(image.center_y) <= 90;
    if (image.data_set_type != "Sky" || !is_flat || !makes_sense) return std::nullopt;

    const Wcs wcs = wcs_of(image, width, height);
    // From edge to edge: the first pixel begins at 0.5.
    const double left = 0.5, right = width + 0.5, top = 0.5, bottom = height + 0.5;
    const double x = (left + right) / 2, y = (top + bottom) / 2;
    Placement placement;
    placement.corners = {wcs.at(left, top), wcs.at(right, top), wcs.at(right, bottom), wcs.at(left, bottom)};
    placement.centre = wcs.at(x, y);
    placement.width = between(wcs.at(left, y), wcs.at(right, y));
    placement.height = between(wcs.at(x, top), wcs.at(x, bottom));
    placement.bottom_up = image.bottoms_up;
    placement.reference_x = wcs.crpix1;
    placement.reference_y = wcs.crpix2;
    point_north(placement, steps_at(wcs, x, y));
    return placement;
}

bool lies_nowhere(const ImageSet& image) {
    return image.center_x == 0 && image.center_y == 0 && image.offset_x == 0 && image.offset_y == 0 &&
           image.rotation == 0 && image.base_degrees_per_tile == 1;
}

}  // namespace atelier::pipelines::sky
