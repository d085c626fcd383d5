// Data2Dome: the feed of the same sites, made for planetariums: pages of JSON, the newest first, by date. What is read
// here is pure; the source asks for the pages.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pipelines/sky/feed/candidate.h"

namespace atelier::pipelines::sky {

struct Data2DomePage {
    std::vector<Candidate> candidates;
    std::string next;  // the address of the next page; empty: this is the last
};

// Throws Error::invalid when it isn't such a page.
Data2DomePage parse_data2dome(std::string_view json);
Candidate candidate_of_data2dome(const json::Value& collection);
Caption caption_of_data2dome(const json::Value& collection, std::string_view channel);
// Its position by the tags of AVM ("Spatial.Scale"), flat, as Djangoplicity has them.
json::Value tags_of_data2dome(const json::Value& collection);

}  // namespace atelier::pipelines::sky
