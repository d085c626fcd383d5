// From a position to what WorldWide Telescope is told of an image: centre, offsets, scale, rotation, and the place from
// which it is looked at.
#pragma once

#include "pipelines/sky/place/wcs.h"
#include "pipelines/sky/place/wtml.h"

namespace atelier::pipelines::sky {

// `levels`: of the pyramid (0: the image as it is). Sets position, levels and projection of `place.image`, and the
// place. Throws Error::invalid for what WorldWide Telescope can't show: pixels that aren't square, skewed ones, the
// parity of FITS in a pyramid.
void position(const Wcs& wcs, int width, int height, int levels, Place& place);
void position_nowhere(int levels, Place& place);  // without any WCS: at the centre of the sky, a degree large
// Of an image that was resampled to the whole sky: its centre, and the place. Any parity will do.
void position_toast(const Wcs& wcs, int width, int height, int levels, Place& place);

Wcs wcs_of_sky_image(const ImageSet& image, int height);  // back again, of an untiled one

std::string constellation_of(double ra_hours, double dec);  // "ORI", or nothing

}  // namespace atelier::pipelines::sky
