#include "pipelines/sky/pyramid/sky_source.h"

#include <cmath>
#include <cstring>

#include "base/files.h"
#include "base/testing.h"
#include "pipelines/sky/fits/byte_order.h"
#include "pipelines/sky/fits/fits_header.h"
#include "pipelines/sky/pyramid/healpix.h"

namespace atelier::pipelines::sky {
namespace {

constexpr double degree = 0.017453292519943295;

// Each pixel has a number of its own.
class Numbered : public PixelRows {
public:
    Numbered(int width, int height, Mode mode) {
        width_ = width;
        height_ = height;
        mode_ = mode;
    }
    void read(std::byte* row) override {
        for (int x = 0; x < width_; ++x) {
            const auto number = static_cast<float>(next_++);
            if (mode_ == Mode::f32)
                std::memcpy(row + static_cast<std::size_t>(x) * 4, &number, sizeof number);
            else
                std::memset(row + static_cast<std::size_t>(x) * 3, next_, 3);
        }
    }

private:
    int next_ = 0;
};

Wcs wcs_at(double ra, double dec, double turn) {
    Wcs wcs;
    wcs.crval1 = ra;
    wcs.crval2 = dec;
    wcs.crpix1 = 10;
    wcs.crpix2 = 30;
    wcs.cd11 = -0.1 * std::cos(turn);
    wcs.cd12 = 0.1 * std::sin(turn);
    wcs.cd21 = -0.1 * std::sin(turn);
    wcs.cd22 = -0.1 * std::cos(turn);
    return wcs;
}

Directions one_direction(const std::array<double, 3>& at, double length = 1) {
    Directions directions;
    directions.x = {length * at[0]};
    directions.y = {length * at[1]};
    directions.z = {length * at[2]};
    return directions;
}

float number_in(const SkySource& sky, const LonLat& at) {
    std::array<std::byte, 8> value;
    sky.look(one_direction(direction_of(at), 1.7), {}, value.data());
    return number_at<float>(value.data(), 0);
}

TEST(ImageOnTheSky, EveryPixelIsFoundInItsDirection) {
    for (const Wcs& wcs : {wcs_at(0.3, 0, 0), wcs_at(200, 89.5, 0.7), wcs_at(359.9, -60, 2.5)}) {
        Numbered rows(40, 50, Mode::f32);
        const auto sky = open_image(rows, wcs);
        EXPECT_NEAR(sky->resolution(), 0.1, 1e-12);
        for (int y = 0; y < 50; y += 7)
            for (int x = 0; x < 40; x += 3) {
                const SkyPoint at = wcs.at(x + 1 + 0.4, y + 1 - 0.4);
                EXPECT_EQ(number_in(*sky, {at.ra * degree, at.dec * degree}), static_cast<float>(y * 40 + x));
            }
        const SkyPoint beside = wcs.at(0.4, 20);
        EXPECT_TRUE(std::isnan(number_in(*sky, {beside.ra * degree, beside.dec * degree})));
        EXPECT_TRUE(std::isnan(number_in(*sky, {(wcs.crval1 + 180) * degree, -wcs.crval2 * degree})));
    }
}

TEST(ImageOnTheSky, IsMetWhereItIsAlone) {
    Numbered rows(40, 50, Mode::rgb);
    const auto sky = open_image(rows, wcs_at(120, 40, 0.3));
    EXPECT_EQ(sky->mode(), Mode::rgba);
    EXPECT_TRUE(sky->meets(direction_of({120 * degree, 40 * degree}), 0));
    EXPECT_FALSE(sky->meets(direction_of({120 * degree, 60 * degree}), 10 * degree));
    EXPECT_TRUE(sky->meets(direction_of({120 * degree, 60 * degree}), 21 * degree));
    std::array<std::byte, 4> value;
    sky->look(one_direction(direction_of({0, 0})), {}, value.data());
    EXPECT_EQ(value[3], std::byte{0});
}

TEST(ImageOnTheSky, WithoutSizeItIsRefused) {
    Numbered rows(4, 4, Mode::f32);
    Wcs wcs = wcs_at(0, 0, 0);
    wcs.cd11 = wcs.cd12 = 0;
    EXPECT_EQ(testing_support::error_of([&] { open_image(rows, wcs); }).kind(), Error::Kind::invalid);
}

struct Table {
    std::string ordering = "NESTED", scheme = "IMPLICIT", pixels = "HEALPIX", system = "C";
    std::int64_t nside = 2;
    std::vector<float> values = std::vector<float>(48);
};

void write_table(const std::filesystem::path& path, const Table& from) {
    FitsHeader primary;
    primary.set("SIMPLE", true);
    primary.set("BITPIX", 8);
    primary.set("NAXIS", 0);
    FitsHeader table;
    table.set("XTENSION", "BINTABLE");
    table.set("BITPIX", 8);
    table.set("NAXIS", 2);
    table.set("NAXIS1", 4);
    table.set("NAXIS2", static_cast<std::int64_t>(from.values.size()));
    table.set("PCOUNT", 0);
    table.set("GCOUNT", 1);
    table.set("TFIELDS", 1);
    table.set("TFORM1", "E");
    table.set("PIXTYPE", from.pixels);
    table.set("ORDERING", from.ordering);
    table.set("INDXSCHM", from.scheme);
    table.set("COORDSYS", from.system);
    if (from.nside != 0) table.set("NSIDE", from.nside);
    std::string bytes(reinterpret_cast<const char*>(from.values.data()), from.values.size() * sizeof(float));
    turn_bytes(reinterpret_cast<std::byte*>(bytes.data()), from.values.size(), sizeof(float));
    bytes.resize((bytes.size() + fits_block - 1) / fits_block * fits_block);
    write_file_durably(path, primary.blocks() + table.blocks() + bytes);
}

TEST(HealpixMap, ValuesAreThoseOfTheirPixels) {
    const TemporaryFolder place;
    const auto path = place.path() / "map.fits";
    Table table;
    for (std::size_t i = 0; i < table.values.size(); ++i)
        table.values[i] = static_cast<float>(i) + 0.5f;
    for (const std::int64_t nside : {2, 0}) {  // told, and from the number of pixels
        table.nside = nside;
        for (const char* order : {"NESTED", "RING"}) {
            table.ordering = order;
            write_table(path, table);
            const auto sky = open_healpix(path, {});
            EXPECT_EQ(sky->mode(), Mode::f32);
            for (const LonLat& at : {LonLat{0.1, 1.5}, LonLat{2, 0.1}, LonLat{4, -1}}) {
                const auto pixel = healpix_pixel(2, order[0] == 'R' ? HealpixOrder::ring : HealpixOrder::nested, at);
                EXPECT_EQ(number_in(*sky, at), static_cast<float>(pixel) + 0.5f);
            }
        }
    }
    table.system = "G";
    write_table(path, table);
    const LonLat at{3, 0.4};
    EXPECT_EQ(number_in(*open_healpix(path, {}), at),
              static_cast<float>(healpix_pixel(2, HealpixOrder::ring, from_icrs(at, Frame::galactic))) + 0.5f);
    table.system = "C";
    write_table(path, table);
    EXPECT_EQ(number_in(*open_healpix(path, {.galactic = true}), at),
              static_cast<float>(healpix_pixel(2, HealpixOrder::ring, from_icrs(at, Frame::galactic))) + 0.5f);
}

TEST(HealpixMap, WhatWasNeverSeenIsNothing) {
    const TemporaryFolder place;
    const auto path = place.path() / "map.fits";
    Table table;
    table.values.assign(48, -1.6375e30f);
    write_table(path, table);
    EXPECT_TRUE(std::isnan(number_in(*open_healpix(path, {}), {1, 1})));
    EXPECT_EQ(number_in(*open_healpix(path, {.compatible = true}), {1, 1}), -1.6375e30f);
}

TEST(HealpixMap, BrokenOnesAreRefused) {
    const TemporaryFolder place;
    const auto path = place.path() / "map.fits";
    const auto kind = [&](const auto& change) {
        Table table;
        change(table);
        write_table(path, table);
        return testing_support::error_of([&] { open_healpix(path, {}); }).kind();
    };
    EXPECT_EQ(kind([](Table& table) { table.pixels = "OTHER"; }), Error::Kind::invalid);
    EXPECT_EQ(kind([](Table& table) { table.ordering = "SPIRAL"; }), Error::Kind::invalid);
    EXPECT_EQ(kind([](Table& table) { table.scheme = "EXPLICIT"; }), Error::Kind::invalid);
    EXPECT_EQ(kind([](Table& table) { table.values.resize(47); }), Error::Kind::invalid);
    EXPECT_EQ(kind([](Table& table) { table.nside = 3; }), Error::Kind::invalid);
    EXPECT_EQ(kind([](Table& table) { table.nside = -2; }), Error::Kind::invalid);
    EXPECT_EQ(kind([](Table& table) { table.nside = std::int64_t{1} << 40; }), Error::Kind::invalid);
}

}  // namespace
}  // namespace atelier::pipelines::sky
