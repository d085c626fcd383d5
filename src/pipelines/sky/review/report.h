// All that the page shows of one image, as JSON.
#pragma once

#include <string>

#include "base/json.h"
#include "pipelines/sky/review/awaiting.h"

namespace atelier::pipelines::sky {

json::Value list_report(Awaiting& awaiting);
// Throws Error::not_found when it isn't there any more. A WTML that can't be read is told in it.
json::Value image_report(const Awaiting& awaiting, Shelf shelf, const std::string& id);

// Its WTML as WorldWide Telescope's engine is given it: every address below `base`, which ends with a slash.
std::string placed_wtml(const Awaiting& awaiting, Shelf shelf, const std::string& id, const std::string& base);

}  // namespace atelier::pipelines::sky
