#include "pipelines/sky/place/position.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/testing.h"
#include "pipelines/sky/fits/testing_sky.h"
#include "pipelines/sky/place/testing_place.h"

namespace atelier::pipelines::sky {
namespace {

using testing_support::error_of;

Wcs straight() {
    Wcs wcs;
    wcs.crval1 = 180;
    wcs.crval2 = 45;
    wcs.crpix1 = wcs.crpix2 = 500.5;
    wcs.cd11 = wcs.cd22 = -1e-4;
    return wcs;
}

TEST(Position, IsThatOfTheTable) {
    ATELIER_NEED_SKY_DATA();
    const auto table = sky_table("wcs_to_imageset");
    int placed = 0, refused = 0;
    for (const auto& row : table.as_array()) {
        const int width = row.at("width").to_number<int>(), height = row.at("height").to_number<int>();
        const int levels = row.at("tile_levels").to_number<int>();
        const bool toast = row.at("toast").as_bool();
        Place place;
        const auto run = [&] {
            const Wcs wcs = read_wcs(header_of(row.at("headers")));
            toast ? position_toast(wcs, width, height, levels, place) : position(wcs, width, height, levels, place);
        };
        if (row.as_object().contains("error")) {
            EXPECT_EQ(error_of(run).kind(), Error::Kind::invalid) << row.at("error").as_string();
            ++refused;
            continue;
        }
        run();
        const auto& image = row.at("imageset");
        EXPECT_EQ(place.image.projection, image.at("projection").as_string());
        EXPECT_EQ(place.image.bottoms_up, image.at("bottoms_up").as_bool());
        EXPECT_EQ(place.image.width_factor, image.at("width_factor").to_number<int>());
        expect_near(place.image.center_x, image.at("center_x"));
        expect_near(place.image.center_y, image.at("center_y"));
        expect_near(place.image.offset_x, image.at("offset_x"));
        expect_near(place.image.offset_y, image.at("offset_y"));
        expect_near(place.image.rotation, image.at("rotation_deg"));
        expect_near(place.image.base_degrees_per_tile, image.at("base_degrees_per_tile"));
        expect_near(place.ra, row.at("place").at("ra_hr"));
        expect_near(place.dec, row.at("place").at("dec_deg"));
        expect_near(place.zoom_level, row.at("place").at("zoom_level"));
        EXPECT_EQ(place.constellation, row.at("place").at("constellation").as_string());
        ++placed;
    }
    EXPECT_GT(placed, 100);
    EXPECT_GT(refused, 10);
}

TEST(Position, GoesBackToTheWcs) {
    ATELIER_NEED_SKY_DATA();
    const auto table = sky_table("skyimage_to_wcs");
    ASSERT_FALSE(table.as_array().empty());
    for (const auto& row : table.as_array()) {
        ImageSet image;
        image.center_x = row.at("center_x").to_number<double>();
        image.center_y = row.at("center_y").to_number<double>();
        image.rotation = row.at("rotation_deg").to_number<double>();
        image.bottoms_up = row.at("bottoms_up").as_bool();
        image.offset_x = row.at("offset_x").to_number<double>();
        image.offset_y = row.at("offset_y").to_number<double>();
        image.base_degrees_per_tile = row.at("base_degrees_per_tile").to_number<double>();
        expect_same(wcs_of_sky_image(image, row.at("height").to_number<int>()), row.at("headers"));
    }
}

TEST(Position, WhatCannotBeShownIsRefusedInWords) {
    Place place;
    const auto reason = [&](const Wcs& wcs, int levels) {
        return std::string(error_of([&] { position(wcs, 1000, 1000, levels, place); }).what());
    };
    Wcs wcs = straight();
    EXPECT_NO_THROW(position(wcs, 1000, 1000, 2, place));
    EXPECT_EQ(place.image.rotation, 0);
    EXPECT_NE(reason(straight().flipped(1000), 2).find("parity"), std::string::npos);
    EXPECT_NO_THROW(position(straight().flipped(1000), 1000, 1000, 0, place));
    wcs.cd11 *= 1.2;
    EXPECT_NE(reason(wcs, 2).find("square"), std::string::npos);
    wcs = straight();
    wcs.cd12 = 3e-5;
    EXPECT_NE(reason(wcs, 2).find("right angles"), std::string::npos);
    wcs = Wcs();
    EXPECT_NE(reason(wcs, 0).find("cover nothing"), std::string::npos);
    wcs = straight();
    wcs.crpix1 = std::nan("");
    EXPECT_NE(reason(wcs, 0).find("numbers"), std::string::npos);
    wcs = straight();
    wcs.crval2 = 90.001;
    EXPECT_NE(reason(wcs, 0).find("beyond the pole"), std::string::npos);
}

TEST(Position, WithoutAWcsItIsNowhereInParticular) {
    Place place;
    place.constellation = "ORI";
    place.image.offset_x = 4;
    position_nowhere(3, place);
    EXPECT_EQ(place.image.projection, "Tan");
    EXPECT_EQ(place.image.base_degrees_per_tile, 1);
    EXPECT_EQ(place.image.offset_x, 0);
    EXPECT_EQ(place.image.tile_levels, 3);
    EXPECT_EQ(place.zoom_level, 1);
    EXPECT_EQ(place.constellation, "");
}

TEST(Constellation, IsThatOfTheTableButNearBorders) {
    ATELIER_NEED_SKY_DATA();
    const auto table = sky_table("constellations");
    std::size_t others = 0;
    for (const auto& row : table.as_array())
        if (constellation_of(row.at(0).to_number<double>(), row.at(1).to_number<double>()) != row.at(2).as_string())
            ++others;
    EXPECT_GT(table.as_array().size(), 3000u);
    EXPECT_LE(others, table.as_array().size() * 3 / 1000) << others;
}

TEST(Constellation, TheBordersOfTheSky) {
    EXPECT_EQ(constellation_of(0, 90), "UMI");
    EXPECT_EQ(constellation_of(24, -90), "OCT");
    EXPECT_EQ(constellation_of(-18.5, -25), constellation_of(5.5, -25));
    EXPECT_EQ(constellation_of(5.55, -4.6), "ORI");
    EXPECT_EQ(constellation_of(15.58, 23.5), "SER1");
    EXPECT_EQ(constellation_of(18.3, -10), "SER2");
    EXPECT_EQ(constellation_of(std::nan(""), 5), "");
}

}  // namespace
}  // namespace atelier::pipelines::sky
