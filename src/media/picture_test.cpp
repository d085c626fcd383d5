#include "media/picture.h"

#include <ImfInputFile.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>

#include "base/testing.h"
#include "media/picture_rows.h"
#include "media/testing.h"
#include "process/child.h"

namespace atelier::media {
namespace {

using testing::HasSubstr;
using testing_support::error_of;

constexpr float nan_value = std::numeric_limits<float>::quiet_NaN();
constexpr float infinite = std::numeric_limits<float>::infinity();

std::vector<float> read_channel(const std::filesystem::path& path, const char* name) {
    Imf::InputFile file(path.c_str());
    const Imath::Box2i window = file.header().dataWindow();
    const auto width = static_cast<std::size_t>(window.max.x + 1), height = static_cast<std::size_t>(window.max.y + 1);
    std::vector<float> values(width * height);
    Imf::FrameBuffer buffer;
    buffer.insert(name,
                  Imf::Slice(Imf::FLOAT, reinterpret_cast<char*>(values.data()), sizeof(float), sizeof(float) * width));
    file.setFrameBuffer(buffer);
    file.readPixels(0, window.max.y);
    return values;
}

struct PictureTest : testing::Test {
    std::filesystem::path at(const char* name) const { return folder.path() / name; }
    // The Error that names the file; verify and probe may differ in which sees it.
    std::string refusal_of(const std::filesystem::path& path) const {
        const Error error = error_of([&] { verify_picture(path); });
        EXPECT_EQ(error.kind(), Error::Kind::invalid);
        EXPECT_THAT(error.what(), HasSubstr(path.filename().string()));
        return error.what();
    }
    void convert(const std::string& from, const std::string& to, std::vector<std::string> more = {}) const {
        std::vector<std::string> words = {"ffmpeg", "-v", "error", "-y", "-i", from};
        words.insert(words.end(), more.begin(), more.end());
        words.push_back(to);
        const auto end = process::run_child(words);
        ASSERT_EQ(end.code, 0) << end.complaints;
    }

