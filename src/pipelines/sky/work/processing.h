// From an image in cache_todo/ to its folder of tiles, thumbnail and index_rel.wtml: made beside, and given its name
// when it is whole.
#pragma once

#include <string>
#include <vector>

#include "pipelines/sky/work/work.h"

namespace atelier::pipelines::sky {

struct Processing {
    int effort = 1;           // of the tiles' compression
    bool compatible = false;  // pixels and averages as the original makes them
    unsigned threads = 0;     // for tiles; 0: as many as there are cores
};

// Those of cache_todo/ that are there whole.
std::vector<std::string> images_to_process(const Work& work);

// Afterwards it lies in out_todo/ID or processed/ID, and its input in cache_done/ID. False: somebody else did it.
bool process_image(const Work& work, const Source& source, const Config& config, const Processing& how,
                   const std::string& id);

Tally process_images(const Work& work, const Source& source, const Config& config, const Processing& how,
                     const std::vector<std::string>& ids);

}  // namespace atelier::pipelines::sky
