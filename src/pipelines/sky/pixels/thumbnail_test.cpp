#include "pipelines/sky/pixels/thumbnail.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "base/testing.h"
#include "pipelines/sky/fits/testing_sky.h"
#include "pipelines/sky/pixels/jpeg.h"
#include "pipelines/sky/pixels/thumbnail_shape.h"

namespace atelier::pipelines::sky {
namespace {

struct Shown {
    int width = 0, height = 0;
    std::vector<std::byte> bytes;
    std::array<int, 3> at(int x, int y) const {
        std::array<int, 3> colour{};
        for (std::size_t i = 0; i < 3; ++i)
            colour[i] = std::to_integer<int>(bytes[static_cast<std::size_t>(y * width + x) * 3 + i]);
        return colour;
    }
};

Shown show(std::string jpeg) {
    const auto decoder = open_jpeg_bytes(std::move(jpeg));
    Shown shown{decoder->shape().width, decoder->shape().height, {}};
    shown.bytes.resize(decoder->shape().row_bytes() * static_cast<std::size_t>(shown.height));
    for (int y = 0; y < shown.height; ++y)
        decoder->read(shown.bytes.data() + static_cast<std::size_t>(y) * decoder->shape().row_bytes());
    return shown;
}

Shown thumbnail_of(int width, int height, const std::vector<std::array<int, 4>>& colours_by_row, Mode mode,
                   bool upside_down = false) {
    ThumbnailMaker maker(width, height, mode);
    for (int y = 0; y < height; ++y) {
        std::vector<std::byte> row;
        const auto& colour =
            colours_by_row[static_cast<std::size_t>(y) * colours_by_row.size() / static_cast<std::size_t>(height)];
        for (int x = 0; x < width; ++x)
            for (std::size_t i = 0; i < pixel_bytes(mode); ++i)
                row.push_back(static_cast<std::byte>(colour[i]));
        maker.add(row.data());
    }
    return show(maker.jpeg(upside_down));
}

void expect_near(const std::array<int, 3>& one, const std::array<int, 3>& other) {
    for (std::size_t i = 0; i < 3; ++i)
        EXPECT_NEAR(one[i], other[i], 3);
}

TEST(ThumbnailShape, IsThatOfTheTable) {
    ATELIER_NEED_SKY_DATA();
    const json::Value table = sky_table("thumbnail_geometry");
    ASSERT_GT(table.as_array().size(), 20u);
    for (const auto& row : table.as_array()) {
        const auto number = [](const json::Value& value) { return static_cast<int>(value.as_int64()); };
        const auto shape = thumbnail_shape(number(row.at("w")), number(row.at("h")));
        const json::Value& box = row.at("crop_box");
        // What is left empty there, has a pixel here.
        EXPECT_EQ(shape.left, number(box.at(0)));
        EXPECT_EQ(shape.top, number(box.at(1)));
        EXPECT_EQ(shape.left + shape.width, std::max(number(box.at(2)), shape.left + 1));
        EXPECT_EQ(shape.top + shape.height, std::max(number(box.at(3)), shape.top + 1));
        EXPECT_EQ(shape.result_width, std::max(number(row.at("thumb_size").at(0)), 1));
        EXPECT_EQ(shape.result_height, std::max(number(row.at("thumb_size").at(1)), 1));
    }
}

TEST(Thumbnail, ShowsTheMiddle) {
    const std::array<int, 4> red = {250, 10, 10, 255}, blue = {10, 10, 250, 255};
    const Shown shown = thumbnail_of(1000, 2000, {red, red, blue, blue}, Mode::rgb);
    EXPECT_EQ(shown.width, 96);
    EXPECT_EQ(shown.height, 45);
    expect_near(shown.at(48, 5), {250, 10, 10});
    expect_near(shown.at(48, 40), {10, 10, 250});
    const Shown turned = thumbnail_of(1000, 2000, {red, red, blue, blue}, Mode::rgb, true);
    expect_near(turned.at(48, 40), {250, 10, 10});
}

TEST(Thumbnail, OfAPixelOrALineHasAPixel) {
    for (const auto& [width, height] : {std::pair(1, 1), std::pair(1, 5000), std::pair(5000, 1), std::pair(3, 1000)}) {
        const Shown shown = thumbnail_of(width, height, {{40, 80, 120, 255}}, Mode::rgb);
        EXPECT_GE(shown.width, 1);
        EXPECT_GE(shown.height, 1);
        expect_near(shown.at(0, 0), {40, 80, 120});
    }
}

TEST(Thumbnail, LeavesTransparencyOut) {
    const Shown shown = thumbnail_of(300, 140, {{200, 100, 50, 100}}, Mode::rgba);
    expect_near(shown.at(40, 20), {200, 100, 50});
    const Shown clear = thumbnail_of(300, 140, {{200, 100, 50, 0}}, Mode::rgba);
    expect_near(clear.at(40, 20), {0, 0, 0});
}

TEST(Thumbnail, OfNumbersIsRefusedWithAWayOut) {
    const Error error = testing_support::error_of([] { ThumbnailMaker(10, 10, Mode::f32); });
    EXPECT_NE(error.hint().find("--placeholder-thumbnail"), std::string::npos);
}

TEST(Thumbnail, OfNothingIsBlack) {
    const Shown shown = show(placeholder_thumbnail());
    EXPECT_EQ(shown.width, 96);
    EXPECT_EQ(shown.height, 45);
    EXPECT_EQ(shown.at(50, 20), (std::array<int, 3>{0, 0, 0}));
}

}  // namespace
}  // namespace atelier::pipelines::sky
