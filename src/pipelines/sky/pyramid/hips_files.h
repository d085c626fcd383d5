// The files of a HiPS beside its tiles, and tiles of numbers.
#pragma once

#include <string>

#include "pipelines/sky/pyramid/hips.h"

namespace atelier::pipelines::sky {

struct HipsPicture {
    Mode mode = Mode::rgb;
    int width = 0, height = 0;
    std::vector<std::byte> bytes;  // top-down
};

// A tile of the sky as FITS with its place in the projection HPX.
std::string write_hips_fits(const HipsPicture& picture, Frame frame, int order, std::int64_t pixel);
std::string write_plain_fits(const HipsPicture& picture);  // Allsky.fits

std::string hips_properties(const HipsOptions& options, const HipsMade& made, Mode mode);

}  // namespace atelier::pipelines::sky
