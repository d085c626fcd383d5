#include "pipelines/sky/place/position.h"

#include <fmt/format.h>

#include <cmath>
#include <numbers>

namespace atelier::pipelines::sky {

namespace {

constexpr double radians = std::numbers::pi / 180;
constexpr double tolerance = 0.05;            // WorldWide Telescope knows one scale and one angle an image
constexpr double zoom_of_height = 1.7 * 6.0;  // room around it; six times the height is a view's zoom

struct Shape {
    double parity = 1;  // 1: of a picture, top-down; -1: of FITS
    double scale1 = 0;  // degrees a pixel
    double scale2 = 0;
    double rotation = 0;  // degrees
};

Shape shape_of(const Wcs& wcs) {
    const double determinant = wcs.determinant();
    Shape shape;
    shape.parity = determinant < 0 ? -1 : 1;
    shape.scale1 = std::hypot(wcs.cd11, wcs.cd12);
    shape.scale2 = std::hypot(wcs.cd21, wcs.cd22);
    shape.rotation = std::atan2(-shape.parity * wcs.cd12, -wcs.cd22) / radians;
    const double size = std::sqrt(std::abs(determinant));
    if (std::abs(shape.scale1 - shape.scale2) / (shape.scale1 + shape.scale2) > tolerance)
        refuse_position(
            fmt::format("its pixels aren't square on the sky: {} by {} degrees", shape.scale1, shape.scale2),
            "WorldWide Telescope knows one scale for both directions: resample the image.");
    if (std::abs(wcs.cd11 - shape.parity * wcs.cd22) / size > tolerance ||
        std::abs(wcs.cd21 + shape.parity * wcs.cd12) / size > tolerance)
        refuse_position("its rows and columns don't stand at right angles on the sky",
                        "WorldWide Telescope can't show skewed images: resample it.");
    return shape;
}

void look_at_centre(const Wcs& wcs, const Shape& shape, int width, int height, Place& place) {
    const SkyPoint centre = wcs.at((width + 1) / 2.0, (height + 1) / 2.0);
    place.data_set_type = "Sky";
    place.ra = centre.ra / 15;
    place.dec = centre.dec;
    place.rotation = 0;
    place.zoom_level = height * shape.scale2 * zoom_of_height;
    place.constellation = constellation_of(place.ra, place.dec);
}

void centre_on_reference(const Wcs& wcs, const Shape& shape, int levels, ImageSet& image) {
    image.data_set_type = "Sky";
    image.tile_levels = levels;
    image.center_x = wcs.crval1;
    image.center_y = wcs.crval2;
    image.rotation = shape.rotation;
    image.width_factor = 2;
}

}  // namespace

void position(const Wcs& wcs, int width, int height, int levels, Place& place) {
    check_wcs(wcs);
    if (!wcs.top_down() && levels > 0)
        refuse_position("its position has the parity of FITS, with the lowest row first",
                        "Tiled images must be top-down: reverse the rows, and flip the position with them.");
    const Shape shape = shape_of(wcs);
    const double reference_x = wcs.crpix1 - 0.5, reference_y = wcs.crpix2 - 0.5;
    ImageSet& image = place.image;
    centre_on_reference(wcs, shape, levels, image);
    if (levels > 0) {
        image.projection = "Tan";
        image.bottoms_up = false;
        image.base_degrees_per_tile = std::ldexp(shape.scale2 * 256, levels);
        // The middle as the pyramid has it: half a pixel further for odd sizes.
        image.offset_x = ((width + 1) / 2 - reference_x) * shape.scale1;
        image.offset_y = (reference_y - (height + 1) / 2) * shape.scale2;
    } else {
        image.projection = "SkyImage";
        image.bottoms_up = shape.parity < 0;
        image.base_degrees_per_tile = shape.scale2;
        image.offset_x = reference_x;
        image.offset_y = height - reference_y;
        if (image.bottoms_up) image.rotation = -image.rotation;
    }
    look_at_centre(wcs, shape, width, height, place);
}

void position_toast(const Wcs& wcs, int width, int height, int levels, Place& place) {
    check_wcs(wcs);
    const Shape shape = shape_of(wcs);
    centre_on_reference(wcs, shape, levels, place.image);
    place.image.projection = "Toast";
    look_at_centre(wcs, shape, width, height, place);
}

void position_nowhere(int levels, Place& place) {
    ImageSet& image = place.image;
    image.data_set_type = "Sky";
    image.projection = "Tan";
    image.base_degrees_per_tile = 1;
    image.tile_levels = levels;
    image.center_x = image.center_y = image.offset_x = image.offset_y = image.rotation = 0;
    place.data_set_type = "Sky";
    place.ra = place.dec = place.rotation = 0;
    place.zoom_level = 1;
    place.constellation.clear();
}

Wcs wcs_of_sky_image(const ImageSet& image, int height) {
    const double parity = image.bottoms_up ? -1 : 1;
    const double turn = parity * image.rotation * radians;
    const double cosine = -std::cos(turn), sine = -std::sin(turn);
    const double scale = image.base_degrees_per_tile;
    Wcs wcs;
    wcs.crval1 = image.center_x;
    wcs.crval2 = image.center_y;
    wcs.crpix1 = image.offset_x + 0.5;
    wcs.crpix2 = height - image.offset_y + 0.5;
    wcs.cd11 = cosine * scale * parity;
    wcs.cd12 = sine * scale * parity;
    wcs.cd21 = -sine * scale;
    wcs.cd22 = cosine * scale;
    check_wcs(wcs);
    return wcs;
}

}  // namespace atelier::pipelines::sky
