#include "pipelines/sky/place/outline.h"

#include <gtest/gtest.h>

#include <cmath>

namespace atelier::pipelines::sky {
namespace {

// A degree wide, half of one high; the top points `turn` degrees to the right of north.
Wcs turned(double turn) {
    const double angle = turn / 180 * 3.14159265358979;
    Wcs wcs;
    wcs.crval1 = 83.75;
    wcs.crval2 = -5.5;
    wcs.crpix1 = 500.5;
    wcs.crpix2 = 250.5;
    wcs.cd11 = -1e-3 * std::cos(angle);
    wcs.cd12 = 1e-3 * std::sin(angle);
    wcs.cd21 = -1e-3 * std::sin(angle);
    wcs.cd22 = -1e-3 * std::cos(angle);
    return wcs;
}

TEST(Outline, TellsCentreCornersAndNorth) {
    const Outline outline = outline_of(turned(0), 1000, 500);
    EXPECT_NEAR(outline.centre.ra, 83.75, 1e-9);
    EXPECT_NEAR(outline.centre.dec, -5.5, 1e-9);
    EXPECT_EQ(outline.constellation, "ORI");
    EXPECT_NEAR(outline.width, 1, 1e-9);
    EXPECT_NEAR(outline.height, 0.5, 1e-9);
    EXPECT_NEAR(outline.north, 0, 1e-9);
    EXPECT_FALSE(outline.mirrored);
    // East is on the left, and north is up.
    EXPECT_GT(outline.corners[0].ra, outline.corners[1].ra);
    EXPECT_GT(outline.corners[0].dec, outline.corners[3].dec);
}

// Going from the middle the way that `north` says, the declination grows and the right ascension stays.
TEST(Outline, NorthIsWhereTheDeclinationGrows) {
    for (const double turn : {-170.0, -90.0, -30.0, 45.0, 120.0}) {
        for (const bool mirrored : {false, true}) {
            const Wcs wcs = mirrored ? turned(turn).flipped(500) : turned(turn);
            const Outline outline = outline_of(wcs, 1000, 500);
            EXPECT_EQ(outline.mirrored, mirrored);
            const double angle = outline.north / 180 * 3.14159265358979;
            const SkyPoint there = wcs.at(500.5 - 10 * std::sin(angle), 250.5 - 10 * std::cos(angle));
            EXPECT_NEAR(there.dec - outline.centre.dec, 0.01, 1e-6) << turn;
            EXPECT_NEAR(there.ra, outline.centre.ra, 1e-6) << turn;
        }
    }
}

TEST(Outline, IsToldLineByLine) {
    const auto lines = outline_lines(outline_of(turned(0), 1000, 500));
    ASSERT_EQ(lines.size(), 8u);
    EXPECT_EQ(lines[0], "centre:      05h 35m 00.00s −05° 30′ 00.0″ (83.75000, -5.50000), in ORI");
}

}  // namespace
}  // namespace atelier::pipelines::sky
