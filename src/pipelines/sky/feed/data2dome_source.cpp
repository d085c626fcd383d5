#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "pipelines/sky/feed/data2dome.h"
#include "pipelines/sky/feed/item.h"
#include "pipelines/sky/feed/sources.h"
#include "pipelines/sky/place/feed_wcs.h"

namespace atelier::pipelines::sky {

namespace {

constexpr std::int64_t most_images = 10'000;
constexpr const char* images_a_page = "100";

class Data2Dome final : public Source {
public:
    Data2Dome(const Config& config, http::Fetcher& fetcher, Tell tell)
        : config_(config), fetcher_(fetcher), tell_(std::move(tell)) {}

    void list(const Seen& seen, const std::function<void(Candidate)>& each) override {
        std::vector<Candidate> all = read_pages(seen);
        std::reverse(all.begin(), all.end());
        for (Candidate& candidate : all)
            each(std::move(candidate));
    }

    void complete(Candidate& candidate) override {
        candidate = candidate_of_data2dome(candidate.item);
        drop_size_unless_checked(config_, candidate);
    }

    std::string item_file() const override { return "data2dome.json"; }
    Caption caption(const json::Value& item, const std::filesystem::path&) const override {
        return caption_of_data2dome(item, setting(config_, "channel_name"));
    }
    Wcs position(const json::Value& item, const std::filesystem::path&, PixelSize size) const override {
        return wcs_of_djangoplicity(tags_of_data2dome(item), size.width, size.height);
    }

private:
    // The feed is by date, the newest first: behind a page of which all is known, all is known.
    std::vector<Candidate> read_pages(const Seen& seen) const {
        std::vector<Candidate> all;
        std::set<std::string> asked;
        const auto most = static_cast<std::size_t>(parse_int(setting(config_, "most")).value_or(most_images));
        for (std::string url = first_page(); !url.empty() && all.size() < most;) {
            if (!asked.insert(url).second) refuse_feed(url, std::runtime_error("its pages lead in a circle"));
            tell_(fmt::format("requesting page {} of {} ...", asked.size(), setting(config_, "feed_url")));
            Data2DomePage page = read_page(url);
            const bool is_known = !page.candidates.empty() && is_all_known(page, seen);
            for (Candidate& candidate : page.candidates)
                if (all.size() < most) all.push_back(std::move(candidate));
            if (is_known) break;
            url = page.next;
        }
        return all;
    }

    static bool is_all_known(const Data2DomePage& page, const Seen& seen) {
        bool any = false;
        for (const Candidate& candidate : page.candidates) {
            if (!candidate.rejected.empty()) continue;
            if (!seen(candidate.id)) return false;
            any = true;
        }
        return any;
    }

    std::string first_page() const {
        std::string url = setting(config_, "feed_url");
        url += url.find('?') == std::string::npos ? "?" : "&";
        url += "count=" + setting(config_, "count", images_a_page);
        if (const auto since = instant_of(setting(config_, "since"))) url += "&after=" + digits_of(format_utc(*since));
        return url;
    }

    static std::string digits_of(std::string text) {
        std::erase_if(text, [](char letter) { return letter < '0' || letter > '9'; });
        return text;
    }

    Data2DomePage read_page(const std::string& url) const {
        const std::string text = fetch_text(fetcher_, url);
        try {
            return parse_data2dome(text);
        } catch (const Error& error) {
            refuse_feed(url, error);
        }
    }

    Config config_;
    http::Fetcher& fetcher_;
    Tell tell_;
};

}  // namespace

std::unique_ptr<Source> open_data2dome(const Config& config, http::Fetcher& fetcher, Tell tell) {
    return std::make_unique<Data2Dome>(config, fetcher, std::move(tell));
}

}  // namespace atelier::pipelines::sky
