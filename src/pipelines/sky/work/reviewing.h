// The way of working with a review: candidates are looked at, some are fetched and processed, those that a person
// approves are published, the others are rejected for good.
#pragma once

#include <string>
#include <vector>

#include "pipelines/sky/work/work.h"

namespace atelier::pipelines::sky {

struct Refreshed {
    std::size_t candidates = 0, saved = 0, rejected = 0, published = 0, ignored = 0;
};

// What the source has, into candidates/ and rejects/. `all`: also what lies behind what is known already.
Refreshed refresh(const Work& work, Source& source, bool all);

// Words are ids, or patterns.
Tally approve(const Work& work, const Config& config, const std::vector<std::string>& words);
Tally reject(const Work& work, const std::vector<std::string>& words, const std::string& reason);
// Every reject gets its skip.flag in the repository, with its reason; how many.
std::size_t ignore_rejects(const Work& work);

}  // namespace atelier::pipelines::sky
