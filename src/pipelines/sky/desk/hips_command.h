// `atelier sky hips` and `deep-zoom`: pyramids for other viewers.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "pipelines/sky/desk/sky_input.h"

namespace atelier::pipelines::sky {

struct HipsRequest {
    SkyInputRequest input;
    std::filesystem::path folder = "hips";
    std::string name;      // empty: the file's
    std::string id, body;  // creator_did; a planet
    std::string frame = "equatorial";
    std::string format;  // png, jpg, fits; empty: what fits
    std::optional<int> order;
    int effort = 1;
    unsigned threads = 0;
};

int hips_command(const HipsRequest& request, cli::Output& output);

struct DeepZoomRequest {
    std::filesystem::path path;
    std::filesystem::path to;  // NAME.dzi; empty: beside what it is made of
    ImageOptions image;
    std::string format = "jpg";
    int tile_size = 256, overlap = 1, quality = 85, effort = 1;
    unsigned threads = 0;
};

int deep_zoom_command(const DeepZoomRequest& request, cli::Output& output);

}  // namespace atelier::pipelines::sky
