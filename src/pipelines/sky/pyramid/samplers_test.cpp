#include "pipelines/sky/pyramid/samplers.h"

#include <cmath>
#include <random>

#include "base/testing.h"
#include "pipelines/sky/pyramid/testing_tables.h"

namespace atelier::pipelines::sky {
namespace {

Projection projection_in_table(const std::string& sampler) {
    if (sampler == "plate_carree") return Projection::sky;
    if (sampler == "plate_carree_galactic") return Projection::galactic;
    if (sampler == "plate_carree_ecliptic") return Projection::ecliptic;
    if (sampler == "plate_carree_planet") return Projection::planet;
    if (sampler == "plate_carree_planet_zeroleft") return Projection::planet_zero_left;
    EXPECT_EQ(sampler, "plate_carree_zeroright");
    return Projection::planet_zero_right;
}

Directions directions_of(const std::vector<LonLat>& points) {
    Directions result;
    for (const auto& at : points) {
        result.x.push_back(std::cos(at.lat) * std::cos(at.lon));
        result.y.push_back(std::cos(at.lat) * std::sin(at.lon));
        result.z.push_back(std::sin(at.lat));
    }
    return result;
}

TEST(Samplers, PixelsAreThoseOfTheTable) {
    ATELIER_NEED_SKY_DATA();
    int points = 0;
    for (const auto& row : exact_rows("samplers")) {
        const int width = whole(row.at("nx")), height = whole(row.at("ny"));
        const MapSampler sampler(projection_in_table(std::string(row.at("sampler").as_string())), width, height);
        std::vector<LonLat> positions;
        std::vector<std::uint32_t> expected;
        for (const auto& point : row.at("points").as_array()) {
            const auto& values = point.as_array();
            positions.push_back({real(values[0]), real(values[1])});
            expected.push_back(static_cast<std::uint32_t>(whole(values[3]) * width + whole(values[2])));
            EXPECT_EQ(sampler.at(positions.back()), expected.back()) << row.at("sampler") << " " << point;
        }
        std::vector<std::uint32_t> together;
        sampler.at(
            directions_of(positions), [&](std::size_t i) { return positions[i]; }, together);
        EXPECT_EQ(together, expected) << row.at("sampler");
        points += static_cast<int>(expected.size());
    }
    EXPECT_GT(points, 700);
}

TEST(Samplers, ManyAtOnceAreTheSameAsEach) {
    std::mt19937 random(7);
    std::uniform_real_distribution<double> lon(-7, 7), z(-1, 1);
    std::vector<LonLat> positions;
    for (int i = 0; i < 20000; ++i)
        positions.push_back({lon(random), std::asin(z(random))});
    for (const double corner : {0.0, 1.0, 2.0, 3.0, 4.0})  // on the borders, and at the poles
        for (const double lat : {-2.0, -1.0, 0.0, 1.0, 2.0})
            positions.push_back({corner * std::acos(-1.0) / 2, lat * std::acos(-1.0) / 4});
    const Directions directions = directions_of(positions);
    for (const auto& name : projection_names()) {
        for (const auto& [width, height] :
             {std::pair{8192, 4096}, std::pair{777, 333}, std::pair{1, 1}, std::pair{2, 1}}) {
            const MapSampler sampler(*projection_of(name), width, height);
            std::vector<std::uint32_t> together;
            sampler.at(
                directions, [&](std::size_t i) { return positions[i]; }, together);
            for (std::size_t i = 0; i < positions.size(); ++i)
                ASSERT_EQ(together[i], sampler.at(positions[i])) << name << " " << width << " " << i;
        }
    }
}

TEST(Samplers, ToastTilesAreTheSameBitForBit) {
    ToastGrid grid(tile_side);
    std::size_t asked = 0, pixels = 0;
    for (const auto& name : projection_names()) {
        const Projection projection = *projection_of(name);
        const MapSampler sampler(projection, 8192, 4096);
        for (const Tile at : {Tile{1, 0, 1}, Tile{3, 3, 4}, Tile{9, 255, 256}, Tile{6, 13, 63}}) {
            const ToastTile tile = toast_tile(at, is_planet(projection));
            std::vector<std::uint32_t> together;
            sampler.at(
                grid.pixels(tile),
                [&](std::size_t i) {
                    ++asked;
                    return toast_pixel(tile, tile_side, static_cast<int>(i % tile_side),
                                       static_cast<int>(i / tile_side));
                },
                together);
            for (int y = 0; y < tile_side; ++y)
                for (int x = y % 3; x < tile_side; x += 3)
                    ASSERT_EQ(together[static_cast<std::size_t>(y) * tile_side + x],
                              sampler.at(toast_pixel(tile, tile_side, x, y)))
                        << name << " " << at.level << " " << x << " " << y;
            pixels += together.size();
        }
    }
    EXPECT_LT(asked, pixels / 200);  // it is quick because few need a second look
    EXPECT_GT(asked, 0u);
}

TEST(Samplers, WithoutASecondLookFewPixelsDiffer) {
    ToastGrid grid(tile_side);
    std::size_t differing = 0, pixels = 0;
    for (const auto& name : projection_names()) {
        const Projection projection = *projection_of(name);
        const MapSampler sampler(projection, 8192, 4096);
        for (const Tile at : {Tile{2, 1, 1}, Tile{6, 13, 63}, Tile{6, 32, 31}, Tile{6, 5, 40}}) {
            const ToastTile tile = toast_tile(at, is_planet(projection));
            std::vector<std::uint32_t> exact, quick;
            sampler.at(
                grid.pixels(tile),
                [&](std::size_t i) {
                    return toast_pixel(tile, tile_side, static_cast<int>(i % tile_side),
                                       static_cast<int>(i / tile_side));
                },
                exact);
            sampler.at(grid.pixels(tile), {}, quick);
            for (std::size_t i = 0; i < exact.size(); ++i)
                differing += exact[i] != quick[i] ? 1 : 0;
            pixels += exact.size();
        }
    }
    EXPECT_LE(static_cast<double>(differing), 0.0003 * static_cast<double>(pixels));
}

TEST(Samplers, FramesTurnTheTableWay) {
    ATELIER_NEED_SKY_DATA();
    const auto table = exact_table("frames");
    for (const auto& [key, frame] : {std::pair{"icrs_to_galactic", Frame::galactic},
                                     std::pair{"icrs_to_barycentric_true_ecliptic_J2000", Frame::ecliptic}}) {
        Directions axes;
        axes.x = {1, 0, 0};
        axes.y = {0, 1, 0};
        axes.z = {0, 0, 1};
        from_icrs(axes, frame);
        for (int column = 0; column < 3; ++column) {
            EXPECT_EQ(axes.x[column], real(table.at(key).at(0).at(column)));
            EXPECT_EQ(axes.y[column], real(table.at(key).at(1).at(column)));
            EXPECT_EQ(axes.z[column], real(table.at(key).at(2).at(column)));
        }
    }
}

TEST(Samplers, FramesTurnBack) {
    for (const Frame frame : {Frame::icrs, Frame::galactic, Frame::ecliptic}) {
        Directions directions;
        directions.x = {0.6};
        directions.y = {-0.48};
        directions.z = {0.64};
        to_icrs(directions, frame);
        from_icrs(directions, frame);
        EXPECT_NEAR(directions.x[0], 0.6, 1e-14);
        EXPECT_NEAR(directions.y[0], -0.48, 1e-14);
        EXPECT_NEAR(directions.z[0], 0.64, 1e-14);
    }
}

TEST(Samplers, NamesGoBothWays) {
    EXPECT_EQ(projection_names().size(), 7u);
    EXPECT_EQ(projection_of("plate-carree-planet-zeroright"), Projection::planet_zero_right);
    EXPECT_FALSE(projection_of("plate-carree-"));
    EXPECT_EQ(data_set_of(Projection::panorama), "Panorama");
    EXPECT_FALSE(is_planet(Projection::panorama));
    EXPECT_EQ(data_set_of(Projection::planet_zero_left), "Planet");
}

TEST(Samplers, MapsWithoutPixelsAreRefused) {
    EXPECT_EQ(testing_support::error_of([] { MapSampler(Projection::sky, 0, 5); }).kind(), Error::Kind::invalid);
    EXPECT_EQ(testing_support::error_of([] { MapSampler(Projection::sky, 1 << 20, 1 << 20); }).kind(),
              Error::Kind::invalid);
}

}  // namespace
}  // namespace atelier::pipelines::sky
