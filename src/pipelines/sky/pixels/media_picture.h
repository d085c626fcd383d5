// TIFF, WebP, JPEG 2000, OpenEXR and what else media/ reads, for open_pixels.
#pragma once

#include "pipelines/sky/pixels/decoder.h"

namespace atelier::pipelines::sky {

std::unique_ptr<Decoder> open_media_picture(const std::filesystem::path& path);

}  // namespace atelier::pipelines::sky
