#include "pipelines/sky/place/sexagesimal.h"

#include <gtest/gtest.h>

namespace atelier::pipelines::sky {
namespace {

constexpr double tiny = 1e-9;

TEST(Sexagesimal, IsRoundedBeforeItIsTakenApart) {
    EXPECT_EQ(ra_text(0), "00h 00m 00.00s");
    EXPECT_EQ(ra_text(11.888), "00h 47m 33.12s");
    EXPECT_EQ(ra_text(359.99999999), "00h 00m 00.00s");
    EXPECT_EQ(ra_text(-15), "23h 00m 00.00s");
    EXPECT_EQ(ra_text(14.9999999), "01h 00m 00.00s");
    EXPECT_EQ(dec_text(-25.2888), "−25° 17′ 19.7″");
    EXPECT_EQ(dec_text(0), "+00° 00′ 00.0″");
    EXPECT_EQ(dec_text(-0.000001), "+00° 00′ 00.0″");
    EXPECT_EQ(dec_text(-0.5), "−00° 30′ 00.0″");
    EXPECT_EQ(dec_text(89.99999999), "+90° 00′ 00.0″");
}

TEST(Sexagesimal, AnglesHaveTheUnitThatSuitsThem) {
    EXPECT_EQ(angle_text(3.419), "3.42°");
    EXPECT_EQ(angle_text(0.5), "30.00′");
    EXPECT_EQ(angle_text(0.36 / 3600), "0.36″");
    EXPECT_EQ(angle_text(0), "0″");
}

TEST(Sexagesimal, SeparationIsThatOfAGreatCircle) {
    EXPECT_NEAR(separation(0, 0, 90, 0), 90, tiny);
    EXPECT_NEAR(separation(10, 90, 250, 90), 0, tiny);
    EXPECT_NEAR(separation(0, 45, 180, 45), 90, tiny);
    EXPECT_NEAR(separation(359.9, 0, 0.1, 0), 0.2, tiny);
    EXPECT_NEAR(separation(0, -90, 0, 90), 180, tiny);
}

}  // namespace
}  // namespace atelier::pipelines::sky
