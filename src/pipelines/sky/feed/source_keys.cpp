#include "pipelines/sky/feed/source_keys.h"

#include "base/text.h"
#include "pipelines/sky/feed/item.h"

namespace atelier::pipelines::sky {

namespace {

using Kind = SourceKey::Kind;

constexpr SourceKey check_sizes{"check_sizes", Kind::truth};

constexpr SourceKey astropix_keys[] = {{"json_query_url", Kind::address, true}, check_sizes};
constexpr SourceKey djangoplicity_keys[] = {{"base_url", Kind::address, true},
                                            {"channel_name", Kind::text, true},
                                            {"search_page_name", Kind::text},
                                            {"force_insecure_tls", Kind::truth},
                                            check_sizes};
constexpr SourceKey data2dome_keys[] = {
    {"feed_url", Kind::address, true}, {"channel_name", Kind::text}, {"since", Kind::date},
    {"count", Kind::number},           {"most", Kind::number},       check_sizes};
constexpr SourceKey folder_keys[] = {{"path", Kind::text, true}, {"prefix", Kind::text}};
constexpr SourceKey urls_keys[] = {
    {"list", Kind::address_or_path}, {"images", Kind::text}, {"prefix", Kind::text}, check_sizes};

constexpr SourceKeys all[] = {{"astropix", astropix_keys},
                              {"djangoplicity", djangoplicity_keys},
                              {"data2dome", data2dome_keys},
                              {"folder", folder_keys},
                              {"urls", urls_keys}};

bool is_address(std::string_view text) { return text.starts_with("http://") || text.starts_with("https://"); }

}  // namespace

std::span<const SourceKeys> sources() { return all; }

std::string wrong_with(const SourceKey& key, const std::string& value) {
    switch (key.kind) {
        case Kind::text: return {};
        case Kind::address: return is_address(value) ? "" : "an address is expected: http:// or https://";
        case Kind::address_or_path:
            return value.find("://") == std::string::npos || is_address(value) ? ""
                                                                               : "an address or a path is expected";
        case Kind::number: {
            const auto number = parse_int(value);
            return number && *number > 0 ? "" : "a number above 0 is expected";
        }
        case Kind::truth: return value == "true" || value == "false" ? "" : "true or false is expected";
        case Kind::date: return instant_of(value) ? "" : "a date is expected, such as 2024-01-31";
    }
    return {};
}

}  // namespace atelier::pipelines::sky
