// PNG by libpng, for open_pixels: any depth and kind.
#pragma once

#include "pipelines/sky/pixels/decoder.h"

namespace atelier::pipelines::sky {

std::unique_ptr<Decoder> open_png(const std::filesystem::path& path, bool keep_alpha);

}  // namespace atelier::pipelines::sky
