// What HiPS and TOAST are made of: a map of the whole sky, a HEALPix map, or an image that says where it lies.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "pipelines/sky/desk/image_options.h"
#include "pipelines/sky/place/wcs.h"
#include "pipelines/sky/pyramid/sky_source.h"

namespace atelier::pipelines::sky {

struct SkyInputRequest {
    std::filesystem::path path;
    ImageOptions image;
    std::string projection = "plate-carree";  // of a map
    bool avm = false;                         // an image that tells its place by AVM, in place of a map
    bool galactic = false;                    // of HEALPix, whatever it says
};

struct SkyInput {
    std::unique_ptr<SkySource> sky;
    std::optional<Wcs> wcs;  // of an image, top-down
    int width = 0, height = 0;
    std::string thumbnail;  // JPEG; of numbers there is none
};

// A FITS file is HEALPix if it has such a table, an image if it has a position, else a map, as pictures are.
SkyInput open_sky(const SkyInputRequest& request, cli::Output& output);

}  // namespace atelier::pipelines::sky
