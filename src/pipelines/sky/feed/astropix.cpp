#include "pipelines/sky/feed/astropix.h"

#include <fmt/format.h>

#include <array>

#include "base/error.h"
#include "base/text.h"
#include "pipelines/sky/feed/item.h"
#include "pipelines/sky/feed/placing.h"
#include "pipelines/sky/place/feed_wcs.h"

namespace atelier::pipelines::sky {

namespace {

constexpr std::string_view archive = "http://astropix.ipac.caltech.edu/archive/";
constexpr std::string_view pages = "http://astropix.ipac.caltech.edu/image/";

// The archive keeps images by the longer side; the largest that the image fills.
constexpr std::array<int, 9> archived_sizes{24000, 12000, 6000, 3000, 1600, 1280, 1024, 500, 320};

int archived_size(double longest_side) {
    for (const int size : archived_sizes)
        if (size >= 1600 && longest_side >= size) return size;
    if (longest_side > 1024) return 1280;
    if (longest_side > 500) return 1024;
    return longest_side > 320 ? 500 : 320;
}

// Where the archive of AstroPix itself has it, the best first.
std::vector<std::string> archived(const std::string& publisher, const std::string& image, double longest_side) {
    const std::string stem = fmt::format("{}{}/{}/{}_{}_", archive, publisher, image, publisher, image);
    const int best = archived_size(longest_side);
    std::vector<std::string> urls;
    for (const int size : archived_sizes)
        if (size <= best) urls.push_back(fmt::format("{}{}.jpg", stem, size));
    urls.push_back(stem + "original.jpg");
    return urls;
}

std::string reason_against(const json::Value& item, const std::string& image) {
    if (image.empty()) return "it has no image_id";
    if (image.find('/') != std::string::npos) return "AstroPix images with \"/\" in their IDs aren't retrievable";
    return reason_against_position(item, "wcs_reference_dimension", wcs_of_astropix);
}

}  // namespace

Candidate candidate_of_astropix(const json::Value& item) {
    Candidate candidate;
    candidate.item = item;
    const std::string publisher = text_at(item, "publisher_id");
    const std::string image = lower(text_at(item, "image_id"));
    std::string id = publisher + "_" + image;
    for (char& letter : id)
        if (letter == '/') letter = '_';
    candidate.id = as_id(id);
    candidate.rejected = is_id(id) ? reason_against(item, image) : refusal_of_id(id);
    candidate.image_url = text_at(item, "resource_url");
    if (!candidate.image_url.empty() || !candidate.rejected.empty()) return candidate;
    candidate.other_urls = archived(publisher, image, number_at(item, "image_max_boundry").value_or(0));
    candidate.image_url = candidate.other_urls.front();
    candidate.other_urls.erase(candidate.other_urls.begin());
    return candidate;
}

std::vector<Candidate> parse_astropix(std::string_view text) {
    const json::Value list = json::parse(text);
    if (!list.is_array()) throw Error(Error::Kind::invalid, "it isn't a list of images");
    std::vector<Candidate> candidates;
    candidates.reserve(list.get_array().size());
    for (const json::Value& item : list.get_array())
        candidates.push_back(candidate_of_astropix(item));
    return candidates;
}

Caption caption_of_astropix(const json::Value& item) {
    Caption caption;
    caption.title = text_at(item, "title");
    caption.description = text_at(item, "description");
    caption.credits = text_at(item, "image_credit");
    caption.credits_url = text_at(item, "reference_url");
    if (caption.credits_url.empty())
        caption.credits_url = std::string(pages) + text_at(item, "publisher_id") + "/" + text_at(item, "image_id");
    caption.last_updated = last_updated_text(text_at(item, "last_updated"));
    return caption;
}

}  // namespace atelier::pipelines::sky
