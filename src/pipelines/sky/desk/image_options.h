// The options by which every command that reads an image says how: cropped, colours, as the original does it.
#pragma once

#include <string>

#include "cli/program.h"
#include "pipelines/sky/pixels/pixels.h"

namespace atelier::pipelines::sky {

struct ImageOptions {
    std::string crop;
    std::string colours = "srgb";
    bool black_to_transparent = false;
    bool compatible = false;

    void add_to(CLI::App& command);
    // Throws Error::invalid for a crop that is none. Warnings go where the original's go, or to stderr.
    Reading reading(cli::Output& output) const;
};

}  // namespace atelier::pipelines::sky
