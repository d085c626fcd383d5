#include "pipelines/sky/feed/urls.h"

#include <boost/json/object.hpp>
#include <set>

#include "base/text.h"
#include "pipelines/sky/feed/item.h"

namespace atelier::pipelines::sky {

namespace {

bool is_address(std::string_view text) { return text.starts_with("http://") || text.starts_with("https://"); }

// "ngc253" of "https://example.org/images/ngc253.jpg?x".
std::string name_in(std::string_view url) {
    url = url.substr(0, url.find_first_of("?#"));
    url = url.substr(url.find_last_of('/') + 1);
    return std::string(url.substr(0, url.find_last_of('.')));
}

Candidate candidate_of_line(std::string_view line, const std::string& prefix) {
    const std::size_t blank = line.find_first_of(" \t");
    const bool has_id = blank != std::string_view::npos;
    const std::string_view url = has_id ? trim(line.substr(blank)) : line;
    const std::string id = has_id ? std::string(line.substr(0, blank)) : prefix + name_in(url);
    Candidate candidate;
    candidate.id = as_id(id);
    candidate.image_url = url;
    candidate.item = json::Object{{"url", url}};
    if (!is_id(id)) candidate.rejected = refusal_of_id(id);
    if (!is_address(url)) candidate.rejected = "\"" + printable(url) + "\" is no address of an image";
    if (is_address(url) && image_extension(url).empty())
        candidate.rejected = "its address doesn't end with the name of an image, such as .jpg";
    return candidate;
}

}  // namespace

std::vector<Candidate> parse_urls(std::string_view text, const std::string& prefix) {
    std::vector<Candidate> candidates;
    std::set<std::string> ids;
    for (const std::string_view whole : split(text, '\n')) {
        const std::string_view line = trim(whole);
        if (line.empty() || line.front() == '#') continue;
        Candidate candidate = candidate_of_line(line, prefix);
        if (!ids.insert(candidate.id).second && candidate.rejected.empty())
            candidate.rejected = "its id is in the list twice; write one of your own before the address";
        candidates.push_back(std::move(candidate));
    }
    return candidates;
}

}  // namespace atelier::pipelines::sky
