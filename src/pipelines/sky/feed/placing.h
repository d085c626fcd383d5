// Where a feed says that an image lies, judged while the feed is read, so that nothing is downloaded in vain.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json.h"
#include "pipelines/sky/place/wcs.h"

namespace atelier::pipelines::sky {

std::string reason_of(const Error& error);  // with what can be done about it

// Why `position` refuses it, for an image of the size that the feed speaks of; empty: it doesn't.
std::string reason_against_position(const json::Value& item, std::string_view dimension_key,
                                    Wcs (*position)(const json::Value&, int, int));
std::string reason_against_tags(const json::Value& item);  // "Spatial.Scale", flat, as Djangoplicity has them

}  // namespace atelier::pipelines::sky
