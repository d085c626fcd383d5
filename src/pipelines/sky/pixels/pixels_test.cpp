#include "pipelines/sky/pixels/pixels.h"

#include <gtest/gtest.h>
#include <lcms2.h>

#include <cstring>
#include <random>

#include "base/files.h"
#include "base/testing.h"
#include "pipelines/sky/fits/fits_header.h"
#include "pipelines/sky/fits/testing_sky.h"
#include "pipelines/sky/pixels/jpeg.h"
#include "pipelines/sky/pixels/testing_images.h"

namespace atelier::pipelines::sky {
namespace {

namespace fs = std::filesystem;
using testing_support::error_of;
using Values = std::vector<int>;

class Pixels : public testing::Test {
protected:
    fs::path path(const std::string& name) const { return place_.path() / name; }

    ReadImage read(const PngImage& image, bool compatible = false) {
        write_png(path("image.png"), image);
        warnings_.clear();
        Reading reading;
        reading.compatible = compatible;
        reading.warn = [this](std::string_view text) { warnings_ += text; };
        return read_image(path("image.png"), reading);
    }

    TemporaryFolder place_;
    std::string warnings_;
};

TEST_F(Pixels, OfGreyAreColours) {
    const PngImage grey{2, 1, PNG_COLOR_TYPE_GRAY, 8, {7, 200}};
    const ReadImage image = read(grey);
    EXPECT_EQ(image.mode, Mode::rgb);
    EXPECT_EQ(image.values, (Values{7, 7, 7, 200, 200, 200}));
    EXPECT_EQ(warnings_, "");
    EXPECT_EQ(read(grey, true).values, image.values);
    EXPECT_EQ(warnings_, "trying to convert image file to RGB from unexpected bitmode \"L\"");
}

TEST_F(Pixels, OfGreyKeepTheirAlphaUnlessTheyAreToBeLikeTheOriginals) {
    const PngImage grey{2, 1, PNG_COLOR_TYPE_GRAY_ALPHA, 8, {7, 0, 200, 128}};
    EXPECT_EQ(read(grey).values, (Values{7, 7, 7, 0, 200, 200, 200, 128}));
    EXPECT_EQ(read(grey, true).values, (Values{7, 7, 7, 200, 200, 200}));
    EXPECT_NE(warnings_.find("\"LA\""), std::string::npos);
}

TEST_F(Pixels, OfOneBitAreBlackAndWhite) {
    const PngImage bits{4, 1, PNG_COLOR_TYPE_GRAY, 1, {0b10100000}};
    EXPECT_EQ(read(bits).values, (Values{255, 255, 255, 0, 0, 0, 255, 255, 255, 0, 0, 0}));
    read(bits, true);
    EXPECT_NE(warnings_.find("\"1\""), std::string::npos);
}

TEST_F(Pixels, OfAPaletteAreItsColours) {
    PngImage palette{3, 1, PNG_COLOR_TYPE_PALETTE, 8, {0, 1, 2}, {{1, 2, 3}, {4, 5, 6}, {7, 8, 9}}, {255, 10}};
    EXPECT_EQ(read(palette).values, (Values{1, 2, 3, 255, 4, 5, 6, 10, 7, 8, 9, 255}));
    EXPECT_EQ(read(palette, true).values, (Values{1, 2, 3, 4, 5, 6, 7, 8, 9}));
    EXPECT_NE(warnings_.find("\"P\""), std::string::npos);
    palette.covers.clear();
    EXPECT_EQ(read(palette).values, (Values{1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST_F(Pixels, OfATransparentColourAreTransparent) {
    const PngImage image{2, 1, PNG_COLOR_TYPE_RGB, 8, {1, 2, 3, 4, 5, 6}, {}, {}, {4, 5, 6}};
    EXPECT_EQ(read(image).values, (Values{1, 2, 3, 255, 4, 5, 6, 0}));
    EXPECT_EQ(read(image, true).values, (Values{1, 2, 3, 4, 5, 6}));
    const PngImage grey{2, 1, PNG_COLOR_TYPE_GRAY, 8, {1, 9}, {}, {}, {9}};
    EXPECT_EQ(read(grey).values, (Values{1, 1, 1, 255, 9, 9, 9, 0}));
    EXPECT_EQ(read(grey, true).values, (Values{1, 1, 1, 9, 9, 9}));
}

TEST_F(Pixels, OfSixteenBitsAreScaled) {
    const PngImage grey{3, 1, PNG_COLOR_TYPE_GRAY, 16, {0, 200, 0x80, 0x80, 0xff, 0xff}};
    EXPECT_EQ(read(grey).values, (Values{1, 1, 1, 128, 128, 128, 255, 255, 255}));
    EXPECT_EQ(read(grey, true).values, (Values{200, 200, 200, 255, 255, 255, 255, 255, 255}));  // clipped
    EXPECT_NE(warnings_.find("\"I\""), std::string::npos);
    const PngImage colours{1, 1, PNG_COLOR_TYPE_RGB_ALPHA, 16, {0x01, 0xff, 0x00, 0x00, 0xfe, 0xff, 0x7f, 0xff}};
    EXPECT_EQ(read(colours).values, (Values{2, 0, 254, 127}));
    EXPECT_EQ(read(colours, true).values, (Values{1, 0, 254, 127}));  // cut
    EXPECT_EQ(warnings_, "");
}

TEST_F(Pixels, OfAnInterlacedImageAreTheSame) {
    std::mt19937 random(3);
    PngImage image{37, 41, PNG_COLOR_TYPE_RGB_ALPHA, 8, {}};
    for (int i = 0; i < 37 * 41 * 4; ++i)
        image.bytes.push_back(static_cast<unsigned char>(random()));
    const Values plain = read(image).values;
    image.interlaced = true;
    EXPECT_EQ(read(image).values, plain);
}

TEST_F(Pixels, AreCropped) {
    PngImage image{4, 3, PNG_COLOR_TYPE_GRAY, 8, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}};
    write_png(path("image.png"), image);
    Reading reading;
    reading.crop = {.top = 1, .right = 2, .bottom = 1, .left = 1};
    const ReadImage part = read_image(path("image.png"), reading);
    EXPECT_EQ(part.width, 1);
    EXPECT_EQ(part.height, 1);
    EXPECT_EQ(part.values, (Values{6, 6, 6}));
    for (const Crop& crop : {Crop{3, 0, 0, 0}, Crop{2, 0, 1, 0}, Crop{0, 2, 0, 2}, Crop{0, -1, 0, 0}}) {
        reading.crop = crop;
        EXPECT_EQ(error_of([&] { read_image(path("image.png"), reading); }).kind(), Error::Kind::invalid);
    }
}

TEST_F(Pixels, ThatAreBlackBecomeTransparent) {
    write_png(path("image.png"), {3, 1, PNG_COLOR_TYPE_RGB, 8, {0, 0, 0, 0, 0, 1, 9, 9, 9}});
    write_png(path("clear.png"), {2, 1, PNG_COLOR_TYPE_RGB_ALPHA, 8, {0, 0, 0, 77, 1, 1, 1, 77}});
    Reading reading;
    reading.black_to_transparent = true;
    EXPECT_EQ(read_image(path("image.png"), reading).values, (Values{0, 0, 0, 0, 0, 0, 1, 255, 9, 9, 9, 255}));
    EXPECT_EQ(read_image(path("clear.png"), reading).values, (Values{0, 0, 0, 0, 1, 1, 1, 77}));
}

TEST_F(Pixels, TellTheirSizeByTheHeadAlone) {
    write_png(path("image.png"), {5, 2, PNG_COLOR_TYPE_GRAY, 8, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}});
    EXPECT_EQ(size_of(path("image.png")).width, 5);
    EXPECT_EQ(size_of(path("image.png")).height, 2);
}

// ---- colour profiles

std::string bytes_of(cmsHPROFILE profile) {
    cmsUInt32Number size = 0;
    cmsSaveProfileToMem(profile, nullptr, &size);
    std::string bytes(size, '\0');
    cmsSaveProfileToMem(profile, bytes.data(), &size);
    cmsCloseProfile(profile);
    return bytes;
}

// A JPEG with a profile in it; the picture's first marker stands behind it.
std::string with_profile(const std::string& jpeg, const std::string& profile) {
    std::string marker("ICC_PROFILE\0\1\1", 14);
    marker += profile;
    const std::size_t size = marker.size() + 2;
    return jpeg.substr(0, 2) + "\xff\xe2" + static_cast<char>(size >> 8) + static_cast<char>(size & 0xff) + marker +
           jpeg.substr(2);
}

std::string grey_picture(int value) {
    const std::vector<std::byte> pixels(16 * 16 * 3, static_cast<std::byte>(value));
    return encode_jpeg(pixels.data(), 16, 16, 100);
}

std::string linear_light() {
    cmsToneCurve* const straight = cmsBuildGamma(nullptr, 1.0);
    cmsToneCurve* const curves[3] = {straight, straight, straight};
    const cmsCIExyY white = {0.3127, 0.3290, 1};
    const cmsCIExyYTRIPLE primaries = {{0.64, 0.33, 1}, {0.30, 0.60, 1}, {0.15, 0.06, 1}};
    std::string bytes = bytes_of(cmsCreateRGBProfile(&white, &primaries, curves));
    cmsFreeToneCurve(straight);
    return bytes;
}

TEST_F(Pixels, AreBroughtToSrgb) {
    write_bytes(path("image.jpg"), with_profile(grey_picture(55), linear_light()));
    EXPECT_NEAR(read_image(path("image.jpg")).values.at(0), 128, 1);  // 55 parts of 255 of light
    Reading reading;
    reading.to_srgb = false;
    EXPECT_EQ(read_image(path("image.jpg"), reading).values.at(0), 55);
}

TEST_F(Pixels, OfGreyAreBroughtToSrgbByAProfileOfGrey) {
    cmsToneCurve* const straight = cmsBuildGamma(nullptr, 1.0);
    const std::string grey = bytes_of(cmsCreateGrayProfile(cmsD50_xyY(), straight));
    cmsFreeToneCurve(straight);
    const auto write = [&](int kind, std::vector<unsigned char> bytes) {
        std::FILE* const file = std::fopen(path("image.png").c_str(), "wb");
        png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
        png_infop info = png_create_info_struct(png);
        png_init_io(png, file);
        png_set_IHDR(png, info, 1, 1, 8, kind, 0, 0, 0);
        png_set_iCCP(png, info, "grey", 0, reinterpret_cast<png_const_bytep>(grey.data()),
                     static_cast<png_uint_32>(grey.size()));
        png_write_info(png, info);
        png_write_row(png, bytes.data());
        png_write_end(png, nullptr);
        png_destroy_write_struct(&png, &info);
        std::fclose(file);
    };
    write(PNG_COLOR_TYPE_GRAY, {55});
    const Values opaque = read_image(path("image.png")).values;
    EXPECT_NEAR(opaque.at(0), 128, 1);
    EXPECT_NEAR(opaque.at(2), 128, 1);
    write(PNG_COLOR_TYPE_GRAY_ALPHA, {55, 33});
    const Values clear = read_image(path("image.png")).values;
    EXPECT_NEAR(clear.at(1), 128, 1);
    EXPECT_EQ(clear.at(3), 33);
}

// All inks together make it darker, black does so alone.
int darken(const cmsUInt16Number in[], cmsUInt16Number out[], void*) {
    const double light = (1 - in[0] / 65535.0) * (1 - in[3] / 65535.0);
    out[0] = static_cast<cmsUInt16Number>(light * 65280);
    out[1] = out[2] = 0x8000;
    return 1;
}

std::string inks() {
    const cmsHPROFILE profile = cmsCreateProfilePlaceholder(nullptr);
    cmsSetProfileVersion(profile, 2.4);
    cmsSetDeviceClass(profile, cmsSigOutputClass);
    cmsSetColorSpace(profile, cmsSigCmykData);
    cmsSetPCS(profile, cmsSigLabData);
    cmsPipeline* const pipeline = cmsPipelineAlloc(nullptr, 4, 3);
    cmsStage* const table = cmsStageAllocCLut16bit(nullptr, 3, 4, 3, nullptr);
    cmsStageSampleCLut16bit(table, darken, nullptr, 0);
    cmsPipelineInsertStage(pipeline, cmsAT_BEGIN, table);
    cmsWriteTag(profile, cmsSigAToB0Tag, pipeline);
    cmsPipelineFree(pipeline);
    return bytes_of(profile);
}

TEST_F(Pixels, OfInksAreThoseOfTheirProfile) {
    ATELIER_NEED_SKY_DATA();
    const std::string jpeg = read_file(sky_data() / "inputs/cmyk_400x300.jpg");
    write_bytes(path("plain.jpg"), jpeg);
    write_bytes(path("image.jpg"), with_profile(jpeg, inks()));
    const ReadImage plain = read_image(path("plain.jpg")), image = read_image(path("image.jpg"));
    EXPECT_EQ(image.mode, Mode::rgb);
    EXPECT_NE(image.values, plain.values);
    for (std::size_t at = 0; at < image.values.size(); at += 3) {  // this one's inks are all grey
        ASSERT_NEAR(image.values[at], image.values[at + 1], 2);
        ASSERT_NEAR(image.values[at], image.values[at + 2], 2);
    }
}

TEST_F(Pixels, LeaveAProfileOutThatIsForOthers) {
    write_bytes(path("image.jpg"), with_profile(grey_picture(55), inks()));
    Reading reading;
    reading.warn = [this](std::string_view text) { warnings_ = text; };
    EXPECT_EQ(read_image(path("image.jpg"), reading).values.at(0), 55);
    EXPECT_NE(warnings_.find("left out"), std::string::npos);
}

TEST_F(Pixels, RefuseADamagedProfileWithAWayOut) {
    const std::string profile = linear_light();
    for (const std::string& bad : {std::string("no profile"), profile.substr(0, 130), profile.substr(0, 200)}) {
        write_bytes(path("image.jpg"), with_profile(grey_picture(55), bad));
        const Error error = error_of([&] { read_image(path("image.jpg")); });
        EXPECT_EQ(error.kind(), Error::Kind::invalid);
        EXPECT_NE(error.hint().find("--colorspace-processing none"), std::string::npos);
    }
}

// ---- files from strangers

TEST_F(Pixels, RefuseWhatIsNoImage) {
    for (const std::string& bytes :
         {std::string(), std::string("x"), std::string("\xff\xd8\xff"), std::string(5000, 'a'),
          std::string("\x89PNG\r\n\x1a\n"), std::string("II*\0\1\2", 6), std::string("RIFF\0\0\0\0WEBP", 12),
          std::string("\x1f\x8b\x08"), std::string("SIMPLE  =")}) {
        write_bytes(path("image"), bytes);
        const Error error = error_of([&] { read_image(path("image")); });
        EXPECT_NE(std::string(error.what()).find("image"), std::string::npos) << error.what();
        error_of([&] { size_of(path("image")); });
    }
    EXPECT_EQ(error_of([&] { read_image(path("none.png")); }).kind(), Error::Kind::not_found);
}

TEST_F(Pixels, OfAFileThatEndsTooEarlyAreRefused) {
    std::mt19937 random(5);
    PngImage image{64, 64, PNG_COLOR_TYPE_RGB, 8, {}};
    for (int i = 0; i < 64 * 64 * 3; ++i)
        image.bytes.push_back(static_cast<unsigned char>(random()));
    write_png(path("whole.png"), image);
    const std::string png = read_file(path("whole.png"));
    const std::string jpeg = encode_jpeg(reinterpret_cast<const std::byte*>(image.bytes.data()), 64, 64, 90);
    for (const std::string& whole : {png, jpeg})
        for (std::size_t length = 1; length < whole.size() - 20; length += 97) {
            write_bytes(path("short"), whole.substr(0, length));
            EXPECT_EQ(error_of([&] { read_image(path("short")); }).kind(), Error::Kind::invalid) << length;
        }
}

TEST_F(Pixels, OfDamagedFilesAreReadOrRefused) {
    std::mt19937 random(9);
    PngImage image{40, 40, PNG_COLOR_TYPE_PALETTE, 4, std::vector<unsigned char>(40 * 20), {{1, 2, 3}, {4, 5, 6}}, {3}};
    write_png(path("whole.png"), image);
    const std::vector<std::byte> grey(40 * 40 * 3);
    const std::string whole[] = {read_file(path("whole.png")),
                                 with_profile(encode_jpeg(grey.data(), 40, 40, 50), linear_light())};
    for (int round = 0; round < 600; ++round) {
        std::string bytes = whole[round % 2];
        for (int change = 0; change <= round % 5; ++change)
            bytes[random() % bytes.size()] = static_cast<char>(random());
        write_bytes(path("damaged"), bytes);
        try {
            read_image(path("damaged"));
        } catch (const Error&) {
        }
    }
}

TEST_F(Pixels, OfSizesThatNoneHasAreRefusedAtOnce) {
    std::string head("\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\x7f\xff\xff\xff\x7f\xff\xff\xff\x08\x02\0\0\0", 29);
    head += std::string("\x6b\x40\x0b\x42\0\0\0\0IDAT\x35\xaf\x06\x1e", 16);
    write_bytes(path("huge.png"), head);
    error_of([&] { read_image(path("huge.png")); });
    std::string jpeg = grey_picture(3);
    const std::size_t frame = jpeg.find("\xff\xc0");
    ASSERT_NE(frame, std::string::npos);
    jpeg.replace(frame + 5, 4, "\xff\xdc\xff\xdc");  // 65500 times 65500: read until it ends
    write_bytes(path("huge.jpg"), jpeg);
    EXPECT_EQ(error_of([&] { read_image(path("huge.jpg")); }).kind(), Error::Kind::invalid);
    jpeg[frame + 1] = '\xc2';  // progressive: all of it would have to be held
    write_bytes(path("huge.jpg"), jpeg);
    const Error error = error_of([&] { read_image(path("huge.jpg")); });
    EXPECT_EQ(error.kind(), Error::Kind::exhausted);
    EXPECT_NE(error.hint(), "");
}

// ---- numbers

std::string fits_image(const std::string& cards, const std::string& data) {
    FitsHeader header;
    header.set("SIMPLE", true);
    header.set("BITPIX", std::int64_t{16});
    header.set("NAXIS", std::int64_t{2});
    header.set("NAXIS1", std::int64_t{2});
    header.set("NAXIS2", std::int64_t{2});
    if (cards == "scaled") header.set("BZERO", 10.0);
    if (cards == "top-down") {
        header.set("CTYPE1", std::string_view("RA---TAN"));
        header.set("CTYPE2", std::string_view("DEC--TAN"));
        for (const char* key : {"CRVAL1", "CRVAL2", "CRPIX1", "CRPIX2"})
            header.set(key, 1.0);
        header.set("CD1_1", -1e-4);
        header.set("CD2_2", -1e-4);
    }
    std::string file = header.blocks() + data;
    file.resize((file.size() + 2879) / 2880 * 2880);
    return file;
}

TEST_F(Pixels, OfFitsAreTopDown) {
    const std::string data("\0\1\0\2\0\3\0\4", 8);
    write_bytes(path("image.fits"), fits_image("", data));
    const ReadImage usual = read_image(path("image.fits"));
    EXPECT_EQ(usual.mode, Mode::i16);
    EXPECT_EQ(usual.values, (Values{3, 0, 4, 0, 1, 0, 2, 0}));
    write_bytes(path("image.fits"), fits_image("top-down", data));
    EXPECT_EQ(read_image(path("image.fits")).values, (Values{1, 0, 2, 0, 3, 0, 4, 0}));
    Reading reading;
    reading.crop = {.top = 1, .right = 0, .bottom = 0, .left = 1};
    EXPECT_EQ(read_image(path("image.fits"), reading).values, (Values{4, 0}));
    EXPECT_EQ(size_of(path("image.fits")).width, 2);
}

TEST_F(Pixels, OfScaledFitsAreItsValues) {
    write_bytes(path("image.fits"), fits_image("scaled", std::string("\0\1\0\2\0\3\0\4", 8)));
    const auto rows = open_pixels(path("image.fits"), {});
    ASSERT_EQ(rows->mode(), Mode::f32);
    float row[2];
    rows->read(reinterpret_cast<std::byte*>(row));
    EXPECT_EQ(row[0], 13);
    EXPECT_EQ(row[1], 14);
}

// ---- what libvips reads

TEST_F(Pixels, OfTiffAreTheSamePackedOrNot) {
    ATELIER_NEED_SKY_DATA();
    const ReadImage plain = read_image(sky_data() / "inputs/rgb_400x300.tif");
    const ReadImage packed = read_image(sky_data() / "inputs/rgb_400x300_lzw.tif");
    EXPECT_EQ(plain.width, 400);
    EXPECT_EQ(plain.mode, Mode::rgb);
    EXPECT_EQ(plain.values, packed.values);
}

}  // namespace
}  // namespace atelier::pipelines::sky
