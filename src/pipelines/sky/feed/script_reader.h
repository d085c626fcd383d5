// Values as scripts in pages write them: like JSON, but with bare keys, 'single' quotes, comments, and commas before
// the closing bracket. Read up to the value's end, whatever stands behind it.
#pragma once

#include <string_view>

#include "base/json.h"

namespace atelier::pipelines::sky {

// Throws Error::invalid that tells the line. A bare word that is no number, true, false or null is kept as a text.
json::Value read_script_value(std::string_view text);

}  // namespace atelier::pipelines::sky
