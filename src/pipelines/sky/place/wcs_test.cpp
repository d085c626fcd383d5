#include "pipelines/sky/place/wcs.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "base/error.h"
#include "base/testing.h"
#include "pipelines/sky/fits/fits_file.h"
#include "pipelines/sky/fits/testing_sky.h"

namespace atelier::pipelines::sky {
namespace {

using testing_support::error_of;

FitsHeader header_with(const std::function<void(FitsHeader&)>& change = {}) {
    FitsHeader header;
    header.set("CTYPE1", "RA---TAN");
    header.set("CTYPE2", "DEC--TAN");
    header.set("CRVAL1", 83.5);
    header.set("CRVAL2", -5.25);
    header.set("CRPIX1", 100.0);
    header.set("CRPIX2", 200.0);
    header.set("CDELT1", -2e-4);
    header.set("CDELT2", 3e-4);
    if (change) change(header);
    return header;
}

std::string reason(const std::function<void(FitsHeader&)>& change) {
    return error_of([&] { read_wcs(header_with(change)); }).what();
}

TEST(ReadWcs, KnowsEachFormOfTheMatrix) {
    Wcs wcs = read_wcs(header_with());
    EXPECT_EQ(wcs.cd11, -2e-4);
    EXPECT_EQ(wcs.cd12, 0);
    EXPECT_EQ(wcs.cd22, 3e-4);
    EXPECT_FALSE(wcs.top_down());
    wcs = read_wcs(header_with([](FitsHeader& header) {
        header.set("PC1_1", 0.5);
        header.set("PC1_2", 2);
        header.set("PC2_1", 3);
        header.set("CROTA2", 90.0);  // not beside PC
    }));
    EXPECT_EQ(wcs.cd11, -1e-4);
    EXPECT_EQ(wcs.cd12, -4e-4);
    EXPECT_DOUBLE_EQ(wcs.cd21, 9e-4);
    EXPECT_EQ(wcs.cd22, 3e-4);
    wcs = read_wcs(header_with([](FitsHeader& header) { header.set("CROTA2", 30.0); }));
    EXPECT_DOUBLE_EQ(wcs.cd11, -2e-4 * std::sqrt(0.75));
    EXPECT_DOUBLE_EQ(wcs.cd12, -1.5e-4);
    EXPECT_DOUBLE_EQ(wcs.cd21, -1e-4);
    EXPECT_DOUBLE_EQ(wcs.cd22, 3e-4 * std::sqrt(0.75));
    wcs = read_wcs(header_with([](FitsHeader& header) {
        header.set("CD1_2", 1e-3);
        header.set("CD2_1", 2e-3);
    }));
    EXPECT_EQ(wcs.cd11, 0);
    EXPECT_EQ(wcs.cd12, 1e-3);
}

TEST(ReadWcs, KnowsAlternates) {
    FitsHeader header = header_with();
    for (const char* key : {"CRVAL1A", "CRVAL2A", "CRPIX1A", "CRPIX2A", "CDELT1A", "CDELT2A"})
        header.set(key, 7.0);
    header.set("CTYPE1A", "RA---TPV");
    header.set("CTYPE2A", "DEC--TPV");
    EXPECT_EQ(read_wcs(header, 'A').crval1, 7);
    EXPECT_EQ(read_wcs(header).crval1, 83.5);
    EXPECT_EQ(std::string(error_of([&] { read_wcs(header, 'B'); }).what()), "CTYPE1B is missing");
    EXPECT_TRUE(has_wcs(header, 'A'));
    EXPECT_FALSE(has_wcs(header, 'B'));
}

TEST(ReadWcs, WhatCannotBeUsedIsRefusedInWords) {
    EXPECT_EQ(reason([](FitsHeader& header) { header.set("CTYPE1", "RA---SIN"); }), "projection SIN is not supported");
    EXPECT_EQ(reason([](FitsHeader& header) { header.set("CTYPE2", "DEC--TAN-SIP"); }),
              "projection TAN-SIP is not supported");
    EXPECT_EQ(reason([](FitsHeader& header) { header.set("CTYPE1", "GLON-TAN"); }),
              "coordinates GLON-TAN are not supported");
    EXPECT_EQ(reason([](FitsHeader& header) { header.set("CTYPE1", "DEC--TAN"); }),
              "coordinates DEC--TAN are not supported");
    EXPECT_EQ(reason([](FitsHeader& header) { header.set("CTYPE1", "RA"); }), "CTYPE1 RA names no projection");
    EXPECT_EQ(reason([](FitsHeader& header) { header.set("CRVAL1", "east"); }), "CRVAL1 is not a number");
    EXPECT_EQ(reason([](FitsHeader& header) { header.set("CUNIT1", "arcsec"); }), "CUNIT1 arcsec is not supported");
    EXPECT_EQ(reason([](FitsHeader& header) { header.set("RADESYS", "FK4"); }),
              "coordinates of B1950 (FK4) are not supported");
    EXPECT_EQ(reason([](FitsHeader& header) { header.set("EQUINOX", 1950.0); }),
              "coordinates of B1950 (FK4) are not supported");
    EXPECT_EQ(reason([](FitsHeader& header) { header.set("LONPOLE", 90.0); }),
              "LONPOLE other than 180 is not supported");
    EXPECT_NE(reason([](FitsHeader& header) { header.set("CDELT1", 0.0); }).find("cover nothing"), std::string::npos);
    EXPECT_NE(reason([](FitsHeader& header) {
                  header.set("CDELT1", 1e300);
                  header.set("CDELT2", 1e300);
              }).find("too large"),
              std::string::npos);
    FitsHeader empty;
    EXPECT_EQ(std::string(error_of([&] { read_wcs(empty); }).what()), "CTYPE1 is missing");
}

TEST(Wcs, WhatIsWrittenReadsBackTheSame) {
    const Wcs wcs = read_wcs(header_with([](FitsHeader& header) { header.set("CROTA2", 12.0); }));
    FitsHeader header;
    write_wcs(wcs, header);
    const Wcs again = read_wcs(FitsHeader::parse(header.blocks()));
    EXPECT_EQ(again.cd11, wcs.cd11);
    EXPECT_EQ(again.cd12, wcs.cd12);
    EXPECT_EQ(again.cd21, wcs.cd21);
    EXPECT_EQ(again.cd22, wcs.cd22);
    EXPECT_EQ(again.crpix2, wcs.crpix2);
}

TEST(Wcs, FlippedTwiceIsTheSameAndEachPixelStaysWhereItWas) {
    const Wcs wcs = read_wcs(header_with([](FitsHeader& header) { header.set("CROTA2", 12.0); }));
    const Wcs flipped = wcs.flipped(300);
    EXPECT_TRUE(flipped.top_down());
    EXPECT_EQ(flipped.flipped(300).crpix2, wcs.crpix2);
    EXPECT_EQ(flipped.flipped(300).cd22, wcs.cd22);
    const SkyPoint before = wcs.at(17, 1), after = flipped.at(17, 300);
    EXPECT_NEAR(before.ra, after.ra, 1e-12);
    EXPECT_NEAR(before.dec, after.dec, 1e-12);
}

TEST(Wcs, TheReferenceLiesAtTheReferencePixel) {
    const Wcs wcs = read_wcs(header_with());
    const SkyPoint point = wcs.at(100, 200);
    EXPECT_NEAR(point.ra, 83.5, 1e-12);
    EXPECT_NEAR(point.dec, -5.25, 1e-12);
    // East is left, north is up, and the tangent grows faster than the angle.
    EXPECT_GT(wcs.at(99, 200).ra, 83.5);
    EXPECT_NEAR(wcs.at(100, 200 + 45 / 3e-4).dec,
                -5.25 + std::atan(45 * 3.14159265358979 / 180) / 3.14159265358979 * 180, 1e-9);
    Wcs pole = wcs;
    pole.crval1 = 359.9999;
    pole.crval2 = 90;
    EXPECT_LT(pole.at(0, 0).ra, 360);
    EXPECT_GE(pole.at(0, 0).ra, 0);
}

TEST(Wcs, ScaledIsTheSameSky) {
    const Wcs wcs = read_wcs(header_with());
    const SkyPoint before = wcs.at(70, 90), after = wcs.scaled(2).at(140, 180);
    EXPECT_NEAR(before.ra, after.ra, 1e-12);
    EXPECT_NEAR(before.dec, after.dec, 1e-12);
}

TEST(Wcs, RealHeadersAreRead) {
    ATELIER_NEED_SKY_DATA();
    for (const char* name : {"wcs512.fits.gz", "herschel_spire.fits.gz", "f32_333x301_rot30.fits", "f64_600x520.fits",
                             "f32_negparity_300x280.fits", "geminiann11015a_wcs.fits", "mt_part0.fits"}) {
        const FitsFile file(sky_data() / "inputs" / name);
        EXPECT_NO_THROW(read_wcs(file.units()[0].header)) << name;
    }
}

}  // namespace
}  // namespace atelier::pipelines::sky
