// An image that a source offers: what it is, where it is fetched from, and where it lies on the sky, or why it can't be
// used.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "pipelines/sky/place/wcs.h"

namespace atelier::pipelines::sky {

struct Candidate {
    std::string id;                            // of the folders; made of [A-Za-z0-9_.-] alone
    std::string image_url;                     // may be a local path
    std::vector<std::string> other_urls;       // tried in this order when the first isn't there
    std::optional<std::uint64_t> image_bytes;  // as the feed tells
    json::Value item;                          // as the source gave it: kept beside the image
    std::string rejected;                      // why it can't be placed, in words a person can act on; empty: it can
};

// What an image's page and pyramid are called, from the kept item.
struct Caption {
    std::string title, description, credits, credits_url, annotation;
    std::string place_description;  // of the place instead of the image: HTML
    std::string last_updated;       // as WTML's XLastUpdated has it
};

}  // namespace atelier::pipelines::sky
