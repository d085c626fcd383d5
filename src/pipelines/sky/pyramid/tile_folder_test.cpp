#include "pipelines/sky/pyramid/tile_folder.h"

#include <gtest/gtest.h>

#include <fstream>
#include <random>

#include "base/files.h"
#include "base/testing.h"

namespace atelier::pipelines::sky {
namespace {

namespace fs = std::filesystem;
using testing_support::error_of;

TilePixels tile_of(Mode mode, unsigned seed = 1) {
    std::mt19937 random(seed);
    TilePixels pixels{mode, std::vector<std::byte>(std::size_t{tile_side} * tile_side * pixel_bytes(mode)), {}};
    std::size_t at = 0;
    for (std::byte& byte : pixels.bytes)
        byte = static_cast<std::byte>(at++ / 700 + random() % 8);
    return pixels;
}

TilePixels clear_tile() { return {Mode::rgba, std::vector<std::byte>(std::size_t{tile_side} * tile_side * 4), {}}; }

TEST(TilePath, IsThatOfTheScheme) {
    EXPECT_EQ(tile_path(Scheme::folders, {3, 4, 5}, ".png"), "3/5/5_4.png");
    EXPECT_EQ(tile_path(Scheme::flat, {3, 4, 5}, ".png"), "L3X4Y5.png");
    EXPECT_EQ(tile_url(Scheme::folders, ".fits"), "{1}/{3}/{3}_{2}.fits");
    EXPECT_EQ(tile_url(Scheme::flat, ".png"), "L{1}X{2}Y{3}.png");
}

TEST(TileFolder, GivesBackWhatWasWritten) {
    const TemporaryFolder place;
    TileFolder folder(place.path() / "out", {});
    for (int level = 0; level < 6; ++level)
        for (const Mode mode : {Mode::rgb, Mode::rgba})
            folder.write({level, 0, mode == Mode::rgb ? 0 : 1}, tile_of(mode, static_cast<unsigned>(level)));
    folder.finish();
    for (int level = 0; level < 6; ++level)
        for (const Mode mode : {Mode::rgb, Mode::rgba}) {
            const auto read = folder.read({level, 0, mode == Mode::rgb ? 0 : 1});
            ASSERT_TRUE(read);
            EXPECT_EQ(read->mode, mode);
            EXPECT_EQ(read->bytes, tile_of(mode, static_cast<unsigned>(level)).bytes);
        }
}

TEST(TileFolder, WritesAnOpaqueTileWithoutAlpha) {
    const TemporaryFolder place;
    TileFolder folder(place.path(), {});
    TilePixels pixels = tile_of(Mode::rgba);
    for (std::size_t at = 3; at < pixels.bytes.size(); at += 4)
        pixels.bytes[at] = std::byte{255};
    folder.write({}, pixels);
    folder.finish();
    EXPECT_EQ(folder.read({})->mode, Mode::rgb);
}

TEST(TileFolder, RemovesATileInWhichNothingIsSeen) {
    const TemporaryFolder place;
    TileFolder folder(place.path(), {});
    folder.write({1, 1, 0}, tile_of(Mode::rgba));
    folder.finish();
    ASSERT_TRUE(fs::exists(place.path() / "1/0/0_1.png"));
    TilePixels clear = clear_tile();
    clear.bytes[0] = std::byte{9};  // a colour that isn't seen
    folder.write({1, 1, 0}, clear);
    folder.write({1, 0, 0}, clear);
    folder.finish();
    EXPECT_FALSE(folder.has({1, 1, 0}));
    EXPECT_FALSE(folder.read({1, 1, 0}));
    EXPECT_FALSE(folder.has({1, 0, 0}));
}

TEST(TileFolder, LeavesNothingBesideTheTiles) {
    const TemporaryFolder place;
    TileFolder folder(place.path(), {.scheme = Scheme::flat});
    folder.write({}, tile_of(Mode::rgb));
    folder.write({1, 0, 0}, tile_of(Mode::rgb));
    folder.finish();
    const std::size_t files =
        static_cast<std::size_t>(std::distance(fs::directory_iterator(place.path()), fs::directory_iterator()));
    EXPECT_EQ(files, 2u);
}

TEST(TileFolder, RemovesTheTilesOfAnotherPicture) {
    const TemporaryFolder place;
    {
        TileFolder before(place.path(), {});
        before.write({2, 3, 1}, tile_of(Mode::rgb));
        before.write({}, tile_of(Mode::rgb));
        before.finish();
    }
    std::ofstream(place.path() / "2/1/1_2.png.part") << "begun";
    std::ofstream(place.path() / "2/1/notes.png") << "somebody's own";
    TileFolder folder(place.path(), {});
    folder.write({}, tile_of(Mode::rgba));
    folder.remove_others();
    folder.finish();
    EXPECT_TRUE(folder.has({}));
    EXPECT_FALSE(folder.has({2, 3, 1}));
    EXPECT_FALSE(fs::exists(place.path() / "2/1/1_2.png.part"));
    EXPECT_TRUE(fs::exists(place.path() / "2/1/notes.png"));
}

TEST(TileFolder, TellsOfAFullDisk) {
    const TemporaryFolder place;
    testing_support::SmallDisk disk(place.path() / "disk");
    if (!disk.mounted()) GTEST_SKIP() << "only root may mount a small disk";
    TileFolder folder(place.path() / "disk", {});
    std::mt19937 random(1);
    const Error error = error_of([&] {
        for (int x = 0; x < 64; ++x) {
            TilePixels pixels = tile_of(Mode::rgb);
            for (std::byte& byte : pixels.bytes)
                byte = static_cast<std::byte>(random());
            folder.write({6, x, 0}, std::move(pixels));
        }
        folder.finish();
    });
    EXPECT_EQ(error.kind(), Error::Kind::exhausted);
}

TEST(TileFolder, TellsWhatWentWrongLater) {
    const TemporaryFolder place;
    std::ofstream(place.path() / "1") << "a file where a folder should be";
    TileFolder folder(place.path(), {});
    folder.write({1, 0, 0}, tile_of(Mode::rgb));
    EXPECT_NE(std::string(error_of([&] { folder.finish(); }).what()).find((place.path() / "1").string()),
              std::string::npos);
    error_of([&] { folder.write({0, 0, 0}, tile_of(Mode::rgb)); });
}

TEST(TileFolder, RefusesColoursAsNumbersAndTheOtherWay) {
    const TemporaryFolder place;
    TileFolder numbers(place.path(), {.format = TileFormat::fits});
    numbers.write({}, tile_of(Mode::rgb));
    EXPECT_EQ(error_of([&] { numbers.finish(); }).kind(), Error::Kind::invalid);
    TileFolder pictures(place.path(), {.format = TileFormat::png});
    pictures.write({}, tile_of(Mode::f32));
    EXPECT_EQ(error_of([&] { pictures.finish(); }).kind(), Error::Kind::invalid);
}

TEST(TileFolder, NamesAFileThatIsNoTile) {
    const TemporaryFolder place;
    fs::create_directories(place.path() / "0/0");
    const fs::path file = place.path() / "0/0/0_0.png";
    const TileFolder folder(place.path(), {});
    for (const std::string& bytes : {std::string(), std::string("no picture"), std::string("\x89PNG\r\n\x1a\n")}) {
        std::ofstream(file, std::ios::binary) << bytes;
        EXPECT_NE(std::string(error_of([&] { folder.read({}); }).what()).find(file.string()), std::string::npos);
    }
}

TEST(TileFolder, TellsADamagedTile) {
    const TemporaryFolder place;
    TileFolder folder(place.path(), {});
    folder.write({}, tile_of(Mode::rgb));
    folder.finish();
    const fs::path file = place.path() / "0/0/0_0.png";
    const std::string whole = read_file(file);
    for (const std::size_t length : {whole.size() - 13, whole.size() / 2, std::size_t{40}}) {
        std::ofstream(file, std::ios::binary | std::ios::trunc) << whole.substr(0, length);
        EXPECT_EQ(error_of([&] { folder.read({}); }).kind(), Error::Kind::invalid) << length;
    }
    std::string changed = whole;
    changed[whole.size() / 2] ^= 1;
    std::ofstream(file, std::ios::binary | std::ios::trunc) << changed;
    EXPECT_EQ(error_of([&] { folder.read({}); }).kind(), Error::Kind::invalid);
}

TEST(TileFolder, KeepsTheRangeOfNumbers) {
    const TemporaryFolder place;
    for (const TileFormat format : {TileFormat::fits, TileFormat::npy})
        for (const Mode mode : {Mode::u8, Mode::i16, Mode::i32, Mode::f32, Mode::f64}) {
            TileFolder folder(place.path(), {.format = format});
            TilePixels pixels{mode, std::vector<std::byte>(std::size_t{tile_side} * tile_side * pixel_bytes(mode)), {}};
            pixels.bytes[pixel_bytes(mode) * 300] = std::byte{7};
            pixels.range = {-1.5, 12345.25};
            folder.write({}, pixels);
            folder.finish();
            const auto read = folder.read({});
            ASSERT_TRUE(read);
            EXPECT_EQ(read->mode, mode);
            EXPECT_EQ(read->bytes, pixels.bytes);
            if (format == TileFormat::fits) {
                EXPECT_EQ(read->range, pixels.range);
            }
        }
}

}  // namespace
}  // namespace atelier::pipelines::sky
