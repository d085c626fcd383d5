// JPEG by libjpeg-turbo: its decoder for open_pixels, and pictures in memory to JPEG.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "pipelines/sky/pixels/decoder.h"

namespace atelier::pipelines::sky {

std::unique_ptr<Decoder> open_jpeg(const std::filesystem::path& path);
std::unique_ptr<Decoder> open_jpeg_bytes(std::string bytes);

// RGB, top-down; colours at half the resolution, as is usual.
std::string encode_jpeg(const std::byte* rgb, int width, int height, int quality);

}  // namespace atelier::pipelines::sky
