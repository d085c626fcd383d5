#include "pipelines/sky/feed/astropix.h"
#include "pipelines/sky/feed/sources.h"
#include "pipelines/sky/place/feed_wcs.h"

namespace atelier::pipelines::sky {

namespace {

class AstroPix final : public Source {
public:
    AstroPix(const Config& config, http::Fetcher& fetcher)
        : url_(setting(config, "json_query_url")), fetcher_(fetcher) {}

    void list(const Seen&, const std::function<void(Candidate)>& each) override {
        for (Candidate& candidate : read())
            each(std::move(candidate));
    }
    void complete(Candidate& candidate) override { candidate = candidate_of_astropix(candidate.item); }
    std::string item_file() const override { return "astropix.json"; }
    Caption caption(const json::Value& item, const std::filesystem::path&) const override {
        return caption_of_astropix(item);
    }
    Wcs position(const json::Value& item, const std::filesystem::path&, PixelSize size) const override {
        return wcs_of_astropix(item, size.width, size.height);
    }

private:
    std::vector<Candidate> read() const {
        const std::string text = fetch_text(fetcher_, url_);
        try {
            return parse_astropix(text);
        } catch (const Error& error) {
            refuse_feed(url_, error);
        }
    }

    std::string url_;
    http::Fetcher& fetcher_;
};

}  // namespace

std::unique_ptr<Source> open_astropix(const Config& config, http::Fetcher& fetcher) {
    return std::make_unique<AstroPix>(config, fetcher);
}

}  // namespace atelier::pipelines::sky
