// URLs of a collection made absolute: as browsers join them.
#include <utility>

#include "pipelines/sky/place/wtml.h"

namespace atelier::pipelines::sky {

namespace {

struct Url {
    std::string scheme;     // with its colon
    std::string authority;  // with both slashes
    std::string path;
    std::string tail;  // the query and the fragment
};

bool is_scheme(std::string_view text) {
    const auto is_letter = [](char letter) { return (letter | 0x20) >= 'a' && (letter | 0x20) <= 'z'; };
    if (text.empty() || !is_letter(text.front())) return false;
    for (const char letter : text)
        if (!is_letter(letter) && !(letter >= '0' && letter <= '9') && letter != '+' && letter != '-' && letter != '.')
            return false;
    return true;
}

Url split_url(std::string_view text) {
    Url url;
    const std::size_t colon = text.find(':');
    if (colon != std::string_view::npos && is_scheme(text.substr(0, colon))) {
        url.scheme = text.substr(0, colon + 1);
        text.remove_prefix(colon + 1);
    }
    if (text.starts_with("//")) {
        const std::size_t end = std::min(text.find_first_of("/?#", 2), text.size());
        url.authority = text.substr(0, end);
        text.remove_prefix(end);
    }
    const std::size_t end = std::min(text.find_first_of("?#"), text.size());
    url.path = text.substr(0, end);
    url.tail = text.substr(end);
    return url;
}

// "." and ".." followed, and never above the root.
std::string without_dots(std::string_view path) {
    std::vector<std::string_view> parts;
    const bool absolute = path.starts_with('/');
    if (absolute) path.remove_prefix(1);
    for (;;) {
        const std::size_t slash = path.find('/');
        const std::string_view part = path.substr(0, slash);
        const bool last = slash == std::string_view::npos;
        if (part == "..") {
            if (!parts.empty()) parts.pop_back();
        } else if (part != ".") {
            parts.push_back(part);
        }
        if (last) {
            if (part == "." || part == "..") parts.emplace_back();
            break;
        }
        path.remove_prefix(slash + 1);
    }
    std::string result = absolute ? "/" : "";
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (i > 0) result += '/';
        result += parts[i];
    }
    return result;
}

std::string joined(const Url& base, const std::string& text) {
    const Url url = split_url(text);
    if (text.empty() || !url.scheme.empty() || !url.authority.empty()) return text;
    const std::string before = base.scheme + base.authority;
    if (url.path.empty()) return before + base.path + url.tail;
    if (url.path.starts_with('/')) return before + without_dots(url.path) + url.tail;
    return before + without_dots(base.path.substr(0, base.path.rfind('/') + 1) + url.path) + url.tail;
}

void join_others(const Url& base, std::map<std::string, std::string>& others) {
    for (const char* name : {"Url", "DemUrl"})
        if (const auto found = others.find(name); found != others.end()) found->second = joined(base, found->second);
}

void join(const Url& base, ImageSet& image) {
    for (std::string* url : {&image.url, &image.credits_url, &image.thumbnail_url})
        *url = joined(base, *url);
    join_others(base, image.others);
}

}  // namespace

void make_absolute(WtmlFolder& folder, std::string_view prefix, std::string_view id) {
    std::string text(prefix);
    if (!text.ends_with('/')) text += '/';
    const Url base = split_url(text.append(id) + "/");
    folder.thumbnail = joined(base, folder.thumbnail);
    join_others(base, folder.others);
    for (Place& place : folder.places) {
        place.thumbnail = joined(base, place.thumbnail);
        join_others(base, place.others);
        join(base, place.image);
    }
    for (ImageSet& image : folder.images)
        join(base, image);
}

}  // namespace atelier::pipelines::sky
