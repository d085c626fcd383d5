#include "pipelines/sky/desk/fits_command.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <sstream>

#include "base/error.h"
#include "base/files.h"
#include "base/testing.h"
#include "pipelines/sky/fits/byte_order.h"
#include "pipelines/sky/fits/fits_tile.h"
#include "pipelines/sky/place/wcs.h"
#include "pipelines/sky/place/wtml.h"

namespace atelier::pipelines::sky {
namespace {

using testing_support::error_of;

class FitsCommands : public ::testing::Test {
protected:
    // Numbers that grow from the lower left corner, `degrees` a pixel, around `ra` and `dec`.
    std::filesystem::path image(int width, int height, double ra, double dec, double degrees = 1e-3) {
        FitsHeader header;
        header.set("SIMPLE", true);
        header.set("BITPIX", -32);
        header.set("NAXIS", 2);
        header.set("NAXIS1", width);
        header.set("NAXIS2", height);
        write_wcs({ra, dec, (width + 1) / 2.0, (height + 1) / 2.0, -degrees, 0, 0, degrees, 0, 0}, header);
        std::vector<float> numbers(static_cast<std::size_t>(width * height));
        for (std::size_t i = 0; i < numbers.size(); ++i)
            numbers[i] = static_cast<float>(i + 1);
        turn_bytes(reinterpret_cast<std::byte*>(numbers.data()), numbers.size(), sizeof(float));
        const auto path = folder_.path() / ("image" + std::to_string(count_++) + ".fits");
        std::ofstream file(path, std::ios::binary);
        file << header.blocks();
        file.write(reinterpret_cast<const char*>(numbers.data()),
                   static_cast<std::streamsize>(numbers.size() * sizeof(float)));
        return path;
    }

    Place tiled(FitsRequest request) {
        request.folder = out();
        std::ostringstream text, err;
        cli::Output output(text, err, {});
        EXPECT_EQ(tile_fits_command(request, output), 0);
        const auto index = out() / "index_rel.wtml";
        return read_wtml(read_file(index), index).places.at(0);
    }
    static FitsRequest of(std::vector<std::filesystem::path> paths) {
        FitsRequest request;
        request.paths = std::move(paths);
        return request;
    }
    std::filesystem::path out() const { return folder_.path() / "tiles"; }
    bool has(const char* file) const { return std::filesystem::exists(out() / file); }

    TemporaryFolder folder_;
    int count_ = 0;
};

TEST_F(FitsCommands, AnImageBecomesAWholePyramid) {
    const Place place = tiled(of({image(300, 280, 83, -5)}));
    EXPECT_EQ(place.name, "tiles");
    EXPECT_EQ(place.constellation, "ORI");
    EXPECT_EQ(place.image.projection, "Tan");
    EXPECT_EQ(place.image.tile_levels, 1);
    EXPECT_EQ(place.image.file_type, ".fits");
    EXPECT_EQ(place.image.data_min, 1);
    EXPECT_EQ(place.image.data_max, 300 * 280);
    EXPECT_GT(place.image.pixel_cut_low, 1);
    EXPECT_LT(place.image.pixel_cut_high, 300 * 280);
    EXPECT_EQ(place.thumbnail, "thumb.jpg");
    EXPECT_TRUE(has("thumb.jpg"));
    EXPECT_TRUE(has("0/0/0_0.fits"));
    EXPECT_TRUE(has("1/1/1_1.fits"));
    // The lowest row of the file is the lowest of the picture.
    const FitsTile tile = read_fits_tile(read_file(out() / "1/1/1_0.fits"));
    const int bottom = (512 - 280) / 2 + 280 - 1 - 256, left = (512 - 300) / 2;
    EXPECT_EQ(number_at<float>(tile.pixels.data(), static_cast<std::size_t>(bottom * 256 + left)), 1);
}

TEST_F(FitsCommands, ASmallOneIsTiledAsWell) {
    const Place place = tiled(of({image(20, 10, 83, -5)}));
    EXPECT_EQ(place.image.projection, "Tan");
    EXPECT_EQ(place.image.tile_levels, 1);
    FitsRequest request = of({image(20, 10, 83, -5)});
    request.compatible = true;
    EXPECT_EQ(tiled(request).image.projection, "SkyImage");  // which the original makes of it
}

TEST_F(FitsCommands, WhatSharesNoPlaneGoesToTheSphere) {
    const auto one = image(40, 40, 10, 20, 0.05), other = image(40, 40, 14, 20, 0.05);
    const Place place = tiled(of({one, other}));
    EXPECT_EQ(place.image.projection, "Toast");
    EXPECT_EQ(place.image.base_degrees_per_tile, 180);
    EXPECT_NEAR(place.ra * 15, 12, 0.2);
    EXPECT_NEAR(place.dec, 20, 0.2);
    EXPECT_EQ(place.image.data_max, 1600);
    EXPECT_GT(place.image.pixel_cut_high, place.image.pixel_cut_low);
    EXPECT_TRUE(has("thumb.jpg"));
    FitsRequest flat = of({one, other});
    flat.method = FitsMethod::tan;
    EXPECT_EQ(error_of([&] { tiled(flat); }).kind(), Error::Kind::invalid);
}

TEST_F(FitsCommands, WhatWouldFillTheDiskIsRefused) {
    const auto wide = image(100, 100, 10, 20, 0.1), fine = image(10, 10, 10, 20, 1e-6);
    const Error error = error_of([&] { tiled(of({wide, fine})); });
    EXPECT_EQ(error.kind(), Error::Kind::exhausted);
    EXPECT_FALSE(has("index_rel.wtml"));
}

TEST_F(FitsCommands, AnotherPyramidInTheFolderIsReplaced) {
    tiled(of({image(600, 600, 83, -5)}));
    EXPECT_TRUE(has("2/1/1_1.fits"));
    tiled(of({image(300, 280, 83, -5)}));
    EXPECT_FALSE(has("2/1/1_1.fits"));
}

TEST_F(FitsCommands, TheLowestLevelAloneIsMadeForACascade) {
    FitsRequest request = of({image(300, 280, 83, -5)});
    request.folder = out();
    std::ostringstream text, err;
    cli::Output output(text, err, {});
    EXPECT_EQ(tile_multi_tan_command(request, output), 0);
    EXPECT_NE(text.str().find("atelier sky cascade --start 1 "), std::string::npos);
    EXPECT_TRUE(has("1/0/0_0.fits"));
    EXPECT_FALSE(has("0/0/0_0.fits"));
}

}  // namespace
}  // namespace atelier::pipelines::sky
