// The galleries of eso.org, esahubble.org, esawebb.org and noirlab.edu: a script in each of their pages lists images,
// and each image's own page tells the rest in JSON. What is read here is pure; the source asks for the texts.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pipelines/sky/feed/candidate.h"

namespace atelier::pipelines::sky {

// The objects of `var images = [ {id: '...', ...} ];`, each as JSON with its plain values. Throws Error::invalid.
std::vector<json::Value> parse_gallery(std::string_view html);

// Values that are the text of a Python literal ("b'...'") become what they mean.
void mend_python_texts(json::Value& value);

// Of the JSON of an image's own page; `id` as the gallery has it.
Candidate candidate_of_djangoplicity(const std::string& id, json::Value info);
Caption caption_of_djangoplicity(const json::Value& info, std::string_view channel);

}  // namespace atelier::pipelines::sky
