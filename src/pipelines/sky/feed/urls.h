// A list of addresses of images, one a line: ADDRESS, or ID ADDRESS. What is read here is pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pipelines/sky/feed/candidate.h"

namespace atelier::pipelines::sky {

// Empty lines and those that begin with # don't count. A line that can't be an image is rejected with its reason.
std::vector<Candidate> parse_urls(std::string_view text, const std::string& prefix);

}  // namespace atelier::pipelines::sky
