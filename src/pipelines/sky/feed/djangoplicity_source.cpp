#include <fmt/format.h>

#include "pipelines/sky/feed/djangoplicity.h"
#include "pipelines/sky/feed/item.h"
#include "pipelines/sky/feed/sources.h"
#include "pipelines/sky/place/feed_wcs.h"

namespace atelier::pipelines::sky {

namespace {

constexpr int most_pages = 10'000;

class Djangoplicity final : public Source {
public:
    Djangoplicity(const Config& config, http::Fetcher& fetcher, Tell tell)
        : config_(config), base_(setting(config, "base_url")), fetcher_(fetcher), tell_(std::move(tell)) {
        if (!base_.ends_with('/')) base_ += '/';
    }

    void list(const Seen&, const std::function<void(Candidate)>& each) override {
        for (int page = 1; page <= most_pages; ++page) {
            const std::string url = fmt::format("{}archive/search/{}/{}/?type=Observation", base_,
                                                setting(config_, "search_page_name", "page"), page);
            tell_("requesting " + url + " ...");
            const auto items = read_page(url);
            if (!items) return;
            for (const json::Value& item : *items)
                each(listed(item));
        }
    }

    // The gallery tells but id and title; the rest stands on the image's own page.
    void complete(Candidate& candidate) override {
        const std::string id = candidate.id;
        if (find(candidate.item, "Resources") == nullptr) candidate.item = read_info(id);
        candidate = candidate_of_djangoplicity(id, std::move(candidate.item));
        drop_size_unless_checked(config_, candidate);
    }

    std::string item_file() const override { return "metadata.json"; }
    Caption caption(const json::Value& item, const std::filesystem::path&) const override {
        return caption_of_djangoplicity(item, setting(config_, "channel_name"));
    }
    Wcs position(const json::Value& item, const std::filesystem::path&, PixelSize size) const override {
        return wcs_of_djangoplicity(item, size.width, size.height);
    }

private:
    // Nothing: there is no such page, the one before was the last.
    std::optional<std::vector<json::Value>> read_page(const std::string& url) const {
        std::string text;
        try {
            text = fetch_text(fetcher_, url);
        } catch (const Error& error) {
            if (error.kind() == Error::Kind::not_found) return std::nullopt;
            throw;
        }
        try {
            return parse_gallery(text);
        } catch (const Error& error) {
            refuse_feed(url, error);
        }
    }

    static Candidate listed(const json::Value& item) {
        Candidate candidate;
        const std::string id = text_at(item, "id");
        candidate.id = as_id(id);
        candidate.item = item;
        if (!is_id(id)) candidate.rejected = id.empty() ? "it has no id" : refusal_of_id(id);
        return candidate;
    }

    json::Value read_info(const std::string& id) const {
        const std::string url = base_ + id + "/api/json/";
        const std::string text = fetch_text(fetcher_, url);
        try {
            return json::parse(text);
        } catch (const Error& error) {
            refuse_feed(url, error);
        }
    }

    Config config_;
    std::string base_;
    http::Fetcher& fetcher_;
    Tell tell_;
};

}  // namespace

std::unique_ptr<Source> open_djangoplicity(const Config& config, http::Fetcher& fetcher, Tell tell) {
    return std::make_unique<Djangoplicity>(config, fetcher, std::move(tell));
}

}  // namespace atelier::pipelines::sky
