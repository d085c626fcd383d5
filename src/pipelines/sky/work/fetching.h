// From a source to images in cache_todo/: only what is new, a few at a time, going on where an earlier try broke off.
#pragma once

#include <string>
#include <vector>

#include "pipelines/sky/work/work.h"

namespace atelier::pipelines::sky {

struct Queue {
    std::vector<std::string> ids;  // to be fetched
    std::size_t candidates = 0;    // that the source has
};

// Lists the source, and lays what it says of each new image into cache_todo/ID. `all`: also what lies behind what is
// known already.
Queue queue_new_images(const Work& work, Source& source, bool all);

// The image of cache_todo/ID or candidates/ID. False when it can't be used: that is told, and nothing of it stays.
bool fetch_image(const Work& work, Source& source, const std::string& id);

Tally fetch_images(const Work& work, Source& source, const std::vector<std::string>& ids);

}  // namespace atelier::pipelines::sky
