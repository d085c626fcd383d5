#include "pipelines/sky/feed/placing.h"

#include <algorithm>

#include "pipelines/sky/feed/item.h"
#include "pipelines/sky/place/feed_wcs.h"

namespace atelier::pipelines::sky {

namespace {

constexpr double largest_side = 1e9;

int side_of(double told) { return static_cast<int>(std::clamp(told, 1.0, largest_side)); }

}  // namespace

std::string reason_of(const Error& error) {
    return error.what() + (error.hint().empty() ? std::string() : " (" + error.hint() + ")");
}

std::string reason_against_position(const json::Value& item, std::string_view dimension_key,
                                    Wcs (*position)(const json::Value&, int, int)) {
    const auto told = numbers_at(item, dimension_key);
    const bool is_size = told.size() == 2;
    try {
        position(item, is_size ? side_of(told[0]) : 1, is_size ? side_of(told[1]) : 1);
    } catch (const Error& error) {
        return reason_of(error);
    }
    return {};
}

std::string reason_against_tags(const json::Value& item) {
    if (find(item, "Spatial.CoordsystemProjection") == nullptr && find(item, "Spatial.ReferenceValue") == nullptr)
        return "image does not have full WCS";
    return reason_against_position(item, "Spatial.ReferenceDimension", wcs_of_djangoplicity);
}

}  // namespace atelier::pipelines::sky
