// Where a picture lies on the sky, as WorldWide Telescope will be told of it: worked out from its WTML and nothing
// else, so that a reviewer judges what will be published.
#pragma once

#include <array>
#include <optional>

#include "pipelines/sky/place/wcs.h"
#include "pipelines/sky/place/wtml.h"

namespace atelier::pipelines::sky {

struct Placement {
    std::array<SkyPoint, 4> corners;  // of the picture as it is seen: upper left, upper right, lower right, lower left
    SkyPoint centre;
    double scale = 0;              // degrees a pixel, in the centre
    double width = 0, height = 0;  // degrees, along the middle row and column
    double north = 0, east = 0;    // directions in the picture at its centre: degrees from up, clockwise
    bool bottom_up = false;        // its first row is the lowest, as in FITS; WorldWide Telescope turns it over
    double reference_x = 0, reference_y = 0;  // pixels from 1, where the projection touches the sky
};

// Nothing for what covers a whole sky, lies on no sky, or has a WTML that makes no sense.
std::optional<Placement> placement_of(const ImageSet& image, int width, int height);

// A study that nobody gave a position: a degree wide at the centre of the sky.
bool lies_nowhere(const ImageSet& image);

}  // namespace atelier::pipelines::sky
