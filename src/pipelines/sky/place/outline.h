// A position in the words of people: centre and corners, size, which way north is, and whether it is mirrored.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "pipelines/sky/place/wcs.h"

namespace atelier::pipelines::sky {

struct Outline {
    SkyPoint centre;
    std::array<SkyPoint, 4> corners;  // upper left, upper right, lower right, lower left; of the picture
    double scale = 0;                 // degrees a pixel
    double width = 0, height = 0;     // degrees
    double north = 0;                 // degrees from up to north, to the left
    bool mirrored = false;            // not as the sky is seen from the Earth
    std::string constellation;        // of the centre
};
Outline outline_of(const Wcs& wcs, int width, int height);

std::vector<std::string> outline_lines(const Outline& outline);

}  // namespace atelier::pipelines::sky
