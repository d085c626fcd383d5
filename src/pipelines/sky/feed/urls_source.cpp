#include <boost/json/object.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/time.h"
#include "pipelines/sky/feed/file_item.h"
#include "pipelines/sky/feed/item.h"
#include "pipelines/sky/feed/sources.h"
#include "pipelines/sky/feed/urls.h"

namespace atelier::pipelines::sky {

namespace fs = std::filesystem;

namespace {

class Urls final : public Source {
public:
    Urls(const Config& config, http::Fetcher& fetcher) : config_(config), fetcher_(fetcher) {
        if (setting(config, "list").empty() && setting(config, "images").empty())
            throw Error(Error::Kind::invalid, "the section urls of the config names no images",
                        "list: FILE-OR-ADDRESS, or images: with a list of addresses");
    }

    void list(const Seen&, const std::function<void(Candidate)>& each) override {
        for (Candidate& candidate : parse_urls(text(), setting(config_, "prefix")))
            each(std::move(candidate));
    }

    // A list tells no times: an image is as old as our knowledge of it.
    void complete(Candidate& candidate) override {
        candidate.image_url = text_at(candidate.item, "url");
        if (candidate.item.is_object() && find(candidate.item, "last_updated") == nullptr)
            candidate.item.get_object()["last_updated"] = last_updated_text(format_utc(system_clock().wall()));
    }
    std::string item_file() const override { return "url.json"; }

    Caption caption(const json::Value& item, const fs::path& image) const override {
        Caption caption = caption_of_file(image, fs::path(text_at(item, "url")).stem().string());
        if (caption.credits_url.empty()) caption.credits_url = text_at(item, "url");
        caption.last_updated = text_at(item, "last_updated");
        return caption;
    }

    Wcs position(const json::Value&, const fs::path& image, PixelSize size) const override {
        return position_of_file(image, size, std::nullopt);
    }

private:
    std::string text() const {
        const std::string list = setting(config_, "list");
        std::string lines = setting(config_, "images") + "\n";
        if (!list.empty())
            lines += list.find("://") == std::string::npos ? read_file(list) : fetch_text(fetcher_, list);
        return lines;
    }

    Config config_;
    http::Fetcher& fetcher_;
};

}  // namespace

std::unique_ptr<Source> open_urls(const Config& config, http::Fetcher& fetcher) {
    return std::make_unique<Urls>(config, fetcher);
}

}  // namespace atelier::pipelines::sky
