#include "pipelines/sky/pyramid/top_tile.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "base/files.h"
#include "pipelines/sky/pixels/thumbnail.h"

namespace atelier::pipelines::sky {
namespace {

TilePixels tile_of(std::vector<float> numbers) {
    numbers.resize(std::size_t{tile_side} * tile_side, std::numeric_limits<float>::quiet_NaN());
    TilePixels tile;
    tile.mode = Mode::f32;
    tile.bytes.resize(numbers.size() * sizeof(float));
    std::memcpy(tile.bytes.data(), numbers.data(), tile.bytes.size());
    return tile;
}

TEST(TopTile, CutsLieBetweenTheOutermost) {
    std::vector<float> numbers;
    for (int i = 200; i >= 0; --i)
        numbers.push_back(static_cast<float>(i));
    const auto cuts = cuts_of(tile_of(numbers));
    ASSERT_TRUE(cuts.has_value());
    EXPECT_DOUBLE_EQ(cuts->low, 1);
    EXPECT_DOUBLE_EQ(cuts->high, 199);
    EXPECT_DOUBLE_EQ(cuts_of(tile_of({0, 1}))->low, 0.005);
    EXPECT_EQ(cuts_of(tile_of({7, std::numeric_limits<float>::infinity()}))->high, 7);
    EXPECT_FALSE(cuts_of(tile_of({})).has_value());
    EXPECT_FALSE(cuts_of({}).has_value());
}

TEST(TopTile, OfASpotTheFirstThatShowsEnoughOfIt) {
    const TemporaryFolder place;
    TileFolder folder(place.path(), {.format = TileFormat::fits});
    EXPECT_FALSE(telling_tile(folder).has_value());
    folder.write({0, 0, 0}, tile_of({1}));
    folder.write({1, 1, 0}, tile_of({1, 2}));
    folder.write({1, 0, 1}, tile_of({1, 2, 3}));
    folder.write({2, 1, 2}, tile_of(std::vector<float>(5000, 7)));
    folder.write({3, 2, 4}, tile_of(std::vector<float>(6000, 8)));
    folder.finish();
    EXPECT_EQ(cuts_of(*telling_tile(folder))->high, 7);
}

TEST(TopTile, HasAThumbnailOfItsPart) {
    const TilePixels tile = tile_of({1, 2, 3});
    const std::string jpeg = thumbnail_of(tile, {.left = 0, .top = 0, .width = 192, .height = 90}, {1, 3});
    EXPECT_TRUE(jpeg.starts_with("\xFF\xD8"));
    EXPECT_NE(jpeg, placeholder_thumbnail());
    EXPECT_FALSE(thumbnail_of(tile, {.left = 255, .top = 255, .width = 1, .height = 1}, {2, 2}).empty());
}

}  // namespace
}  // namespace atelier::pipelines::sky
