#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "store/repository.h"

namespace atelier::store {

std::string content_type_of(const std::filesystem::path& file) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 21> types{{
        {".png", "image/png"},
        {".jpg", "image/jpeg"},
        {".jpeg", "image/jpeg"},
        {".webp", "image/webp"},
        {".gif", "image/gif"},
        {".tif", "image/tiff"},
        {".tiff", "image/tiff"},
        {".svg", "image/svg+xml"},
        {".fits", "image/fits"},
        {".fit", "image/fits"},
        {".wtml", "application/x-wtml+xml"},
        {".xml", "application/xml"},
        {".dzi", "application/xml"},
        {".json", "application/json"},
        {".html", "text/html; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".txt", "text/plain; charset=utf-8"},
        {".flag", "text/plain; charset=utf-8"},
        {".yaml", "application/yaml"},
        {".mp4", "video/mp4"},
    }};
    const std::string extension = lower(file.extension().string());
    const auto found =
        std::find_if(types.begin(), types.end(), [&](const auto& one) { return one.first == extension; });
    return std::string(found == types.end() ? "application/octet-stream" : found->second);
}

}  // namespace atelier::store
