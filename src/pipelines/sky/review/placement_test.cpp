#include "pipelines/sky/review/placement.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "pipelines/sky/place/position.h"
#include "pipelines/sky/place/sexagesimal.h"

namespace atelier::pipelines::sky {
namespace {

constexpr double radian = std::numbers::pi / 180;
constexpr double tiny = 1e-9;  // degrees

// A picture whose up is turned by `rotation` (degrees) from north towards east, as people rotate cameras.
Wcs turned(double rotation, double scale, int width, int height, double ra = 83.6, double dec = 22) {
    const double c = std::cos(rotation * radian) * scale, s = std::sin(rotation * radian) * scale;
    Wcs wcs;
    wcs.crval1 = ra;
    wcs.crval2 = dec;
    wcs.crpix1 = width * 0.3;
    wcs.crpix2 = height * 0.6;
    wcs.cd11 = -c;
    wcs.cd12 = -s;
    wcs.cd21 = s;
    wcs.cd22 = -c;
    wcs.width = width;
    wcs.height = height;
    return wcs;
}

int levels_of(int size) {
    int levels = 0;
    while (256 << levels < size)
        ++levels;
    return levels;
}

void expect_same(const SkyPoint& one, const SkyPoint& other) {
    EXPECT_NEAR(std::remainder(one.ra - other.ra, 360), 0, tiny);
    EXPECT_NEAR(one.dec, other.dec, tiny);
}

// What is told to WorldWide Telescope, read back from what it was told: the same corners, whatever the picture.
TEST(Placement, IsThePositionThatTheImageWasGiven) {
    struct Case {
        double rotation, ra, dec;
        int width, height;
    };
    const Case cases[] = {{0, 83.6, 22, 1024, 1024},   {33.3, 266.4, -29, 701, 520}, {-141, 0.01, 5, 2166, 2129},
                          {90, 359.99, -60, 257, 999}, {12, 10, 89.9, 640, 480},     {180, 180, 0, 300, 200}};
    for (const Case& one : cases)
        for (const int levels : {0, levels_of(std::max(one.width, one.height))}) {
            const Wcs wcs = turned(one.rotation, 0.3 / 3600, one.width, one.height, one.ra, one.dec);
            Place place;
            position(wcs, one.width, one.height, levels, place);
            const auto placement = placement_of(place.image, one.width, one.height);
            ASSERT_TRUE(placement);
            const double right = one.width + 0.5, bottom = one.height + 0.5;
            expect_same(placement->corners[0], wcs.at(0.5, 0.5));
            expect_same(placement->corners[1], wcs.at(right, 0.5));
            expect_same(placement->corners[2], wcs.at(right, bottom));
            expect_same(placement->corners[3], wcs.at(0.5, bottom));
            expect_same(placement->centre, {place.ra * 15, place.dec});
            EXPECT_NEAR(placement->reference_x, wcs.crpix1, 1e-6);
            EXPECT_NEAR(placement->reference_y, wcs.crpix2, 1e-6);
            EXPECT_NEAR(placement->scale * 3600, 0.3, 1e-5);
            EXPECT_FALSE(placement->bottom_up);
        }
}

TEST(Placement, NorthAndEastPointWhereTheyLie) {
    for (const double rotation : {0.0, 30.0, 90.0, 200.0}) {
        const Wcs wcs = turned(rotation, 1.0 / 3600, 800, 600, 120, 10);
        Place place;
        position(wcs, 800, 600, 2, place);
        const auto placement = placement_of(place.image, 800, 600);
        ASSERT_TRUE(placement);
        // A step towards north from the centre raises the declination, and nothing else.
        const double angle = placement->north * radian, x = 400.5, y = 300.5;
        const SkyPoint here = wcs.at(x, y), there = wcs.at(x + std::sin(angle), y - std::cos(angle));
        EXPECT_NEAR((there.dec - here.dec) * 3600, 1, 1e-4);
        EXPECT_NEAR((there.ra - here.ra) * 3600, 0, 1e-3);
        // East is 90 degrees to the left of north, as the sky is seen from inside.
        EXPECT_NEAR(std::remainder(placement->north - placement->east - 90, 360), 0, 1e-3);
    }
}

TEST(Placement, TheParityOfFitsIsSeen) {
    const Wcs wcs = turned(25, 1.0 / 3600, 200, 100).flipped(100);
    ASSERT_FALSE(wcs.top_down());
    Place place;
    position(wcs, 200, 100, 0, place);
    const auto placement = placement_of(place.image, 200, 100);
    ASSERT_TRUE(placement);
    EXPECT_TRUE(placement->bottom_up);
    EXPECT_NEAR(std::remainder(placement->north - placement->east + 90, 360), 0, 1e-3);
    expect_same(placement->corners[0], wcs.at(0.5, 0.5));
}

TEST(Placement, WhatMakesNoSenseHasNone) {
    Place place;
    position(turned(0, 0.001, 300, 300), 300, 300, 1, place);
    ASSERT_TRUE(placement_of(place.image, 300, 300));
    const auto without = [&](auto change) {
        ImageSet image = place.image;
        change(image);
        return !placement_of(image, 300, 300);
    };
    EXPECT_FALSE(placement_of(place.image, 0, 300));
    EXPECT_FALSE(placement_of(place.image, 300, -1));
    EXPECT_TRUE(without([](ImageSet& image) { image.projection = "Toast"; }));
    EXPECT_TRUE(without([](ImageSet& image) { image.data_set_type = "Planet"; }));
    EXPECT_TRUE(without([](ImageSet& image) { image.base_degrees_per_tile = 0; }));
    EXPECT_TRUE(without([](ImageSet& image) { image.base_degrees_per_tile = std::nan(""); }));
    EXPECT_TRUE(without([](ImageSet& image) { image.tile_levels = 1000; }));
    EXPECT_TRUE(without([](ImageSet& image) { image.center_y = 91; }));
}

TEST(Placement, NowhereIsTold) {
    Place place;
    position_nowhere(3, place);
    EXPECT_TRUE(lies_nowhere(place.image));
    position(turned(0, 0.001, 300, 300), 300, 300, 1, place);
    EXPECT_FALSE(lies_nowhere(place.image));
}

}  // namespace
}  // namespace atelier::pipelines::sky
