// A layer file of WorldWide Telescope: a cabinet with the description of one image on the sky, and the image.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "pipelines/sky/place/wtml.h"

namespace atelier::pipelines::sky {

struct Wwtl {
    ImageSet image;            // of the projection SkyImage
    std::string extension;     // of the image's file: ".jpg"
    std::uint64_t offset = 0;  // where it stands in the cabinet
    std::uint64_t size = 0;
};

// Throws Error::invalid for what is no cabinet, is damaged, or holds something other than one image on the sky.
Wwtl read_wwtl(const std::filesystem::path& path);
void extract_image(const std::filesystem::path& path, const Wwtl& wwtl, const std::filesystem::path& to);

}  // namespace atelier::pipelines::sky
