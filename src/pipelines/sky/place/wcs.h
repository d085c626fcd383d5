// Where an image lies on the sky: a linear transformation of pixels and the tangential projection, as FITS headers tell
// it. The formulas are those of the FITS standard's paper II; what can't be used is refused with its reason.
#pragma once

#include <array>
#include <optional>

#include "pipelines/sky/fits/fits_header.h"

namespace atelier::pipelines::sky {

struct SkyPoint {
    double ra = 0;   // degrees
    double dec = 0;  // degrees
};

struct Wcs {
    double crval1 = 0, crval2 = 0;                  // degrees
    double crpix1 = 0, crpix2 = 0;                  // pixels, the first one's centre is 1
    double cd11 = 0, cd12 = 0, cd21 = 0, cd22 = 0;  // degrees a pixel
    int width = 0, height = 0;                      // of the image that it was made for; 0: not told

    double determinant() const { return cd11 * cd22 - cd12 * cd21; }
    bool top_down() const { return determinant() >= 0; }  // the parity of a picture; FITS images have the other
    Wcs flipped(int image_height) const;
    Wcs scaled(double factor) const;        // for the same image, `factor` times as wide and high
    SkyPoint at(double x, double y) const;  // pixels from 1
};

// `key`: of an alternate description (A to Z), or nothing. Throws Error::invalid with a reason a person can act on
// ("projection SIN is not supported").
Wcs read_wcs(const FitsHeader& header, std::optional<char> key = std::nullopt);
void write_wcs(const Wcs& wcs, FitsHeader& header);

// Whether a header tells a position at all, good or not.
bool has_wcs(const FitsHeader& header, std::optional<char> key = std::nullopt);

// Each way in (headers, AVM, feeds) ends here: throws unless the position is one on the sky, and its numbers are some.
void check_wcs(const Wcs& wcs);
// "projection SIN is not supported", and what to do.
[[noreturn]] void refuse_position(const std::string& why, const std::string& hint = {});

}  // namespace atelier::pipelines::sky
