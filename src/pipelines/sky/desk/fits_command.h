// FITS images to pyramids of numbers: `tile-fits`, and the original's `tile-multi-tan` and `view --tile-only`.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/output.h"

namespace atelier::pipelines::sky {

enum class FitsMethod { automatic, tan, toast };

struct FitsRequest {
    std::vector<std::filesystem::path> paths;
    std::optional<std::size_t> unit;  // of each file, from 0; else its first image
    std::string key;                  // of an alternate position: A to Z
    FitsMethod method = FitsMethod::automatic;
    std::filesystem::path folder;  // empty: beside where we stand, by the first file's name
    std::string name;              // empty: by the folder
    bool compatible = false;
    bool leaves_alone = false;
    int effort = 1;
    unsigned threads = 0;
};

int tile_fits_command(const FitsRequest& request, cli::Output& output);       // also of `view`
int tile_multi_tan_command(const FitsRequest& request, cli::Output& output);  // leaves, without what is seen of them

}  // namespace atelier::pipelines::sky
