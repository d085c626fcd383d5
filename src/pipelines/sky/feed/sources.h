// The sources, one function each, for open_source().
#pragma once

#include "pipelines/sky/feed/source.h"

namespace atelier::pipelines::sky {

using Tell = std::function<void(const std::string&)>;

std::unique_ptr<Source> open_astropix(const Config& config, http::Fetcher& fetcher);
std::unique_ptr<Source> open_djangoplicity(const Config& config, http::Fetcher& fetcher, Tell tell);
std::unique_ptr<Source> open_data2dome(const Config& config, http::Fetcher& fetcher, Tell tell);
std::unique_ptr<Source> open_folder(const Config& config);
std::unique_ptr<Source> open_urls(const Config& config, http::Fetcher& fetcher);

// A document of a feed; an Error about what is in it names its address.
std::string fetch_text(http::Fetcher& fetcher, const std::string& url);
[[noreturn]] void refuse_feed(const std::string& url, const std::exception& why);

// What a key of the source's section says; `otherwise` when it isn't there.
std::string setting(const Config& config, const std::string& key, const std::string& otherwise = {});
void drop_size_unless_checked(const Config& config, Candidate& candidate);

}  // namespace atelier::pipelines::sky
