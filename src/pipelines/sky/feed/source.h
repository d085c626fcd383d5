// Where images come from: AstroPix, Djangoplicity, Data2Dome, a local folder, a list of addresses. Each lists its
// candidates, and knows how its items are read again later.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

#include "pipelines/sky/feed/candidate.h"
#include "pipelines/sky/feed/config.h"
#include "pipelines/sky/pixels/pixels.h"

namespace atelier::pipelines::sky {

class Source {
public:
    virtual ~Source() = default;
    // `seen`: whether an id needs no more work; a source may end its listing where it meets only those.
    virtual void list(const std::function<bool(const std::string&)>& seen,
                      const std::function<void(Candidate)>& each) = 0;
    virtual std::string item_file() const = 0;  // "astropix.json": the item's file beside the image
    virtual Caption caption(const json::Value& item) const = 0;
    // Throws Error::invalid with the reason. `image`: for what stands in the file itself.
    virtual Wcs position(const json::Value& item, const std::filesystem::path& image, PixelSize size) const = 0;
};

std::unique_ptr<Source> open_source(const Config& config);

}  // namespace atelier::pipelines::sky
