// Where images come from: AstroPix, Djangoplicity, Data2Dome, a local folder, a list of addresses. Each lists its
// candidates, and knows how its items are read again later.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "http/fetch.h"
#include "pipelines/sky/feed/candidate.h"
#include "pipelines/sky/feed/config.h"
#include "pipelines/sky/pixels/pixels.h"

namespace atelier::pipelines::sky {

class Source {
public:
    using Seen = std::function<bool(const std::string& id)>;
    virtual ~Source() = default;
    // `seen`: whether an id needs no more work; a source may end its listing where it meets only those. Candidates of
    // a listing that ends so come oldest first: who is interrupted has those that a later listing doesn't reach.
    virtual void list(const Seen& seen, const std::function<void(Candidate)>& each) = 0;
    // Of a candidate of which only id and item are known (from a listing, or kept): the rest. Asks the source again
    // where its listing doesn't say all.
    virtual void complete(Candidate& candidate) = 0;
    virtual std::string item_file() const = 0;  // "astropix.json": the item's file beside the image
    virtual Caption caption(const json::Value& item, const std::filesystem::path& image) const = 0;
    // Throws Error::invalid with the reason. `image`: for what stands in the file itself.
    virtual Wcs position(const json::Value& item, const std::filesystem::path& image, PixelSize size) const = 0;
};

// `tell`: what it asks for, for people. The fetcher must outlive the source.
std::unique_ptr<Source> open_source(const Config& config, http::Fetcher& fetcher,
                                    std::function<void(const std::string&)> tell);

}  // namespace atelier::pipelines::sky
