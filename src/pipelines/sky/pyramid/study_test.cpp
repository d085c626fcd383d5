#include "pipelines/sky/pyramid/study.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <random>

#include "base/files.h"
#include "base/testing.h"
#include "pipelines/sky/fits/testing_sky.h"
#include "pipelines/sky/pyramid/shrink.h"

namespace atelier::pipelines::sky {
namespace {

namespace fs = std::filesystem;

struct Box {
    Tile tile;
    int width, height, image_x, image_y, tile_x, tile_y;
    bool operator==(const Box&) const = default;
};

// How the table says it: per tile what of the image lies where in it.
std::vector<Box> boxes_of(const StudyLayout& layout) {
    std::vector<Box> boxes;
    const auto part = [](int tile, int begin, int size) {
        const int from = std::max(tile * tile_side, begin), to = std::min((tile + 1) * tile_side, begin + size);
        return std::array{to - from, from - begin, from - tile * tile_side};
    };
    for (int y = layout.top / tile_side; y <= (layout.top + layout.height - 1) / tile_side; ++y)
        for (int x = layout.left / tile_side; x <= (layout.left + layout.width - 1) / tile_side; ++x) {
            const auto across = part(x, layout.left, layout.width), down = part(y, layout.top, layout.height);
            boxes.push_back({{layout.levels, x, y}, across[0], down[0], across[1], down[1], across[2], down[2]});
        }
    return boxes;
}

std::vector<int> numbers_of(const json::Value& value) {
    std::vector<int> numbers;
    for (const auto& number : value.as_array())
        numbers.push_back(static_cast<int>(number.as_int64()));
    return numbers;
}

Box box_of(const json::Value& value) {
    const auto n = numbers_of(value);
    return {{n[0], n[1], n[2]}, n[3], n[4], n[5], n[6], n[7], n[8]};
}

int number_of(const json::Value& row, const char* key) { return static_cast<int>(row.at(key).as_int64()); }

TEST(StudyLayout, IsThatOfTheTable) {
    ATELIER_NEED_SKY_DATA();
    const json::Value table = sky_table("study_tiling");
    ASSERT_GT(table.as_array().size(), 20u);
    for (const auto& row : table.as_array()) {
        const StudyLayout layout = study_layout(number_of(row, "w"), number_of(row, "h"));
        EXPECT_EQ(layout.side, number_of(row, "p2n"));
        EXPECT_EQ(layout.levels, number_of(row, "levels"));
        EXPECT_EQ(layout.left, number_of(row, "gx0"));
        EXPECT_EQ(layout.top, number_of(row, "gy0"));
        const auto boxes = boxes_of(layout);
        EXPECT_EQ(boxes.size(), static_cast<std::size_t>(number_of(row, "n_populated")));
        if (!row.as_object().contains("tiles")) continue;
        const auto& tiles = row.at("tiles").as_array();
        for (std::size_t i = 0; i < std::min(tiles.size(), boxes.size()); ++i)
            EXPECT_EQ(boxes[i], box_of(tiles[i]));
    }
}

TEST(StudyLayout, OfAPartIsThatOfTheTable) {
    ATELIER_NEED_SKY_DATA();
    const json::Value table = sky_table("study_subimage");
    for (const auto& row : table.as_array()) {
        const auto sub = numbers_of(row.at("sub"));
        const StudyLayout whole = study_layout(number_of(row, "w"), number_of(row, "h"));
        const auto boxes = boxes_of(whole.part(sub[0], sub[1], sub[2], sub[3]));
        ASSERT_EQ(boxes.size(), static_cast<std::size_t>(number_of(row, "n")));
        EXPECT_EQ(boxes.front(), box_of(row.at("first")));
        EXPECT_EQ(boxes.back(), box_of(row.at("last")));
    }
}

TEST(StudyLayout, RefusesAPartOutside) {
    const StudyLayout layout = study_layout(300, 200);
    testing_support::error_of([&] { layout.part(1, 0, 300, 200); });
    testing_support::error_of([&] { layout.part(0, -1, 10, 10); });
    testing_support::error_of([&] { layout.part(0, 0, 0, 10); });
}

// Rows of a picture in memory.
class Rows final : public PixelRows {
public:
    Rows(int width, int height, Mode mode, std::vector<std::byte> bytes) : bytes_(std::move(bytes)) {
        width_ = width;
        height_ = height;
        mode_ = mode;
    }
    void read(std::byte* row) override {
        std::memcpy(row, bytes_.data() + static_cast<std::size_t>(next_++) * row_bytes(), row_bytes());
    }

private:
    std::vector<std::byte> bytes_;
    int next_ = 0;
};

std::vector<std::byte> noise(std::size_t size, unsigned seed) {
    std::mt19937 random(seed);
    std::vector<std::byte> bytes(size);
    for (std::byte& byte : bytes)
        byte = static_cast<std::byte>(random() % 256);
    return bytes;
}

std::map<Tile, std::vector<std::byte>> all_of(const TileFolder& folder, int levels) {
    std::map<Tile, std::vector<std::byte>> tiles;
    for (int level = 0; level <= levels; ++level)
        for (const Tile& tile : folder.tiles(level))
            tiles[tile] = folder.read(tile)->bytes;
    return tiles;
}

struct Size {
    int width, height;
};

// All levels at once are the same as the leaves and then cascade().
TEST(TileStudy, MakesWhatCascadeMakes) {
    const TemporaryFolder place;
    int number = 0;
    for (const Mode mode : {Mode::rgb, Mode::rgba, Mode::i16, Mode::f32})
        for (const Size size : {Size{1, 1}, Size{300, 1}, Size{257, 1030}, Size{1024, 512}})
            for (const Averaging averaging : {Averaging::compatible, Averaging::true_colour}) {
                const auto layout = study_layout(size.width, size.height);
                const auto bytes = noise(static_cast<std::size_t>(size.width) * size.height * pixel_bytes(mode), 3);
                const TileFormat format = is_picture(mode) ? TileFormat::png : TileFormat::fits;
                const fs::path root = place.path() / std::to_string(number++);
                TileFolder at_once(root / "at_once", {.format = format});
                TileFolder later(root / "later", {.format = format});
                Rows first(size.width, size.height, mode, bytes), second(size.width, size.height, mode, bytes);
                tile_study(first, layout, {.averaging = averaging}, at_once);
                tile_study(second, layout, {.leaves_alone = true, .averaging = averaging}, later);
                at_once.finish();
                later.finish();
                EXPECT_EQ(later.tiles(layout.levels - 1).size(), 0u);
                cascade(later, layout.levels, averaging);
                later.finish();
                const auto tiles = all_of(at_once, layout.levels);
                EXPECT_EQ(tiles, all_of(later, layout.levels));
                EXPECT_TRUE(tiles.contains(Tile{}));
            }
}

TEST(TileStudy, TakesRowsFromBelow) {
    const TemporaryFolder place;
    const auto layout = study_layout(700, 600);
    const auto bytes = noise(std::size_t{700} * 600 * 3, 5);
    std::vector<std::byte> turned(bytes.size());
    for (std::size_t y = 0; y < 600; ++y)
        std::memcpy(turned.data() + (599 - y) * 2100, bytes.data() + y * 2100, 2100);
    TileFolder upright(place.path() / "upright", {}), from_below(place.path() / "from_below", {});
    Rows first(700, 600, Mode::rgb, bytes), second(700, 600, Mode::rgb, turned);
    tile_study(first, layout, {}, upright);
    tile_study(second, layout, {.upside_down = true}, from_below);
    upright.finish();
    from_below.finish();
    EXPECT_EQ(all_of(upright, layout.levels), all_of(from_below, layout.levels));
}

TEST(TileStudy, LeavesOutWhatIsTransparent) {
    const TemporaryFolder place;
    const auto layout = study_layout(1024, 1024);
    std::vector<std::byte> bytes(std::size_t{1024} * 1024 * 4);
    bytes[3] = std::byte{255};  // one pixel
    TileFolder folder(place.path(), {});
    Rows rows(1024, 1024, Mode::rgba, bytes);
    tile_study(rows, layout, {}, folder);
    folder.finish();
    EXPECT_EQ(folder.tiles(2), std::vector<Tile>{Tile({2, 0, 0})});
    EXPECT_EQ(folder.tiles(1), std::vector<Tile>{Tile({1, 0, 0})});
    EXPECT_EQ(folder.tiles(0), std::vector<Tile>{Tile()});
}

TEST(Cascade, BelowATileLeavesTheOthers) {
    const TemporaryFolder place;
    const auto layout = study_layout(1024, 1024);
    TileFolder folder(place.path(), {.scheme = Scheme::flat});
    Rows rows(1024, 1024, Mode::rgb, noise(std::size_t{1024} * 1024 * 3, 7));
    tile_study(rows, layout, {.leaves_alone = true}, folder);
    folder.finish();
    cascade(folder, 2, Averaging::true_colour, {1, 1, 0});
    folder.finish();
    EXPECT_EQ(folder.tiles(1), std::vector<Tile>{Tile({1, 1, 0})});
    EXPECT_FALSE(folder.has({}));
}

TEST(Cascade, NamesADamagedTile) {
    const TemporaryFolder place;
    const auto layout = study_layout(2048, 2048);
    TileFolder folder(place.path(), {});
    Rows rows(2048, 2048, Mode::rgb, std::vector<std::byte>(std::size_t{2048} * 2048 * 3));
    tile_study(rows, layout, {.leaves_alone = true}, folder);
    folder.finish();
    fs::resize_file(place.path() / "3/5/5_2.png", 100);
    const Error error = testing_support::error_of([&] { cascade(folder, 3, Averaging::true_colour); });
    EXPECT_NE(std::string(error.what()).find("5_2.png"), std::string::npos);
}

TEST(Cascade, OfNothingIsNothing) {
    const TemporaryFolder place;
    TileFolder folder(place.path() / "none", {});
    cascade(folder, 5, Averaging::true_colour);
    cascade(folder, 0, Averaging::true_colour);
    folder.finish();
    EXPECT_FALSE(fs::exists(place.path() / "none"));
}

template <class Value>
std::array<Value, 4> quad_of(const json::Value& values) {
    std::array<Value, 4> quad;
    for (std::size_t i = 0; i < 4; ++i) {
        const auto& value = values.at(i);
        quad[i] = value.is_null() ? std::numeric_limits<Value>::quiet_NaN() : value.template to_number<Value>();
    }
    return quad;
}

TEST(Mean, OfWholeNumbersIsThatOfTheTable) {
    ATELIER_NEED_SKY_DATA();
    const json::Value table = sky_table("average_int");
    for (const auto& row : table.as_array()) {
        const int expected = number_of(row, "out");
        if (row.at("dtype") == "u1")
            EXPECT_EQ(mean_of_four(quad_of<std::uint8_t>(row.at("quad")), Averaging::compatible), expected);
        else
            EXPECT_EQ(mean_of_four(quad_of<std::int16_t>(row.at("quad")), Averaging::compatible), expected);
    }
}

// The table's means are of four numbers alone, which are added one after the other; in tiles they are added by pairs,
// so the last bits may differ. That those are right, the hashes of the tiles tell.
template <class Value>
void expect_mean(const json::Value& row) {
    const Value mean = mean_of_four(quad_of<Value>(row.at("quad_tl_tr_bl_br")), Averaging::compatible);
    if (row.at("out").is_null())
        EXPECT_NE(mean, mean);
    else
        EXPECT_NEAR(mean, row.at("out").as_double(), std::abs(mean) * 2 * std::numeric_limits<Value>::epsilon());
}

TEST(Mean, OfRealNumbersIsThatOfTheTable) {
    ATELIER_NEED_SKY_DATA();
    const json::Value table = sky_table("average_float");
    for (const auto& row : table.as_array()) {
        if (row.at("dtype") == "f4")
            expect_mean<float>(row);
        else
            expect_mean<double>(row);
    }
}

TEST(Mean, OfWholeNumbersIsRounded) {
    using Quad = std::array<std::int16_t, 4>;
    EXPECT_EQ(mean_of_four(Quad{0, 0, 1, 1}, Averaging::true_colour), 1);
    EXPECT_EQ(mean_of_four(Quad{0, 0, 0, 1}, Averaging::true_colour), 0);
    EXPECT_EQ(mean_of_four(Quad{-1, -1, -1, 0}, Averaging::true_colour), -1);
    EXPECT_EQ(mean_of_four(Quad{-32768, -32768, -32768, -32768}, Averaging::true_colour), -32768);
}

TilePixels one_colour(std::array<int, 4> colour) {
    TilePixels pixels = empty_tile(Mode::rgba);
    for (std::size_t at = 0; at < pixels.bytes.size(); ++at)
        pixels.bytes[at] = static_cast<std::byte>(colour[at % 4]);
    return pixels;
}

std::array<int, 4> colour_at(const TilePixels& pixels, int x, int y) {
    std::array<int, 4> colour{};
    for (std::size_t i = 0; i < 4; ++i)
        colour[i] = std::to_integer<int>(pixels.bytes[static_cast<std::size_t>(y * tile_side + x) * 4 + i]);
    return colour;
}

TEST(Parent, WeighsColoursByTheirCover) {
    TilePixels child = one_colour({200, 100, 50, 255});
    for (std::size_t at = 0; at < child.bytes.size(); at += 8)  // every second pixel is transparent, and bright
        std::memset(child.bytes.data() + at, 0xff, 3), child.bytes[at + 3] = std::byte{0};
    const auto fair = parent_of({child, std::nullopt, std::nullopt, std::nullopt}, Averaging::true_colour);
    EXPECT_EQ(colour_at(*fair, 5, 5), (std::array{200, 100, 50, 128}));
    EXPECT_EQ(colour_at(*fair, 200, 5), (std::array{0, 0, 0, 0}));
    const auto plain = parent_of({child, std::nullopt, std::nullopt, std::nullopt}, Averaging::compatible);
    EXPECT_EQ(colour_at(*plain, 5, 5), (std::array{100, 50, 25, 127}));
}

TEST(Parent, KeepsNegativeNumbersUnlessItIsToBeLikeTheOriginal) {
    TilePixels child = empty_tile(Mode::i16);
    for (std::size_t at = 0; at < child.bytes.size(); at += 2)
        child.bytes[at] = std::byte{0xfe}, child.bytes[at + 1] = std::byte{0xff};  // -2
    child.range = range_of(child);
    const auto fair = parent_of({child, child, child, child}, Averaging::true_colour);
    EXPECT_EQ(fair->bytes, child.bytes);
    EXPECT_EQ(fair->range, std::pair(-2.0, -2.0));
    EXPECT_EQ(parent_of({child, child, child, child}, Averaging::compatible)->bytes, empty_tile(Mode::i16).bytes);
}

TEST(Parent, OfNothingIsNothing) {
    EXPECT_FALSE(parent_of({std::nullopt, std::nullopt, std::nullopt, std::nullopt}, Averaging::true_colour));
    const TilePixels clear = empty_tile(Mode::rgba), none = empty_tile(Mode::f64);
    EXPECT_FALSE(parent_of({clear, clear, std::nullopt, clear}, Averaging::true_colour));
    EXPECT_FALSE(parent_of({none, std::nullopt, none, none}, Averaging::compatible));
}

TEST(Parent, RefusesTilesOfDifferentKinds) {
    testing_support::error_of([] {
        static_cast<void>(parent_of({empty_tile(Mode::f32), empty_tile(Mode::rgb), std::nullopt, std::nullopt},
                                    Averaging::true_colour));
    });
}

}  // namespace
}  // namespace atelier::pipelines::sky
