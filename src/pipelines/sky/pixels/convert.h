// Rows as a file has them to RGB or RGBA of 8 bits: grey, palettes, CMYK, 16 bits, linear light.
#pragma once

#include <cstddef>

#include "pipelines/sky/pixels/decoder.h"

namespace atelier::pipelines::sky {

// What they become; `compatible` leaves the alpha of grey out.
Mode mode_of(const Shape& shape, bool compatible);

// `pixels` of a row. compatible: 16 bits are cut, and those of grey are clipped; else they are scaled.
void convert(const Shape& shape, bool compatible, const std::byte* from, std::byte* to, int pixels);

void add_alpha(const std::byte* rgb, std::byte* rgba, int pixels);
void black_to_transparent(std::byte* rgba, int pixels);

// How the original's library calls a kind of pixels that it has to convert; empty when it hasn't.
std::string original_name(const Shape& shape);

}  // namespace atelier::pipelines::sky
