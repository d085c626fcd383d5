#include "pipelines/sky/pyramid/healpix.h"

#include <cmath>
#include <set>

#include "base/testing.h"
#include "pipelines/sky/pyramid/testing_tables.h"

namespace atelier::pipelines::sky {
namespace {

TEST(Healpix, PixelsAreThoseOfTheTable) {
    ATELIER_NEED_SKY_DATA();
    int points = 0;
    for (const auto& row : exact_rows("healpix")) {
        const auto nside = whole(row.at("nside"));
        const auto order = row.at("nest").as_bool() ? HealpixOrder::nested : HealpixOrder::ring;
        const HealpixSampler sampler(nside, order, row.at("coord").as_string() == "G" ? Frame::galactic : Frame::icrs);
        Directions directions;
        std::vector<LonLat> positions;
        std::vector<std::int64_t> expected, together;
        for (const auto& point : row.at("points").as_array()) {
            const LonLat at{real(point.at(0)), real(point.at(1))};
            expected.push_back(whole(point.at(2)));
            EXPECT_EQ(sampler.at(at), expected.back()) << nside << " " << point;
            positions.push_back(at);
            directions.x.push_back(2 * std::cos(at.lat) * std::cos(at.lon));
            directions.y.push_back(2 * std::cos(at.lat) * std::sin(at.lon));
            directions.z.push_back(2 * std::sin(at.lat));
            ++points;
        }
        sampler.at(
            directions, [&](std::size_t i) { return positions[i]; }, together);
        EXPECT_EQ(together, expected);
    }
    EXPECT_GT(points, 500);
}

TEST(Healpix, CentresAreInTheirPixels) {
    for (const std::int64_t nside : {1, 2, 8, 64}) {
        for (std::int64_t pixel = 0; pixel < 12 * nside * nside; ++pixel) {
            const FacePixel at = face_pixel(nside, pixel);
            ASSERT_EQ(nested_number(nside, at), pixel);
            const auto n = static_cast<double>(nside);
            const auto [x, y, z] =
                face_direction(at.face, (static_cast<double>(at.x) + 0.5) / n, (static_cast<double>(at.y) + 0.5) / n);
            ASSERT_NEAR(x * x + y * y + z * z, 1, 1e-14);
            ASSERT_EQ(healpix_pixel(nside, HealpixOrder::nested, {std::atan2(y, x), std::atan2(z, std::hypot(x, y))}),
                      pixel);
        }
    }
}

TEST(Healpix, RingAndNestedNumberTheSamePixels) {
    const std::int64_t nside = 16;
    std::set<std::int64_t> rings;
    for (std::int64_t pixel = 0; pixel < 12 * nside * nside; ++pixel) {
        const FacePixel at = face_pixel(nside, pixel);
        const auto [x, y, z] =
            face_direction(at.face, (static_cast<double>(at.x) + 0.5) / 16, (static_cast<double>(at.y) + 0.5) / 16);
        rings.insert(healpix_pixel(nside, HealpixOrder::ring, {std::atan2(y, x), std::asin(z)}));
    }
    EXPECT_EQ(rings.size(), 12u * 16 * 16);
    EXPECT_EQ(*rings.begin(), 0);
    EXPECT_EQ(*rings.rbegin(), 12 * 16 * 16 - 1);
}

TEST(Healpix, FacesMeetAtThePoles) {
    for (int face = 0; face < 4; ++face) {
        EXPECT_NEAR(face_direction(face, 1, 1)[2], 1, 1e-15);
        EXPECT_NEAR(face_direction(face + 8, 0, 0)[2], -1, 1e-15);
        EXPECT_NEAR(face_direction(face + 4, 0.5, 0.5)[2], 0, 1e-15);
    }
    EXPECT_GE(healpix_pixel(4, HealpixOrder::nested, {0, std::acos(-1.0) / 2}), 0);
    EXPECT_LT(healpix_pixel(4, HealpixOrder::ring, {-1e-17, -std::acos(-1.0) / 2}), 12 * 16);
}

TEST(Healpix, OddSidesAreForRingsAlone) {
    EXPECT_NO_THROW(check_nside(3, HealpixOrder::ring));
    EXPECT_EQ(testing_support::error_of([] { check_nside(3, HealpixOrder::nested); }).kind(), Error::Kind::invalid);
    EXPECT_EQ(testing_support::error_of([] { check_nside(0, HealpixOrder::ring); }).kind(), Error::Kind::invalid);
    EXPECT_EQ(testing_support::error_of([] { check_nside(-4, HealpixOrder::nested); }).kind(), Error::Kind::invalid);
}

}  // namespace
}  // namespace atelier::pipelines::sky
