// Rejected images: rejects/ID, with who rejected it and why. A file, or the whole folder of a processed image.
#pragma once

#include <optional>
#include <string>

#include "pipelines/sky/work/work.h"

namespace atelier::pipelines::sky {

enum class Rejector {
    source,  // what it says can't be used; tried again when it says something else
    person   // for good
};

struct Reject {
    std::string reason;
    Rejector by = Rejector::source;
};

std::optional<Reject> read_reject(const Work& work, const std::string& id);
void write_reject(const Work& work, const std::string& id, const Reject& reject);

}  // namespace atelier::pipelines::sky