    const TemporaryFolder folder;
};

TEST_F(PictureTest, WhatAPngIs) {
    write_png(at("a.png"), 40, 30, moving(1));
    write_png(at("b.png"), 7, 5, moving(1), 4, ChannelDepth::sixteen);
    write_png(at("c.png"), 1, 1, moving(1), 1);
    for (const auto& [name, width, height, channels, depth] :
         {std::tuple{"a.png", 40, 30, 3, ChannelDepth::eight}, std::tuple{"b.png", 7, 5, 4, ChannelDepth::sixteen},
          std::tuple{"c.png", 1, 1, 1, ChannelDepth::eight}}) {
        const PictureInfo info = verify_picture(at(name));
        EXPECT_EQ(info, (PictureInfo{PictureKind::png, width, height, channels, depth,
                                     std::filesystem::file_size(at(name))}));
        EXPECT_EQ(probe_picture(at(name)), info);
    }
}

TEST_F(PictureTest, EveryCutOfAPngIsSeenWithoutDecoding) {
    write_png(at("a.png"), 40, 30, moving(1));
    const std::string whole = read_file(at("a.png"));
    for (std::size_t size = 0; size < whole.size(); size += size < 60 ? 1 : 37) {
        write_file_durably(at("cut.png"), whole.substr(0, size));
        EXPECT_EQ(error_of([&] { probe_picture(at("cut.png")); }).kind(), Error::Kind::invalid) << size;
    }
}

TEST_F(PictureTest, DamageInsideIsSeenByDecoding) {
    write_png(at("a.png"), 40, 30, moving(1));
    const std::size_t size = std::filesystem::file_size(at("a.png"));
    for (std::size_t byte : {size / 2, size / 3, size - 20}) {
        write_png(at("a.png"), 40, 30, moving(1));
        flip_byte(at("a.png"), byte);
        refusal_of(at("a.png"));
    }
}

TEST_F(PictureTest, OtherKindsCutAndWhole) {
    write_png(at("a.png"), 40, 30, moving(1));
    for (const char* name :
         {"a.jpg", "a.tif", "a.webp", "a.gif", "a.ppm", "a.bmp", "a.tga", "a.sgi", "a.dpx", "a.jp2"}) {
        convert(at("a.png"), at(name));
        const PictureInfo info = verify_picture(at(name));
        EXPECT_EQ(std::pair(info.width, info.height), std::pair(40, 30)) << name;
        EXPECT_EQ(info.kind, kind_by_name(name)) << name;
        if (std::string(name) != "a.jp2") {  // each of its prefixes is a coarser picture
            cut_file(at(name), 0.5);
            refusal_of(at(name));
        }
    }
    // The same pixels, whatever they lie in.
    for (const char* name : {"b.ppm", "b.bmp", "b.tif"}) {
        convert(at("a.png"), at(name));
        const auto statistics = measure_picture(at(name)), plain = measure_picture(at("a.png"));
        for (std::size_t i = 0; i < 3; ++i)
            EXPECT_DOUBLE_EQ(statistics.channels[i].mean, plain.channels[i].mean) << name;
    }
}

TEST_F(PictureTest, WhatLiesAboutItselfIsRefused) {
    write_png(at("a.png"), 40, 30, moving(1));
    convert(at("a.png"), at("b.jpg"));
    std::filesystem::rename(at("b.jpg"), at("b.png"));
    EXPECT_THAT(refusal_of(at("b.png")), HasSubstr("JPEG picture, though its name says PNG"));
    write_file_durably(at("c.png"), "#!/bin/sh\n");
    EXPECT_THAT(refusal_of(at("c.png")), HasSubstr("no picture"));
    write_file_durably(at("d.png"), "");
    EXPECT_THAT(refusal_of(at("d.png")), HasSubstr("empty"));
    write_file_durably(at("e.svg"), "<svg xmlns='http://www.w3.org/2000/svg'/>");
    refusal_of(at("e.svg"));
    write_file_durably(at("f.tga"), std::string(500, 'x'));
    refusal_of(at("f.tga"));
    std::filesystem::create_directory(at("g.png"));
    EXPECT_THROW(probe_picture(at("g.png")), Error);
    EXPECT_EQ(error_of([&] { probe_picture(at("none.png")); }).kind(), Error::Kind::not_found);
}

TEST_F(PictureTest, HugeClaimsCostNothing) {
    write_png(at("a.png"), 40, 30, moving(1));
    std::string bytes = read_file(at("a.png"));
    for (const char* size : {"\x7f\xff\xff\xff", "\xff\xff\xff\xff", "\x00\x00\xff\xff", "\x00\x01\x86\xa1"}) {
        write_file_durably(at("b.png"),
                           bytes.substr(0, 16) + std::string(size, 4) + std::string(size, 4) + bytes.substr(24));
        EXPECT_THAT(refusal_of(at("b.png")), HasSubstr("pixels"));
    }
    write_file_durably(at("c.ppm"), "P6 2000000 2000000 255\nabc");
    refusal_of(at("c.ppm"));
    write_exr(at("d.exr"), 8, 8, {"B", "G", "R"}, moving(1));
    bytes = read_file(at("d.exr"));
    const auto window = bytes.find("dataWindow");
    ASSERT_NE(window, std::string::npos);
    bytes.replace(window + 11 + 6 + 4 + 8, 8, std::string("\xff\xff\xff\x3f\xff\xff\xff\x3f", 8));
    write_file_durably(at("d.exr"), bytes);
    refusal_of(at("d.exr"));
}

// Whatever a byte is changed to: an Error that names the file, or a picture of a bounded size.
TEST_F(PictureTest, FlippedBytes) {
    write_exr(at("a.exr"), 24, 16, {"R", "G", "B", "A"}, moving(1), Imf::HALF);
    write_png(at("a.png"), 24, 16, moving(1));
    convert(at("a.png"), at("a.tif"));
    convert(at("a.png"), at("a.jpg"));
    for (const char* name : {"a.exr", "a.png", "a.tif", "a.jpg"}) {
        const std::string whole = read_file(at(name));
        const std::string changed = std::string("changed") + std::filesystem::path(name).extension().string();
        std::size_t refused = 0;
        for (std::size_t i = 0; i < 250; ++i) {
            std::string bytes = whole;
            // The head closely, the rest by steps.
            const std::size_t place =
                i < 150 ? i * std::min<std::size_t>(whole.size(), 450) / 150 : i * whole.size() / 250;
            bytes[place] = static_cast<char>(bytes[place] ^ (1 << i % 8 | 0x80));
            std::ofstream(at(changed.c_str()), std::ios::binary) << bytes;
            try {
                const PictureInfo info = verify_picture(at(changed.c_str()));
                EXPECT_LE(static_cast<std::uint64_t>(info.width) * static_cast<std::uint64_t>(info.height),
                          max_picture_pixels);
            } catch (const Error& error) {
                ++refused;
                EXPECT_THAT(error.what(), HasSubstr(changed));
            }
        }
        EXPECT_GT(refused, 20u) << name;
    }
}

TEST_F(PictureTest, OpenExrInAllPrecisionsAndLayers) {
    const auto formula = [](int x, int y, int channel) {
        return static_cast<float>(x * 0.001 + y * 7.25 + channel * 100);
    };
    write_exr(at("a.exr"), 20, 10, {"R", "G", "B", "A", "Z"}, formula);
    EXPECT_EQ(verify_picture(at("a.exr")),
              (PictureInfo{PictureKind::exr, 20, 10, 4, ChannelDepth::real, std::filesystem::file_size(at("a.exr"))}));
    const auto statistics = measure_picture(at("a.exr"));
    EXPECT_DOUBLE_EQ(statistics.channels[0].greatest,
                     static_cast<double>(formula(19, 9, 0)));  // more than a half holds
    EXPECT_DOUBLE_EQ(statistics.channels[2].least, 200);
    write_exr(at("b.exr"), 4, 4,
              {"Layer.AO.R", "Layer.AO.G", "Layer.AO.B", "Layer.Combined.R", "Layer.Combined.G", "Layer.Combined.B"},
              [](int, int, int channel) { return static_cast<float>(channel); });
    EXPECT_DOUBLE_EQ(measure_picture(at("b.exr")).channels[0].mean, 3);
    write_exr(at("c.exr"), 4, 4, {"Depth.Z"}, [](int, int, int) { return 9.f; });
    EXPECT_EQ(probe_picture(at("c.exr")).channels, 1);
    for (const double part : {0.1, 0.5, 0.9, 0.99}) {
        write_exr(at("d.exr"), 64, 64, {"B", "G", "R"}, moving(1));
        cut_file(at("d.exr"), part);
        refusal_of(at("d.exr"));
    }
}

TEST_F(PictureTest, ValuesThatAreNoNumbersAreCounted) {
    write_exr(at("a.exr"), 10, 10, {"R", "G", "B"}, [](int x, int y, int channel) {
        if (x == 3 && y == 4) return nan_value;
        if (x == 5 && y == 6 && channel == 1) return -infinite;
        return 0.5f;
    });
    const auto statistics = measure_picture(at("a.exr"));
    EXPECT_EQ(statistics.not_finite, 2u);
    EXPECT_EQ(statistics.pixels, 100u);
    EXPECT_DOUBLE_EQ(statistics.channels[1].mean, 0.5);
    EXPECT_DOUBLE_EQ(statistics.channels[1].least, 0.5);
}

TEST_F(PictureTest, Comparing) {
    write_png(at("a.png"), 20, 10, moving(1));
    write_png(at("b.png"), 20, 10, [](int x, int y, int channel) {
        const float value = moving(1)(x, y, channel);
        return x == 7 && y == 3 ? (value < 128 ? value + 51 : value - 51) : value;
    });
    EXPECT_EQ(compare_pictures(at("a.png"), at("a.png")).pixels, 0u);
    const auto difference = compare_pictures(at("a.png"), at("b.png"));
    EXPECT_EQ(difference.pixels, 1u);
    EXPECT_NEAR(difference.greatest, 0.2, 1e-6);
    write_png(at("c.png"), 21, 10, moving(1));
    EXPECT_EQ(error_of([&] { compare_pictures(at("a.png"), at("c.png")); }).kind(), Error::Kind::conflict);
    for (const auto& [name, value] : {std::pair{"a.exr", nan_value}, std::pair{"b.exr", 1.f}})
        write_exr(at(name), 2, 2, {"R", "G", "B"}, [value = value](int, int, int) { return value; });
    EXPECT_EQ(compare_pictures(at("a.exr"), at("a.exr")).pixels, 0u);
    EXPECT_EQ(compare_pictures(at("a.exr"), at("b.exr")).greatest, std::numeric_limits<double>::infinity());
}

// Bands of rows, tiles of unlike sizes and parts within pictures of the whole's size: 8 and 16 bits.
TEST_F(PictureTest, PartsBecomeTheSamePixels) {
    for (const ChannelDepth depth : {ChannelDepth::eight, ChannelDepth::sixteen}) {
        const float factor = depth == ChannelDepth::sixteen ? 256.f : 1.f;
        const auto whole = [&](int x, int y, int channel) {
            return moving(3)(x, y, channel) * factor + (factor > 1 ? float(x) : 0);
        };
        write_png(at("whole.png"), 41, 33, whole, 4, depth);
        std::vector<PicturePart> tiles, rows;
        for (const int y : {0, 10, 21})
            for (const int x : {0, 20}) {
                const auto name = at(("tile" + std::to_string(x) + "_" + std::to_string(y) + ".png").c_str());
                const int width = x == 0 ? 20 : 21, height = y == 0 ? 10 : y == 10 ? 11 : 12;
                write_png(
                    name, width, height, [&](int i, int k, int channel) { return whole(x + i, y + k, channel); }, 4,
                    depth);
                tiles.insert(tiles.begin(), {name, x, y, std::nullopt});  // in any order
            }
        for (const int y : {0, 11, 22}) {
            const auto name = at(("rows" + std::to_string(y) + ".png").c_str());
            write_png(
                name, 41, 33,
                [&](int i, int k, int channel) { return k >= y && k < y + 11 ? whole(i, k, channel) : 0; }, 4, depth);
            rows.push_back({name, 0, y, Area{0, y, 41, 11}});
        }
        for (const auto& parts : {tiles, rows}) {
            join_parts(parts, at("joined.png"));
            EXPECT_EQ(compare_pictures(at("joined.png"), at("whole.png")).pixels, 0u);
            EXPECT_EQ(probe_picture(at("joined.png")).depth, depth);
        }
    }
    EXPECT_TRUE(std::filesystem::exists(at("joined.png")));
    for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
        EXPECT_FALSE(entry.path().filename().string().starts_with(".")) << entry.path() << " is left lying";
}

TEST_F(PictureTest, PpmAsItIs) {
    const auto rows_of = [&](const std::string& bytes) {
        write_file_durably(at("a.ppm"), bytes);
        const auto rows = open_picture(at("a.ppm"));
        std::vector<float> values(rows->row_values() * static_cast<std::size_t>(rows->info().height));
        for (int y = 0; y < rows->info().height; ++y)
            rows->read(values.data() + static_cast<std::size_t>(y) * rows->row_values());
        return values;
    };
    using Values = std::vector<float>;
    EXPECT_EQ(rows_of("P6\n# made by\n2 1\n# more\n255\nabc#\n "), (Values{97, 98, 99, 35, 10, 32}));
    EXPECT_EQ(rows_of("P5 1\t2 #\n255\r\x01\xff"), (Values{1, 255}));
    EXPECT_EQ(rows_of(std::string("P5 2 1 65535\n\x01\x02\xff\xff", 17)), (Values{258, 65535}));
    EXPECT_EQ(rows_of("P5 3 1 100\n2d\xff"), (Values{128, 255, 255})) << "in steps of its own";
    EXPECT_EQ(rows_of(std::string("P5 2 1 1000\n\x01\xf4\x03\xe8", 16)), (Values{32768, 65535}));
    EXPECT_EQ(probe_picture(at("a.ppm")).depth, ChannelDepth::sixteen);

    const std::string endless_remark = "P6 #" + std::string(100'000, 'x');
    for (const std::string& broken :
         {std::string("P6"), std::string("P6 2 1 255\nabcde"), std::string("P6 2 1 255"), std::string("P6 2 1 255x"),
          std::string("P6 -2 1 255\nabcdef"), std::string("P6 2 1 0\nabcdef"), std::string("P6 2 1 65536\nabcdef"),
          std::string("P6 99999999999999999999 1 255\nabc"), std::string("P6 200000 1 255\nabc"), endless_remark}) {
        write_file_durably(at("a.ppm"), broken);
        EXPECT_EQ(error_of([&] { probe_picture(at("a.ppm")); }).kind(), Error::Kind::invalid) << broken.substr(0, 40);
    }
}

TEST_F(PictureTest, PpmOfPovRayIsItsPng) {
    ATELIER_NEED_PROGRAM("povray");
    write_file_durably(at("s.pov"),
                       "camera { location <0, 1, -4> look_at 0 } light_source { <5, 5, -5> 1 }\n"
                       "sphere { 0, 1 pigment { rgb <1, .5, .2> } }\n");
    for (const auto& [name, type] : {std::pair("a.png", "+FN"), std::pair("a.ppm", "+FP"), std::pair("b.png", "+FN16"),
                                     std::pair("b.ppm", "+FP16")})
        ASSERT_EQ(process::run_child({"povray", "+I" + at("s.pov").string(), "+O" + at(name).string(), type, "+W64",
                                      "+H48", "-A", "-D", "-V", "-GA", "File_Gamma=srgb"})
                      .code,
                  0);
    EXPECT_EQ(probe_picture(at("b.ppm")).depth, ChannelDepth::sixteen);
    EXPECT_EQ(compare_pictures(at("a.png"), at("a.ppm")).pixels, 0u);
    EXPECT_EQ(compare_pictures(at("b.png"), at("b.ppm")).pixels, 0u);
}

TEST_F(PictureTest, RowsOfPovRayBecomeItsWholePicture) {
    ATELIER_NEED_PROGRAM("povray");
    write_file_durably(at("s.pov"), R"(camera { location <0, 1, -4> look_at 0 } light_source { <5, 5, -5> 1 }
        sphere { 0, 1 pigment { rgb <1, .5, .2> } } plane { y, -1 pigment { checker rgb 1 rgb .2 } })");
    const auto render = [&](const std::string& name, std::vector<std::string> more) {
        std::vector<std::string> words = {"povray",
                                          "+I" + at("s.pov").string(),
                                          "+O" + at(name.c_str()).string(),
                                          "+FN",
                                          "+W64",
                                          "+H48",
                                          "-A",
                                          "-D",
                                          "-V",
                                          "-GA"};
        words.insert(words.end(), more.begin(), more.end());
        ASSERT_EQ(process::run_child(words).code, 0);
    };
    render("whole.png", {});
    render("upper.png", {"+SR1", "+ER20"});
    render("lower.png", {"+SR21", "+ER48"});
    join_parts({{at("upper.png"), 0, 0, Area{0, 0, 64, 20}}, {at("lower.png"), 0, 20, Area{0, 20, 64, 28}}},
               at("joined.png"));
    EXPECT_EQ(compare_pictures(at("joined.png"), at("whole.png")).pixels, 0u);
    EXPECT_GT(compare_pictures(at("upper.png"), at("whole.png")).pixels, 0u);
}

TEST_F(PictureTest, RadianceIsLinearLight) {
    write_file_durably(at("a.hdr"),
                       "#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 2 +X 2\n" +
                           std::string("\x80\x40\x80\x83\x80\x40\x80\x83\x80\x40\x80\x83\x80\x40\x80\x83", 16));
    const auto statistics = measure_picture(at("a.hdr"));
    EXPECT_EQ(statistics.info.depth, ChannelDepth::real);
    EXPECT_NEAR(statistics.channels[0].mean, 4, 0.05);
    EXPECT_NEAR(statistics.channels[1].mean, 2, 0.05);
    cut_file(at("a.hdr"), 0.85);
    refusal_of(at("a.hdr"));
}

TEST_F(PictureTest, ExrPartsKeepAllChannelsAndTheirPrecision) {
    const auto whole = [](int x, int y, int channel) {
        return static_cast<float>(std::sin(x * 12.9 + y * 78.2 + channel) * 1e3);
    };
    for (const Imf::PixelType type : {Imf::FLOAT, Imf::HALF}) {
        const std::vector<std::string> names = {"V.Combined.R", "V.Combined.G", "V.Combined.B", "V.Depth.Z"};
        write_exr(at("whole.exr"), 30, 40, names, whole, type);
        std::vector<PicturePart> parts;
        for (const int y : {0, 17}) {
            const auto name = at(("part" + std::to_string(y) + ".exr").c_str());
            write_exr(
                name, 30, y == 0 ? 17 : 23, names, [&](int x, int k, int channel) { return whole(x, y + k, channel); },
                type);
            parts.push_back({name, 0, y, std::nullopt});
        }
        join_parts(parts, at("joined.exr"));
        EXPECT_EQ(compare_pictures(at("joined.exr"), at("whole.exr")).pixels, 0u);
        EXPECT_EQ(read_channel(at("joined.exr"), "V.Depth.Z"), read_channel(at("whole.exr"), "V.Depth.Z"));
        EXPECT_EQ(Imf::InputFile(at("joined.exr").c_str()).header().channels()["V.Depth.Z"].type, type);
    }
}

TEST_F(PictureTest, PartsThatDoNotMakeAWholeAreRefused) {
    write_png(at("a.png"), 10, 5, moving(1));
    write_png(at("b.png"), 10, 5, moving(2), 4);
    write_png(at("cut.png"), 10, 5, moving(2));
    cut_file(at("cut.png"), 0.8);
    const auto refused = [&](std::vector<PicturePart> parts, const char* why) {
        const Error error = error_of([&] { join_parts(parts, at("joined.png")); });
        EXPECT_EQ(error.kind(), Error::Kind::invalid);
        EXPECT_THAT(error.what(), HasSubstr(why));
        EXPECT_FALSE(std::filesystem::exists(at("joined.png")));
    };
    refused({}, "none");
    refused({{at("a.png"), 0, 0, {}}, {at("a.png"), 0, 6, {}}}, "hole");
    refused({{at("a.png"), 0, 0, {}}, {at("a.png"), 0, 4, {}}}, "overlap");
    refused({{at("a.png"), 0, 0, {}}, {at("b.png"), 0, 5, {}}}, "another kind");
    refused({{at("a.png"), 0, 0, Area{5, 0, 6, 5}}}, "not in it");
    refused({{at("a.png"), -1, 0, {}}}, "no place");
    refused({{at("a.png"), 0, 0, {}}, {at("cut.png"), 0, 5, {}}}, "cut.png");
    refused({{at("a.png"), 0, 1, {}}}, "hole");
    join_parts({{at("a.png"), 0, 0, {}}}, at("joined.png"));
    EXPECT_EQ(compare_pictures(at("joined.png"), at("a.png")).pixels, 0u);
}

TEST_F(PictureTest, WhatThePngHoldsBesidesIsKept) {
    write_png(at("a.png"), 10, 5, moving(1));
    const std::string bytes = read_file(at("a.png"));
    const std::string gamma("\0\0\0\4gAMA\0\0\xb1\x8f\x0b\xfc\x61\x05", 16);
    write_file_durably(at("b.png"), bytes.substr(0, 33) + gamma + bytes.substr(33));
    join_parts({{at("b.png"), 0, 0, {}}, {at("a.png"), 0, 5, {}}}, at("joined.png"));
    EXPECT_THAT(read_file(at("joined.png")), HasSubstr(gamma));
    EXPECT_EQ(verify_picture(at("joined.png")).height, 10);
}

TEST_F(PictureTest, AverageIsRoundedForPngAndExactForExr) {
    for (const int i : {0, 1, 2})
        write_png(
            at(("p" + std::to_string(i) + ".png").c_str()), 3, 2,
            [i](int x, int, int) { return float(10 * x + i * i); }, 3, ChannelDepth::sixteen);
    average_pictures({at("p0.png"), at("p1.png"), at("p2.png")}, at("mean.png"));
    const auto mean = measure_picture(at("mean.png"));
    EXPECT_DOUBLE_EQ(mean.channels[0].least * 65535, 2);  // (0 + 1 + 4) / 3 = 1.67
    EXPECT_DOUBLE_EQ(mean.channels[0].greatest * 65535, 22);
    average_pictures({at("p0.png"), at("p1.png")}, at("half.png"));
    EXPECT_DOUBLE_EQ(measure_picture(at("half.png")).channels[0].least * 65535, 1);  // 0.5 goes up
    for (const int i : {0, 1, 2})
        write_exr(at(("e" + std::to_string(i) + ".exr").c_str()), 5, 5, {"R", "G", "B"},
                  [i](int x, int, int) { return 0.1f * float(x) + float(i) * 1e-7f; });
    average_pictures({at("e0.exr"), at("e1.exr"), at("e2.exr")}, at("mean.exr"));
    write_exr(at("expected.exr"), 5, 5, {"R", "G", "B"}, [](int x, int, int) {
        const double sum =
            double(0.1f * float(x)) + double(0.1f * float(x) + 1e-7f) + double(0.1f * float(x) + 2 * 1e-7f);
        return static_cast<float>(sum / 3);
    });
    EXPECT_EQ(compare_pictures(at("mean.exr"), at("expected.exr")).pixels, 0u);
    EXPECT_THROW(average_pictures({}, at("no.png")), Error);
    write_exr(at("other.exr"), 5, 4, {"R", "G", "B"}, moving(1));
    EXPECT_THROW(average_pictures({at("e0.exr"), at("other.exr")}, at("no.exr")), Error);
    EXPECT_THROW(average_pictures({at("p0.png"), at("e0.exr")}, at("no.png")), Error);
}

}  // namespace
}  // namespace atelier::media
