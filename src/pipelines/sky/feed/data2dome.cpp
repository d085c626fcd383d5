#include "pipelines/sky/feed/data2dome.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "pipelines/sky/feed/item.h"
#include "pipelines/sky/feed/placing.h"

namespace atelier::pipelines::sky {

namespace {

const json::Array& list_at(const json::Value& value, std::string_view key) {
    static const json::Array none;
    const json::Value* list = find(value, key);
    return list != nullptr && list->is_array() ? list->get_array() : none;
}

const json::Value* spatial_of(const json::Value& asset) {
    const json::Value* observation = find(asset, "ObservationData");
    return observation == nullptr ? nullptr : find(*observation, "Spatial");
}

// The image whose place is told; else the first image.
const json::Value* asset_of(const json::Value& collection) {
    const json::Value* first = nullptr;
    for (const json::Value& asset : list_at(collection, "Assets")) {
        if (text_at(asset, "MediaType") != "Image") continue;
        if (spatial_of(asset) != nullptr) return &asset;
        if (first == nullptr) first = &asset;
    }
    return first;
}

// The original, else the largest that a site still calls an image.
const json::Value* resource_of(const json::Value& asset) {
    for (const std::string_view wanted : {"Original", "Large", "Medium"})
        for (const json::Value& resource : list_at(asset, "Resources"))
            if (text_at(resource, "ResourceType") == wanted && !text_at(resource, "URL").empty()) return &resource;
    return nullptr;
}

}  // namespace

json::Value tags_of_data2dome(const json::Value& collection) {
    json::Object tags;
    const json::Value* asset = asset_of(collection);
    const json::Value* spatial = asset == nullptr ? nullptr : spatial_of(*asset);
    if (spatial == nullptr || !spatial->is_object()) return tags;
    for (const auto& member : spatial->get_object())
        tags["Spatial." + std::string(member.key())] = member.value();
    return tags;
}

Candidate candidate_of_data2dome(const json::Value& collection) {
    Candidate candidate;
    candidate.item = collection;
    const std::string id = text_at(collection, "ID");
    candidate.id = as_id(id);
    const json::Value* asset = asset_of(collection);
    const json::Value* resource = asset == nullptr ? nullptr : resource_of(*asset);
    if (!is_id(id)) {
        candidate.rejected = id.empty() ? "it has no ID" : refusal_of_id(id);
    } else if (resource == nullptr) {
        candidate.rejected = "it names no image file to download";
    } else {
        candidate.image_url = text_at(*resource, "URL");
        candidate.image_bytes = bytes_at(*resource, "FileSize");
        candidate.rejected = reason_against_tags(tags_of_data2dome(collection));
    }
    return candidate;
}

Data2DomePage parse_data2dome(std::string_view text) {
    const json::Value page = json::parse(text);
    const json::Value* collections = find(page, "Collections");
    if (collections == nullptr || !collections->is_array())
        throw Error(Error::Kind::invalid, "it isn't a page of Data2Dome: it has no Collections");
    Data2DomePage read;
    read.next = text_at(page, "Next");
    for (const json::Value& collection : collections->get_array())
        read.candidates.push_back(candidate_of_data2dome(collection));
    return read;
}

Caption caption_of_data2dome(const json::Value& collection, std::string_view channel) {
    Caption caption;
    caption.title = text_at(collection, "Title");
    caption.place_description = escape_html(text_at(collection, "Description"));
    caption.credits = escape_html(text_at(collection, "Credit"));
    caption.credits_url = text_at(collection, "ReferenceURL");
    caption.last_updated = last_updated_text(text_at(collection, "PublicationDate"));
    caption.annotation = annotation_of(channel, text_at(collection, "ID"), caption.last_updated);
    return caption;
}

}  // namespace atelier::pipelines::sky
