// toasty-pipeline-config.yaml, at the root of a repository: which source, and how the collection is published. What is
// missing or wrong is named with line and column.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace atelier::pipelines::sky {

inline constexpr const char* config_name = "toasty-pipeline-config.yaml";

struct Config {
    std::string source_type;  // astropix, djangoplicity, data2dome, folder, urls
    std::string publish_url_prefix;
    std::string folder_name;
    std::string folder_thumbnail_url;
    std::map<std::string, std::string> source;  // the section of that name, checked by its source's table of keys
};

Config parse_config(std::string_view text, const std::filesystem::path& name_for_errors);

}  // namespace atelier::pipelines::sky
