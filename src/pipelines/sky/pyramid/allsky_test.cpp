#include "pipelines/sky/pyramid/allsky.h"

#include <cstring>

#include "base/hash.h"
#include "base/testing.h"
#include "pipelines/sky/pyramid/testing_tables.h"

namespace atelier::pipelines::sky {
namespace {

using testing_support::error_of;

// A map whose pixels tell their place: green and blue go along, red down.
class Numbered : public PixelRows {
public:
    Numbered(int width, int height, Mode mode = Mode::rgb) {
        width_ = width;
        height_ = height;
        mode_ = mode;
    }
    void read(std::byte* row) override {
        for (int x = 0; x < width_; ++x) {
            std::byte* pixel = row + static_cast<std::size_t>(x) * pixel_bytes(mode_);
            pixel[0] = static_cast<std::byte>(y_ & 0xff);
            pixel[1] = static_cast<std::byte>(x & 0xff);
            pixel[2] = static_cast<std::byte>(x >> 8);
            if (mode_ == Mode::rgba) pixel[3] = static_cast<std::byte>(y_ < height_ / 2 ? 255 : 0);
        }
        ++y_;
    }

private:
    int y_ = 0;
};

std::unique_ptr<SkySource> numbered(int width, int height, Mode mode = Mode::rgb) {
    Numbered rows(width, height, mode);
    return open_map(rows, Projection::sky);
}

std::vector<Tile> all_tiles(int depth) {
    std::vector<Tile> tiles;
    for (int level = 0; level <= depth; ++level)
        for (int y = 0; y < 1 << level; ++y)
            for (int x = 0; x < 1 << level; ++x)
                tiles.push_back({level, x, y});
    return tiles;
}

// With an alpha channel, so that it doesn't matter how a tile was stored.
std::string hash_of(const TilePixels& pixels) {
    Sha256 hash;
    const std::size_t size = pixel_bytes(pixels.mode);
    for (std::size_t at = 0; at < pixels.bytes.size(); at += size) {
        hash.update(&pixels.bytes[at], size);
        if (pixels.mode == Mode::rgb) hash.update("\xff");
    }
    return hash.finish().hex();
}

TEST(Allsky, DepthZeroIsOneTile) {
    const auto sky = numbered(256, 128);
    const TemporaryFolder place;
    TileFolder folder(place.path(), {});
    tile_allsky(*sky, {.depth = 0}, folder);
    const auto pixels = folder.read({});
    ASSERT_TRUE(pixels);
    ASSERT_EQ(pixels->mode, Mode::rgb);
    // The north pole is in the middle, the south pole in the corners.
    const auto down = [&](std::size_t x, std::size_t y) { return static_cast<int>(pixels->bytes[(y * 256 + x) * 3]); };
    for (const std::size_t at : {127u, 128u})
        EXPECT_LE(down(at, 128), 1);
    for (const std::size_t x : {0u, 255u})
        for (const std::size_t y : {0u, 255u})
            EXPECT_GE(down(x, y), 126);
    EXPECT_NEAR(down(128, 0), 64, 1);  // the equator
}

TEST(Allsky, BranchesAndTheirTopAreTheSameAsAll) {
    const auto sky = numbered(700, 350, Mode::rgba);
    const TemporaryFolder together, apart;
    TileFolder whole(together.path(), {}), parts(apart.path(), {});
    AllskyOptions options{.depth = 3, .threads = 3};
    tile_allsky(*sky, options, whole);
    for (int y = 0; y < 2; ++y)
        for (int x = 0; x < 2; ++x) {
            options.top = {1, x, y};
            tile_allsky(*sky, options, parts);
        }
    EXPECT_FALSE(parts.has({}));
    cascade(parts, 1, options.averaging);
    parts.finish();
    int empty = 0;
    for (const Tile& tile : all_tiles(3)) {
        const auto one = whole.read(tile), other = parts.read(tile);
        ASSERT_EQ(one.has_value(), other.has_value()) << tile.level << " " << tile.x << " " << tile.y;
        empty += one ? 0 : 1;
        if (one) {
            EXPECT_EQ(hash_of(*one), hash_of(*other)) << tile.level << " " << tile.x << " " << tile.y;
        }
    }
    EXPECT_GT(empty, 0);  // the south is transparent
}

TEST(Allsky, CascadeAfterwardsIsTheSameAsOnTheWay) {
    const auto sky = numbered(300, 200);
    for (const Averaging averaging : {Averaging::compatible, Averaging::true_colour}) {
        const TemporaryFolder at_once, in_turn;
        TileFolder one(at_once.path(), {}), other(in_turn.path(), {});
        tile_allsky(*sky, {.depth = 2, .averaging = averaging}, one);
        tile_allsky(*sky, {.depth = 2, .leaves_alone = true, .averaging = averaging}, other);
        EXPECT_FALSE(other.has({1, 0, 0}));
        cascade(other, 2, averaging);
        other.finish();
        for (const Tile& tile : all_tiles(2))
            EXPECT_EQ(hash_of(*one.read(tile)), hash_of(*other.read(tile)));
    }
}

TEST(Allsky, TilesOfAnEarlierRunThatAreEmptyNowGo) {
    const TemporaryFolder place;
    TileFolder folder(place.path(), {});
    tile_allsky(*numbered(64, 32), {.depth = 2}, folder);
    EXPECT_TRUE(folder.has({2, 0, 0}));
    tile_allsky(*numbered(64, 32, Mode::rgba), {.depth = 2}, folder);
    EXPECT_FALSE(folder.has({2, 0, 0}));
    EXPECT_TRUE(folder.has({2, 1, 1}));
}

TEST(Allsky, ProgressCountsEveryLeafOnce) {
    std::vector<std::uint64_t> made;
    const TemporaryFolder place;
    TileFolder folder(place.path(), {});
    tile_allsky(*numbered(64, 32),
                {.depth = 2,
                 .threads = 4,
                 .progress =
                     [&](std::uint64_t so_far, std::uint64_t of) {
                         EXPECT_EQ(of, 16u);
                         made.push_back(so_far);
                     }},
                folder);
    ASSERT_EQ(made.size(), 16u);
    for (std::size_t i = 0; i < made.size(); ++i)
        EXPECT_EQ(made[i], i + 1);
}

TEST(Allsky, FastDiffersInFewPixels) {
    const auto sky = numbered(8192, 4096);
    const TemporaryFolder exact_place, fast_place;
    TileFolder exact(exact_place.path(), {.effort = 0}), fast(fast_place.path(), {.effort = 0});
    std::size_t differing = 0, pixels = 0;
    for (const Tile top : {Tile{4, 8, 8}, Tile{4, 11, 11}, Tile{4, 0, 15}}) {
        tile_allsky(*sky, {.depth = 6, .leaves_alone = true, .top = top}, exact);
        tile_allsky(*sky, {.depth = 6, .fast = true, .leaves_alone = true, .top = top}, fast);
        for (int i = 0; i < 16; ++i) {
            const Tile tile{6, 4 * top.x + i % 4, 4 * top.y + i / 4};
            const auto one = exact.read(tile), other = fast.read(tile);
            ASSERT_EQ(one->mode, Mode::rgb);
            for (std::size_t at = 0; at < one->bytes.size(); at += 3, ++pixels)
                differing += std::memcmp(&one->bytes[at], &other->bytes[at], 3) != 0 ? 1 : 0;
        }
    }
    EXPECT_GT(differing, 0u);
    EXPECT_LE(static_cast<double>(differing), 0.0003 * static_cast<double>(pixels));
}

TEST(Allsky, ImpossibleBranchesAreRefused) {
    const auto sky = numbered(4, 2);
    const TemporaryFolder place;
    TileFolder folder(place.path(), {});
    const auto kind = [&](const AllskyOptions& options) {
        return error_of([&] { tile_allsky(*sky, options, folder); }).kind();
    };
    EXPECT_EQ(kind({.depth = -1}), Error::Kind::invalid);
    EXPECT_EQ(kind({.depth = deepest_allsky + 1}), Error::Kind::invalid);
    EXPECT_EQ(kind({.depth = 1, .top = {2, 0, 0}}), Error::Kind::invalid);
    EXPECT_EQ(kind({.depth = 2, .top = {1, 2, 0}}), Error::Kind::invalid);
    EXPECT_EQ(kind({.depth = 2, .top = {1, 0, -1}}), Error::Kind::invalid);
}

TEST(Allsky, DepthFollowsFromTheResolution) {
    EXPECT_EQ(depth_for(360.0 / 4), 0);
    EXPECT_EQ(depth_for(360.0 / 1024), 2);
    EXPECT_EQ(depth_for(360.0 / 8192), 5);
    EXPECT_EQ(depth_for(1e-300), deepest_allsky);
}

TEST(HealpixSource, RefusesWhatIsNoMap) {
    ATELIER_NEED_SKY_DATA();
    EXPECT_EQ(error_of([] { open_healpix(sky_data() / "inputs" / "f64_600x520.fits", {}); }).kind(),
              Error::Kind::invalid);
}

}  // namespace
}  // namespace atelier::pipelines::sky
