#include "pipelines/sky/place/feed_wcs.h"

#include <fmt/format.h>

#include <cmath>
#include <numbers>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "pipelines/sky/place/frame.h"

namespace atelier::pipelines::sky {

namespace {

struct Keys {
    const char *projection, *frame, *equinox, *value, *dimension, *pixel, *scale, *rotation;
};

constexpr Keys astropix{"wcs_projection",          "wcs_coordinate_frame", "wcs_equinox", "wcs_reference_value",
                        "wcs_reference_dimension", "wcs_reference_pixel",  "wcs_scale",   "wcs_rotation"};
constexpr Keys tags{
    "Spatial.CoordsystemProjection", "Spatial.CoordinateFrame", "Spatial.Equinox", "Spatial.ReferenceValue",
    "Spatial.ReferenceDimension",    "Spatial.ReferencePixel",  "Spatial.Scale",   "Spatial.Rotation"};

class Item {
public:
    explicit Item(const json::Value& value) {
        if (!value.is_object()) refuse_position("its description is no JSON object");
        object_ = &value.get_object();
    }

    std::string text(const char* key) const {
        const json::Value* value = find(key);
        if (value == nullptr) return {};
        if (value->is_string()) return std::string(trim(std::string_view(value->get_string())));
        if (value->is_number()) return fmt::format("{}", value->to_number<double>());
        refuse_position(fmt::format("{} is no text", key));
    }
    double number(const char* key, const char* what) const {
        const json::Value* value = find(key);
        if (value == nullptr) refuse_position(fmt::format("{} is missing", what), key);
        return number_in(*value, what, key);
    }
    // Two numbers; of a scale the second may be left open.
    std::pair<double, double> two(const char* key, const char* what, bool second_may_lack = false) const {
        const json::Value* value = find(key);
        if (value == nullptr) refuse_position(fmt::format("{} is missing", what), key);
        const json::Array* list = value->if_array();
        const bool lacks = list != nullptr && (list->size() == 1 || (list->size() == 2 && is_empty((*list)[1])));
        if (list == nullptr || list->empty() || list->size() > 2 || (lacks && !second_may_lack))
            refuse_position(fmt::format("{} has not two numbers", what), key);
        const double first = number_in((*list)[0], what, key);
        return {first, lacks ? std::abs(first) : number_in((*list)[1], what, key)};
    }

private:
    static bool is_empty(const json::Value& value) {
        return value.is_null() || (value.is_string() && trim(std::string_view(value.get_string())).empty());
    }
    const json::Value* find(const char* key) const {
        const json::Value* value = object_->if_contains(key);
        return value == nullptr || is_empty(*value) ? nullptr : value;
    }
    static double number_in(const json::Value& value, const char* what, const char* key) {
        if (value.is_number()) return value.to_number<double>();
        if (value.is_string())
            if (const auto number = parse_number(trim(std::string_view(value.get_string())))) return *number;
        refuse_position(fmt::format("{} is not a number", what), key);
    }

    const json::Object* object_;
};

// The reference may be a pixel's edge, counted from 0 or from 1.
bool is_inside(double pixel, double size) { return pixel >= -0.5 && pixel <= size + 1.5; }

Wcs wcs_of_item(const json::Value& value, const Keys& keys, int width, int height) {
    const Item item(value);
    check_spatial(item.text(keys.projection), item.text(keys.frame), item.text(keys.equinox));
    const auto [size1, size2] = item.two(keys.dimension, "the reference dimension");
    if (size1 < 1 || size2 < 1) refuse_position("the reference dimension is no size of an image");
    check_aspect(size1, size2, width, height);
    const auto [pixel1, pixel2] = item.two(keys.pixel, "the reference pixel");
    if (!is_inside(pixel1, size1) || !is_inside(pixel2, size2))
        refuse_position(
            fmt::format("the reference pixel lies outside the image: {}, {} in {} x {}", pixel1, pixel2, size1, size2),
            "Such positions are mostly wrong. One that is right can be given as a FITS header.");
    const auto [scale1, scale2] = item.two(keys.scale, "the scale", true);
    if (scale1 == 0 || scale2 == 0) refuse_position("the scale is 0");
    const double turn = item.number(keys.rotation, "the rotation") * std::numbers::pi / 180;

    const double factor1 = width / size1, factor2 = height / size2;
    const double ratio = scale2 / scale1;
    Wcs wcs;
    std::tie(wcs.crval1, wcs.crval2) = item.two(keys.value, "the reference value");
    wcs.crpix1 = (pixel1 - 0.5) * factor1 + 0.5;
    wcs.crpix2 = height + 1 - ((pixel2 - 0.5) * factor2 + 0.5);
    wcs.cd11 = scale1 / factor1 * std::cos(turn);
    wcs.cd12 = scale1 / factor1 * ratio * std::sin(turn);
    wcs.cd21 = scale2 / factor2 * std::sin(turn) / ratio;
    wcs.cd22 = -scale2 / factor2 * std::cos(turn);
    wcs.width = width;
    wcs.height = height;
    check_wcs(wcs);
    return wcs;
}

}  // namespace

Wcs wcs_of_astropix(const json::Value& item, int width, int height) {
    return wcs_of_item(item, astropix, width, height);
}

Wcs wcs_of_djangoplicity(const json::Value& item, int width, int height) {
    return wcs_of_item(item, tags, width, height);
}

}  // namespace atelier::pipelines::sky
