// What a position may say of itself, in AVM and in feeds: its projection, its frame, and the shape of its image.
#pragma once

#include <string>

namespace atelier::pipelines::sky {

// An empty frame is taken for ICRS, an empty equinox for J2000. Throws Error::invalid with the reason.
void check_spatial(const std::string& projection, const std::string& frame, const std::string& equinox);

// A position that was made for an image of width1 x height1 pixels, used for one of width x height.
void check_aspect(double width1, double height1, int width, int height);

}  // namespace atelier::pipelines::sky
