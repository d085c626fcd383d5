// Small pictures in memory to PNG, whole; tiles have a quicker encoder of their own.
#pragma once

#include <cstddef>
#include <string>

#include "pipelines/sky/pixels/pixels.h"

namespace atelier::pipelines::sky {

std::string encode_png(const std::byte* pixels, int width, int height, Mode mode);  // rgb or rgba, top-down

}  // namespace atelier::pipelines::sky
