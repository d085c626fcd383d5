// Feeds from anybody, the first byte says of which kind: refused with an Error, or each of their candidates has an id
// that is safe as the name of a folder, and can be told of.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "pipelines/sky/feed/astropix.h"
#include "pipelines/sky/feed/data2dome.h"
#include "pipelines/sky/feed/djangoplicity.h"
#include "pipelines/sky/feed/item.h"
#include "pipelines/sky/feed/urls.h"

namespace {

using namespace atelier::pipelines::sky;

std::vector<Candidate> gallery(std::string_view text) {
    std::vector<Candidate> candidates;
    for (const atelier::json::Value& item : parse_gallery(text)) {
        candidates.push_back(candidate_of_djangoplicity(text_at(item, "id"), item));
        caption_of_djangoplicity(candidates.back().item, "channel");
    }
    return candidates;
}

std::vector<Candidate> astropix(std::string_view text) {
    std::vector<Candidate> candidates = parse_astropix(text);
    for (const Candidate& candidate : candidates)
        caption_of_astropix(candidate.item);
    return candidates;
}

std::vector<Candidate> data2dome(std::string_view text) {
    std::vector<Candidate> candidates = parse_data2dome(text).candidates;
    for (const Candidate& candidate : candidates)
        caption_of_data2dome(candidate.item, "channel");
    return candidates;
}

std::vector<Candidate> read(std::uint8_t kind, std::string_view text) {
    switch (kind) {
        case 'a': return astropix(text);
        case 'g': return gallery(text);
        case 'd': return data2dome(text);
        case 'u': return parse_urls(text, "prefix");
        default: instant_of(text); return {};
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    try {
        for (const Candidate& candidate : read(data[0], {reinterpret_cast<const char*>(data) + 1, size - 1}))
            if (!is_id(candidate.id)) std::abort();
    } catch (const atelier::Error&) {
    }
    return 0;
}
