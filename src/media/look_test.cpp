#include "media/look.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "base/testing.h"
#include "media/screen_rows.h"
#include "media/testing.h"

namespace atelier::media {
namespace {

using testing_support::error_of;

struct LookTest : testing::Test {
    std::filesystem::path at(const std::string& name) const { return folder.path() / name; }
    // The colour of a picture that has one colour, as bytes.
    std::vector<int> colour(const std::string& name, const ToneMapping& mapping = {}) const {
        ScreenRows rows(at(name), mapping);
        const auto& row = rows.next();
        std::vector<int> bytes;
        for (std::size_t i = 0; i < 3; ++i)
            bytes.push_back(static_cast<int>(row[i] * 255 + 0.5f));
        return bytes;
    }

    const TemporaryFolder folder;
};

TEST_F(LookTest, ToneMappingsAreRead) {
    using Curve = ToneMapping::Curve;
    EXPECT_EQ(parse_tone_mapping("standard"), (ToneMapping{Curve::standard, 0}));
    EXPECT_EQ(parse_tone_mapping("filmic+1.5"), (ToneMapping{Curve::filmic, 1.5}));
    EXPECT_EQ(parse_tone_mapping("standard-2"), (ToneMapping{Curve::standard, -2}));
    for (const char* text : {"", "aces", "filmic+", "filmic+x", "filmic+99", "filmic--1.", "standard++1", "+1"})
        EXPECT_EQ(error_of([&] { parse_tone_mapping(text); }).kind(), Error::Kind::invalid) << text;
}

TEST_F(LookTest, LinearLightBecomesWhatAScreenShows) {
    using Curve = ToneMapping::Curve;
    const auto write = [&](const std::string& name, float red, float green, float blue) {
        write_exr(at(name), 2, 2, {"R", "G", "B"}, [&](int, int, int i) {
            return i == 0 ? red : i == 1 ? green : blue;
        });
    };
    write("a.exr", 0, 0.5f, 1);
    EXPECT_EQ(colour("a.exr"), (std::vector<int>{0, 188, 255}));
    EXPECT_EQ(colour("a.exr", {Curve::standard, 1}), (std::vector<int>{0, 255, 255}));
    EXPECT_EQ(colour("a.exr", {Curve::standard, -1}), (std::vector<int>{0, 137, 188}));
    write("b.exr", -5, 1000, std::numeric_limits<float>::quiet_NaN());
    EXPECT_EQ(colour("b.exr"), (std::vector<int>{0, 255, 0}));
    write("c.exr", std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(), 65504);
    EXPECT_EQ(colour("c.exr", {Curve::filmic, 0}), (std::vector<int>{255, 0, 255}));
    write("d.exr", 1, 2, 4);  // where the standard curve is cut, this one still tells them apart
    const auto filmic = colour("d.exr", {Curve::filmic, 0});
    EXPECT_LT(filmic[0], filmic[1]);
    EXPECT_LT(filmic[1], filmic[2]);
}

TEST_F(LookTest, SixteenBitsStayAsTheyAreWithoutAnExposure) {
    write_png(
        at("a.png"), 2, 2, [](int, int, int i) { return float(257 * (i * 100 + 20)); }, 3, ChannelDepth::sixteen);
    EXPECT_EQ(colour("a.png"), (std::vector<int>{20, 120, 220}));
    EXPECT_GT(colour("a.png", {ToneMapping::Curve::standard, 1})[1], 150);
}

TEST_F(LookTest, WhatIsTransparentLiesOverBlack) {
    write_png(
        at("a.png"), 2, 2, [](int, int, int i) { return i == 3 ? 51.f : 200.f; }, 4);
    EXPECT_EQ(colour("a.png"), (std::vector<int>{40, 40, 40}));
    write_png(
        at("b.png"), 2, 2, [](int, int, int i) { return i == 1 ? 0.f : 200.f; }, 2);
    EXPECT_EQ(colour("b.png"), (std::vector<int>{0, 0, 0}));
}

TEST_F(LookTest, ThumbnailsFitAndKeepTheirProportions) {
    write_png(at("a.png"), 640, 360, moving(1));
    write_png(at("tall.png"), 30, 900, moving(1));
    write_png(at("one.png"), 1, 1, moving(1));
    write_exr(at("a.exr"), 640, 360, {"R", "G", "B"}, [](int, int, int) { return 0.5f; });
    const auto size_of = [&](const char* from, const char* to) {
        make_thumbnail(at(from), at(to), {.width = 160, .height = 160});
        const PictureInfo info = verify_picture(at(to));
        EXPECT_EQ(info.kind, kind_by_name(to));
        return std::pair(info.width, info.height);
    };
    EXPECT_EQ(size_of("a.png", "a.jpg"), std::pair(160, 90));
    EXPECT_EQ(size_of("tall.png", "tall.jpg"), std::pair(5, 160));
    EXPECT_EQ(size_of("one.png", "one.thumb.png"), std::pair(1, 1));
    EXPECT_EQ(size_of("a.exr", "exr.png"), std::pair(160, 90));
    EXPECT_EQ(colour("exr.png"), (std::vector<int>{188, 188, 188}));
    EXPECT_EQ(error_of([&] { size_of("a.png", "a.exr"); }).kind(), Error::Kind::invalid);
    EXPECT_EQ(error_of([&] { make_thumbnail(at("a.png"), at("b.jpg"), {.width = 0}); }).kind(), Error::Kind::invalid);
}

// Nothing of a picture is lost or counted twice when it is made smaller, whatever the sizes.
TEST_F(LookTest, ShrinkingKeepsTheMean) {
    for (const auto& [width, height] : {std::pair{64, 48}, std::pair{61, 47}, std::pair{7, 100}, std::pair{5, 5}}) {
        write_png(at("a.png"), width, height, [](int x, int y, int) { return float((x * 37 + y * 59) % 256); });
        const double mean = measure_picture(at("a.png")).channels[0].mean;
        for (const int to : {1, 3, 5}) {
            ScreenRows rows(at("a.png"), {});
            const auto small = shrink(rows, to, to);
            double sum = 0;
            for (const float value : small)
                sum += value;
            EXPECT_NEAR(sum / static_cast<double>(small.size()), mean, 1e-4) << width << "x" << height << " to " << to;
        }
    }
}

TEST_F(LookTest, ASheetShowsAllFramesAlsoBrokenOnes) {
    const FrameFiles files = write_frames(folder.path(), {1, 2, 3, 4, 5});
    cut_file(files.path_of(4), 0.5);
    std::vector<SheetFrame> frames;
    for (const int frame : {1, 2, 3, 4, 5})
        frames.push_back({files.path_of(frame), frame == 2});
    make_contact_sheet(frames, at("sheet.png"), {.columns = 3, .cell_width = 32, .cell_height = 24});
    const PictureInfo info = verify_picture(at("sheet.png"));
    EXPECT_EQ(std::pair(info.width, info.height), std::pair(3 * 36 + 4, 2 * 28 + 4));
    ScreenRows rows(at("sheet.png"), {});
    std::vector<std::vector<float>> pixels;
    for (int y = 0; y < info.height; ++y)
        pixels.push_back(rows.next());
    const auto is_red = [&](std::size_t x, std::size_t y) {
        return pixels[y][3 * x] > 0.8f && pixels[y][3 * x + 1] < 0.2f;
    };
    EXPECT_TRUE(is_red(4 + 16, 4 + 28 + 12));  // the fourth: broken
    EXPECT_TRUE(is_red(4 + 36 + 16, 2));       // above the second: marked
    EXPECT_FALSE(is_red(4 + 16, 2));
    EXPECT_FALSE(is_red(4 + 36 + 16, 4 + 12));
}

TEST_F(LookTest, ASheetOfManyFramesIsBounded) {
    const FrameFiles files = write_frames(folder.path(), {1, 2}, 8, 8);
    std::vector<SheetFrame> frames(1000, {files.path_of(1), false});
    make_contact_sheet(frames, at("sheet.jpg"), {.cell_width = 8, .cell_height = 8, .max_cells = 100});
    EXPECT_LE(probe_picture(at("sheet.jpg")).width, 10 * 12 + 4);
    EXPECT_THROW(make_contact_sheet({}, at("none.jpg")), Error);
    EXPECT_THROW(make_contact_sheet(frames, at("none.jpg"), {.cell_width = 20'000}), Error);
    make_contact_sheet({frames[0]}, at("one.jpg"));
    EXPECT_EQ(probe_picture(at("one.jpg")).width, 168);
}

}  // namespace
}  // namespace atelier::media
