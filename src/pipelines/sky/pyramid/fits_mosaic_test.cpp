#include "pipelines/sky/pyramid/fits_mosaic.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <functional>

#include "base/error.h"
#include "base/files.h"
#include "base/testing.h"
#include "pipelines/sky/fits/byte_order.h"

namespace atelier::pipelines::sky {
namespace {

using testing_support::error_of;

constexpr float nothing = std::numeric_limits<float>::quiet_NaN();

class Mosaics : public ::testing::Test {
protected:
    // Rows as FITS has them, the lowest first; `x`, `y`: of its lower left pixel, from the reference point.
    template <class Number>
    std::filesystem::path part(int width, int height, double x, double y, std::vector<Number> numbers,
                               const std::function<void(FitsHeader&)>& change = {}) {
        FitsHeader header;
        header.set("SIMPLE", true);
        header.set("BITPIX", static_cast<int>(sizeof(Number) * 8) * (std::is_floating_point_v<Number> ? -1 : 1));
        header.set("NAXIS", 2);
        header.set("NAXIS1", width);
        header.set("NAXIS2", height);
        Wcs wcs;
        wcs.crval1 = 10;
        wcs.crval2 = 20;
        wcs.crpix1 = 1 - x;
        wcs.crpix2 = 1 - y;
        wcs.cd11 = -1e-4;
        wcs.cd22 = 1e-4;
        write_wcs(wcs, header);
        if (change) change(header);
        turn_bytes(reinterpret_cast<std::byte*>(numbers.data()), numbers.size(), sizeof(Number));
        const auto path = folder_.path() / (std::to_string(count_++) + ".fits");
        std::ofstream file(path, std::ios::binary);
        file << header.blocks();
        file.write(reinterpret_cast<const char*>(numbers.data()),
                   static_cast<std::streamsize>(numbers.size() * sizeof(Number)));
        return path;
    }

    static std::vector<float> row_of(FitsMosaic& mosaic) {
        std::vector<float> row(static_cast<std::size_t>(mosaic.width()));
        mosaic.read(reinterpret_cast<std::byte*>(row.data()));
        return row;
    }
    static bool same(const std::vector<float>& one, const std::vector<float>& other) {
        return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                          [](float a, float b) { return a == b || (std::isnan(a) && std::isnan(b)); });
    }

    TemporaryFolder folder_;
    int count_ = 0;
};

TEST_F(Mosaics, PartsLieWhereTheirReferenceSays) {
    const auto lower = part<float>(2, 2, 0, 0, {1, 2, 3, nothing});
    const auto upper = part<float>(2, 2, 1, 1, {5, nothing, 7, 8});
    FitsMosaic mosaic(read_parts({lower, upper}, {}));
    EXPECT_EQ(mosaic.width(), 3);
    EXPECT_EQ(mosaic.height(), 3);
    EXPECT_TRUE(mosaic.wcs().top_down());
    EXPECT_TRUE(same(row_of(mosaic), {nothing, 7, 8}));
    EXPECT_TRUE(same(row_of(mosaic), {3, 5, nothing}));
    EXPECT_TRUE(same(row_of(mosaic), {1, 2, nothing}));
    // The reference point is the lowest row's first pixel.
    EXPECT_EQ(mosaic.wcs().crpix1, 1);
    EXPECT_EQ(mosaic.wcs().crpix2, 3);
}

TEST_F(Mosaics, TheLaterIsSeenWhereItHasANumber) {
    const auto below = part<float>(2, 1, 0, 0, {1, 2}), above = part<float>(2, 1, 0, 0, {nothing, 9});
    FitsMosaic mosaic(read_parts({below, above}, {}));
    EXPECT_TRUE(same(row_of(mosaic), {1, 9}));
    FitsMosaic other(read_parts({above, below}, {}));
    EXPECT_TRUE(same(row_of(other), {1, 2}));
}

TEST_F(Mosaics, PartialPixelsAreRoundedDown) {
    const auto one = part<float>(2, 1, 0.25, 0, {1, 2}), other = part<float>(1, 1, 2.125, 0, {3});
    FitsMosaic mosaic(read_parts({one, other}, {}));
    EXPECT_EQ(mosaic.width(), 2);
    EXPECT_TRUE(same(row_of(mosaic), {1, 3}));
}

TEST_F(Mosaics, TypesAreJoinedInOneThatHoldsAll) {
    const auto whole = part<std::int16_t>(1, 1, 0, 0, {-5}), real = part<float>(1, 1, 1, 0, {0.5f});
    FitsMosaic mosaic(read_parts({whole, real}, {}));
    EXPECT_EQ(mosaic.mode(), Mode::f32);
    EXPECT_TRUE(same(row_of(mosaic), {-5, 0.5f}));
    const auto longer = part<std::int32_t>(1, 1, 2, 0, {2147483647});
    FitsMosaic wide(read_parts({whole, real, longer}, {}));
    EXPECT_EQ(wide.mode(), Mode::f64);
    std::vector<double> row(3);
    wide.read(reinterpret_cast<std::byte*>(row.data()));
    EXPECT_EQ(row, (std::vector<double>{-5, 0.5, 2147483647}));
    FitsMosaic alone(read_parts({whole}, {}));
    EXPECT_EQ(alone.mode(), Mode::i16);
}

TEST_F(Mosaics, WhatDoesNotShareAPlaneIsRefused) {
    const auto one = part<float>(1, 1, 0, 0, {1});
    const auto other = part<float>(1, 1, 0, 0, {1}, [](FitsHeader& header) { header.set("CRVAL1", 10.001); });
    const auto far = part<float>(1, 1, 1e9, 0, {1});
    EXPECT_FALSE(share_a_plane(read_parts({one, other}, {})));
    EXPECT_NE(std::string(error_of([&] {
                              FitsMosaic{read_parts({one, other}, {})};
                          }).what())
                  .find("don't share a tangential plane"),
              std::string::npos);
    EXPECT_NE(std::string(error_of([&] {
                              FitsMosaic{read_parts({one, far}, {})};
                          }).what())
                  .find("together they"),
              std::string::npos);
    EXPECT_EQ(error_of([] { FitsMosaic{{}}; }).kind(), Error::Kind::invalid);
}

TEST_F(Mosaics, FilesWithoutImageOrPositionAreNamed) {
    const auto sine = part<float>(1, 1, 0, 0, {1}, [](FitsHeader& header) { header.set("CTYPE1", "RA---SIN"); });
    EXPECT_EQ(std::string(error_of([&] { read_parts({sine}, {}); }).what()),
              sine.string() + ": projection SIN is not supported");
    EXPECT_EQ(std::string(error_of([&] { read_parts({sine}, {.unit = 3, .key = {}}); }).what()),
              sine.string() + ": its unit 3 is no image");
}

}  // namespace
}  // namespace atelier::pipelines::sky
