// AstroPix: one JSON list of images with their positions. What is read here is pure; the source asks for the text.
#pragma once

#include <string_view>
#include <vector>

#include "pipelines/sky/feed/candidate.h"

namespace atelier::pipelines::sky {

// Throws Error::invalid when it isn't such a list.
std::vector<Candidate> parse_astropix(std::string_view json);
Candidate candidate_of_astropix(const json::Value& item);
Caption caption_of_astropix(const json::Value& item);

}  // namespace atelier::pipelines::sky
