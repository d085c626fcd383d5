// `atelier sky tile-study`: an image to a pyramid with its thumbnail and its place on the sky.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "pipelines/sky/desk/image_options.h"
#include "pipelines/sky/place/wtml.h"

namespace atelier::pipelines::sky {

struct StudyRequest {
    ImageOptions image;
    std::filesystem::path path;
    std::filesystem::path folder = ".";
    std::string name;                // empty: the image's own, or the file's
    bool avm = false;                // the position stands in the image itself,
    std::filesystem::path avm_from;  // or in this one,
    std::filesystem::path fits_wcs;  // or in the header of this one,
    std::optional<ImageSet> layer;   // or it is that of a layer, which says more of it;
    std::filesystem::path shown_as;  // then the layer's file is named, not the image in it
    bool placeholder_thumbnail = false;
    bool leaves_alone = false;
    int effort = 1;
    unsigned threads = 0;
};

int tile_study_command(const StudyRequest& request, cli::Output& output);

}  // namespace atelier::pipelines::sky
