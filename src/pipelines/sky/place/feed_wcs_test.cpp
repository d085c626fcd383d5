#include "pipelines/sky/place/feed_wcs.h"

#include <gtest/gtest.h>

#include <functional>

#include "base/error.h"
#include "base/testing.h"
#include "pipelines/sky/fits/testing_sky.h"
#include "pipelines/sky/place/position.h"
#include "pipelines/sky/place/testing_place.h"

namespace atelier::pipelines::sky {
namespace {

using testing_support::error_of;

TEST(FeedWcs, IsThatOfTheTable) {
    ATELIER_NEED_SKY_DATA();
    const auto table = sky_table("astropix_to_wcs");
    ASSERT_GT(table.as_array().size(), 50u);
    for (const auto& row : table.as_array()) {
        const int width = row.at("width").to_number<int>(), height = row.at("height").to_number<int>();
        const Wcs wcs = wcs_of_astropix(row.at("json"), width, height);
        expect_same(wcs, row.at("headers"));
        expect_same(wcs_of_djangoplicity(row.at("djangoplicity_json"), width, height), row.at("djangoplicity_headers"));
        Place place;
        const auto put = [&] { position(wcs, width, height, row.at("tile_levels").to_number<int>(), place); };
        if (row.as_object().contains("error")) {
            EXPECT_EQ(error_of(put).kind(), Error::Kind::invalid);
            continue;
        }
        put();
        expect_near(place.image.offset_x, row.at("imageset").at("offset_x"));
        expect_near(place.image.offset_y, row.at("imageset").at("offset_y"));
        expect_near(place.image.rotation, row.at("imageset").at("rotation_deg"));
        expect_near(place.ra, row.at("place").at("ra_hr"));
        expect_near(place.dec, row.at("place").at("dec_deg"));
    }
}

json::Object good() {
    return json::parse(R"({"Spatial.CoordsystemProjection": "TAN", "Spatial.CoordinateFrame": "ICRS",
        "Spatial.Equinox": "J2000", "Spatial.ReferenceValue": [10.5, " -20 "], "Spatial.ReferenceDimension": [200, 100],
        "Spatial.ReferencePixel": ["100", "50"], "Spatial.Scale": [-1e-4, "1e-4"], "Spatial.Rotation": 0})")
        .as_object();
}

std::string reason(const char* key, json::Value value) {
    json::Object item = good();
    item[key] = std::move(value);
    return error_of([&] { wcs_of_djangoplicity(item, 100, 50); }).what();
}

TEST(FeedWcs, NumbersMayBeTextsAndTheImageSmaller) {
    const Wcs wcs = wcs_of_djangoplicity(good(), 100, 50);
    EXPECT_EQ(wcs.crval2, -20);
    EXPECT_EQ(wcs.crpix1, 50.25);
    EXPECT_DOUBLE_EQ(wcs.cd11, -2e-4);
    EXPECT_DOUBLE_EQ(wcs.cd22, -2e-4);
    EXPECT_TRUE(wcs.top_down());
    json::Object item = good();
    item["Spatial.Scale"] = json::Array{-1e-4};
    EXPECT_EQ(wcs_of_djangoplicity(item, 100, 50).cd22, wcs.cd22);
}

TEST(FeedWcs, WhatCannotBePlacedIsToldInWords) {
    EXPECT_EQ(reason("Spatial.CoordsystemProjection", "SIN"), "projection SIN is not supported");
    EXPECT_EQ(reason("Spatial.CoordsystemProjection", nullptr), "the projection is missing");
    EXPECT_EQ(reason("Spatial.CoordinateFrame", "GAL"), "the coordinate frame GAL is not supported");
    EXPECT_EQ(reason("Spatial.Equinox", "soon"), "the equinox soon is not known");
    EXPECT_EQ(reason("Spatial.ReferencePixel", json::Array{-30, 4}),
              "the reference pixel lies outside the image: -30, 4 in 200 x 100");
    EXPECT_EQ(reason("Spatial.ReferencePixel", json::Array{4}), "the reference pixel has not two numbers");
    EXPECT_EQ(reason("Spatial.ReferencePixel", json::Array{4, 5, 6}), "the reference pixel has not two numbers");
    EXPECT_EQ(reason("Spatial.ReferencePixel", json::Array{4, ""}), "the reference pixel has not two numbers");
    EXPECT_EQ(reason("Spatial.ReferencePixel", json::Array{}), "the reference pixel has not two numbers");
    EXPECT_EQ(reason("Spatial.ReferenceValue", json::Array{"x", 5}), "the reference value is not a number");
    EXPECT_EQ(reason("Spatial.ReferenceValue", json::Array{json::Object{}, 5}), "the reference value is not a number");
    EXPECT_EQ(reason("Spatial.ReferenceValue", "1 2"), "the reference value has not two numbers");
    EXPECT_EQ(reason("Spatial.ReferenceValue", json::Array{5, 91}), "the declination 91 lies beyond the pole");
    EXPECT_EQ(reason("Spatial.Scale", json::Array{0, 1}), "the scale is 0");
    EXPECT_EQ(reason("Spatial.Scale", json::Array{"nan", 1}), "the scale is not a number");
    EXPECT_EQ(reason("Spatial.Rotation", ""), "the rotation is missing");
    EXPECT_EQ(reason("Spatial.ReferenceDimension", json::Array{0, 0}),
              "the reference dimension is no size of an image");
    EXPECT_EQ(reason("Spatial.ReferenceDimension", json::Array{200, 120}),
              "the position is that of an image of 200 x 120 pixels, and this one, 100 x 50, has another shape");
    EXPECT_EQ(std::string(error_of([] { wcs_of_astropix(json::Array{}, 1, 1); }).what()),
              "its description is no JSON object");
}

}  // namespace
}  // namespace atelier::pipelines::sky
