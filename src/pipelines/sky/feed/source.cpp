#include "pipelines/sky/feed/source.h"

#include "base/error.h"
#include "pipelines/sky/feed/sources.h"

namespace atelier::pipelines::sky {

namespace {

constexpr std::uint64_t longest_document = 512u << 20;  // AstroPix has all of its images in one

}  // namespace

std::string fetch_text(http::Fetcher& fetcher, const std::string& url) {
    std::string text = fetcher.fetch(url, longest_document).content;
    if (text.starts_with("\xef\xbb\xbf")) text.erase(0, 3);
    return text;
}

void refuse_feed(const std::string& url, const std::exception& why) {
    throw Error(Error::Kind::invalid, "the feed can't be read: " + http::shown_url(url) + ": " + why.what());
}

std::string setting(const Config& config, const std::string& key, const std::string& otherwise) {
    const auto found = config.source.find(key);
    return found == config.source.end() || found->second.empty() ? otherwise : found->second;
}

void drop_size_unless_checked(const Config& config, Candidate& candidate) {
    if (setting(config, "check_sizes") == "false") candidate.image_bytes.reset();
}

std::unique_ptr<Source> open_source(const Config& config, http::Fetcher& fetcher, Tell tell) {
    if (!tell) tell = [](const std::string&) {};
    if (config.source_type == "astropix") return open_astropix(config, fetcher);
    if (config.source_type == "djangoplicity") return open_djangoplicity(config, fetcher, std::move(tell));
    if (config.source_type == "data2dome") return open_data2dome(config, fetcher, std::move(tell));
    if (config.source_type == "folder") return open_folder(config);
    if (config.source_type == "urls") return open_urls(config, fetcher);
    throw Error(Error::Kind::invalid, "there is no source '" + config.source_type + "'");
}

}  // namespace atelier::pipelines::sky
