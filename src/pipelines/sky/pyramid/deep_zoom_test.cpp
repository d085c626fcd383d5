#include "pipelines/sky/pyramid/deep_zoom.h"

#include <cstring>

#include "base/files.h"
#include "base/testing.h"

namespace atelier::pipelines::sky {
namespace {

namespace fs = std::filesystem;

// A picture whose pixels tell their place.
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
            pixel[0] = static_cast<std::byte>(x & 0xff);
            pixel[1] = static_cast<std::byte>(y_ & 0xff);
            pixel[2] = static_cast<std::byte>(x >> 8);
            if (mode_ == Mode::rgba) pixel[3] = static_cast<std::byte>(x % 2 == 0 ? 255 : 0);
        }
        ++y_;
    }

private:
    int y_ = 0;
};

struct Picture {
    int width = 0, height = 0;
    std::size_t channels = 0;
    std::vector<std::byte> bytes;
    int at(int x, int y, std::size_t channel) const {
        return static_cast<int>(bytes[(static_cast<std::size_t>(y) * width + x) * channels + channel]);
    }
};

Picture picture_of(const fs::path& path) {
    const auto rows = open_pixels(path, {});
    Picture picture{rows->width(), rows->height(), pixel_bytes(rows->mode()), {}};
    picture.bytes.resize(rows->row_bytes() * static_cast<std::size_t>(rows->height()));
    for (int y = 0; y < rows->height(); ++y)
        rows->read(&picture.bytes[static_cast<std::size_t>(y) * rows->row_bytes()]);
    return picture;
}

std::size_t files_in(const fs::path& folder) {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

DeepZoomOptions small_tiles(int overlap) {
    DeepZoomOptions options;
    options.name = "p";
    options.tile_size = 64;
    options.overlap = overlap;
    options.format = TileFormat::png;
    options.threads = 3;
    return options;
}

TEST(DeepZoom, EveryLevelIsThereWithItsOverlap) {
    for (const int overlap : {0, 1, 5}) {
        const TemporaryFolder place;
        FileTree tree(place.path());
        Numbered rows(301, 150);
        make_deep_zoom(rows, small_tiles(overlap), tree);
        const fs::path files = place.path() / "p_files";
        EXPECT_EQ(files_in(files), 10u);  // 512 pixels and more have nine halvings down to one
        EXPECT_EQ(files_in(files / "9"), 5u * 3u);
        EXPECT_EQ(files_in(files / "8"), 3u * 2u);
        const Picture one = picture_of(files / "9" / "1_1.png");
        EXPECT_EQ(one.width, 64 + 2 * overlap);
        EXPECT_EQ(one.height, 64 + 2 * overlap);
        EXPECT_EQ(one.at(0, 0, 0), 64 - overlap);
        EXPECT_EQ(one.at(0, 0, 1), 64 - overlap);
        EXPECT_EQ(one.at(one.width - 1, one.height - 1, 0), 127 + overlap);
        const Picture last = picture_of(files / "9" / "4_2.png");
        EXPECT_EQ(last.width, 301 - 256 + overlap);
        EXPECT_EQ(last.height, 150 - 128 + overlap);
        EXPECT_EQ(last.at(last.width - 1, last.height - 1, 0), 300 & 0xff);
        EXPECT_EQ(last.at(last.width - 1, last.height - 1, 1), 149);
        const Picture single = picture_of(files / "0" / "0_0.png");
        EXPECT_EQ(single.width, 1);
        EXPECT_EQ(single.height, 1);
    }
}

TEST(DeepZoom, HalvesAreAverages) {
    const TemporaryFolder place;
    FileTree tree(place.path());
    Numbered rows(101, 31);
    make_deep_zoom(rows, small_tiles(0), tree);
    const Picture half = picture_of(place.path() / "p_files" / "6" / "0_0.png");
    ASSERT_EQ(half.width, 51);
    ASSERT_EQ(half.height, 16);
    EXPECT_EQ(half.at(3, 4, 0), 7);     // of 6 and 7, rounded
    EXPECT_EQ(half.at(3, 4, 1), 9);     // of 8 and 9
    EXPECT_EQ(half.at(50, 4, 0), 100);  // the last column has no neighbour
    EXPECT_EQ(half.at(3, 15, 1), 30);
}

TEST(DeepZoom, WhatCantBeSeenDoesntDarken) {
    const TemporaryFolder place;
    FileTree tree(place.path());
    Numbered rows(128, 64, Mode::rgba);
    make_deep_zoom(rows, small_tiles(0), tree);
    const Picture half = picture_of(place.path() / "p_files" / "6" / "0_0.png");
    ASSERT_EQ(half.channels, 4u);
    EXPECT_EQ(half.at(10, 10, 0), 20);
    EXPECT_EQ(half.at(10, 10, 3), 128);
}

TEST(DeepZoom, OnePixelIsAPicture) {
    const TemporaryFolder place;
    FileTree tree(place.path());
    Numbered rows(1, 1);
    auto options = small_tiles(1);
    options.format = TileFormat::jpeg;
    make_deep_zoom(rows, options, tree);
    EXPECT_EQ(files_in(place.path() / "p_files"), 1u);
    EXPECT_EQ(picture_of(place.path() / "p_files" / "0" / "0_0.jpg").width, 1);
    const std::string text = read_file(place.path() / "p.dzi");
    EXPECT_NE(text.find("Format=\"jpg\" Overlap=\"1\" TileSize=\"64\""), std::string::npos) << text;
    EXPECT_NE(text.find("<Size Width=\"1\" Height=\"1\"/>"), std::string::npos) << text;
}

TEST(DeepZoom, WhatDoesntFitIsRefused) {
    const TemporaryFolder place;
    FileTree tree(place.path());
    const auto kind = [&](const auto& change, Mode mode = Mode::rgb) {
        auto options = small_tiles(1);
        change(options);
        Numbered rows(4, 4, mode);
        return testing_support::error_of([&] { make_deep_zoom(rows, options, tree); }).kind();
    };
    EXPECT_EQ(kind([](auto& options) { options.overlap = 40; }), Error::Kind::invalid);
    EXPECT_EQ(kind([](auto& options) { options.tile_size = 4; }), Error::Kind::invalid);
    EXPECT_EQ(kind([](auto& options) { options.name = "../p"; }), Error::Kind::invalid);
    EXPECT_EQ(kind([](auto& options) { options.format = TileFormat::fits; }), Error::Kind::invalid);
    EXPECT_EQ(kind([](auto&) {}, Mode::f32), Error::Kind::invalid);
}

}  // namespace
}  // namespace atelier::pipelines::sky
