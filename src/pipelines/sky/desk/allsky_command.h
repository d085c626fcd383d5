// `atelier sky tile-allsky` and `tile-healpix`: the whole sky to a TOAST pyramid with its thumbnail and index.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "pipelines/sky/desk/image_options.h"
#include "pipelines/sky/pyramid/tile.h"

namespace atelier::pipelines::sky {

// What both are asked for.
struct AllskyRequest {
    std::filesystem::path path;
    std::filesystem::path folder = ".";
    std::string name;          // empty: the file's
    std::optional<int> depth;  // empty: told from the map
    bool fast = false;
    bool leaves_alone = false;
    std::string branch;        // "LEVEL/X/Y": this tile and those below it, without thumbnail and index
    std::optional<int> above;  // the levels above this one, from the branches' tiles, and thumbnail and index
    int effort = 1;
    unsigned threads = 0;
};

struct MapRequest : AllskyRequest {
    ImageOptions image;
    std::string projection = "plate-carree";
    bool placeholder_thumbnail = false;
};

struct HealpixRequest : AllskyRequest {
    bool galactic = false;
    bool compatible = false;
};

int tile_allsky_command(const MapRequest& request, cli::Output& output);
int tile_healpix_command(const HealpixRequest& request, cli::Output& output);

Tile parse_branch(const std::string& text);  // throws Error::invalid

}  // namespace atelier::pipelines::sky
