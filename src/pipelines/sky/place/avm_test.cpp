#include "pipelines/sky/place/avm.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <cmath>
#include <fstream>
#include <functional>

#include "base/error.h"
#include "base/files.h"
#include "base/testing.h"
#include "pipelines/sky/fits/testing_sky.h"
#include "pipelines/sky/place/position.h"

namespace atelier::pipelines::sky {
namespace {

using testing_support::error_of;

std::string xmp(const std::string& tags, const std::string& attributes = "") {
    return "<?xpacket begin='\xEF\xBB\xBF' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta xmlns:x='adobe:ns:meta/'>"
           "<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><r:Description "
           "xmlns:a='http://www.communicatingastronomy.org/avm/1.0/' xmlns:dc='http://purl.org/dc/elements/1.1/' " +
           attributes + ">" + tags + "</r:Description></r:RDF></x:xmpmeta>  \n <?xpacket end='w'?>";
}

std::string list(const std::string& tag, const std::vector<std::string>& items, const std::string& kind = "Seq") {
    std::string text = "<" + tag + "><r:" + kind + ">";
    for (const std::string& item : items)
        text += "<r:li> " + item + "\n</r:li>";
    return text + "</r:" + kind + "></" + tag + ">";
}

const std::string placed = list("a:Spatial.ReferenceValue", {"10.5", "-20"}, "Bag") +
                           list("a:Spatial.ReferenceDimension", {"200", "100"}) +
                           list("a:Spatial.ReferencePixel", {"101", "51"}) +
                           list("a:Spatial.Scale", {"-1e-4", "1e-4"}) + "<a:Spatial.Rotation>30</a:Spatial.Rotation>";
const std::string framed =
    "a:Spatial.CoordinateFrame='icrs' a:Spatial.Equinox='J2000' a:Spatial.CoordsystemProjection='TAN'";

TEST(Avm, TagsAreAttributesOrElementsOfAnyPrefix) {
    const Avm avm = parse_avm(xmp(placed + "<dc:title><r:Alt><r:li xml:lang='x-default'>T &amp; t</r:li><r:li "
                                           "xml:lang='de'>anders</r:li></r:Alt></dc:title><a:Type>observation</a:Type>",
                                  framed));
    EXPECT_EQ(avm.title, "T & t");
    EXPECT_EQ(avm.coordinate_frame, "ICRS");
    EXPECT_EQ(avm.reference_value, (std::vector<double>{10.5, -20}));
    EXPECT_EQ(avm.rotation, 30);
    EXPECT_TRUE(avm.problems.empty());
    EXPECT_TRUE(has_position(avm));
    EXPECT_EQ(avm.tags.front(), (std::pair<std::string, std::vector<std::string>>("Title", {"T & t"})));
    // The same names of another namespace are other tags.
    EXPECT_TRUE(parse_avm("<x:xmpmeta xmlns:x='x' xmlns:avm='other' avm:Type='Chart'/>").tags.empty());
    EXPECT_EQ(parse_avm("<d xmlns='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><Description><Type "
                        "xmlns='http://www.communicatingastronomy.org/avm/1.0/'>Chart</Type></Description></d>")
                  .tags.size(),
              1u);
}

TEST(Avm, EmptyTagsAreNone) {
    const Avm avm = parse_avm(xmp(
        "<a:Spatial.Notes><r:Alt><r:li xml:lang='x-default'/></r:Alt></a:Spatial.Notes><a:Type/>" +
        list("a:Facility", {"", "-"}) + list("a:Spatial.Scale", {"", ""}) + "<a:Instrument><r:Seq/></a:Instrument>"));
    EXPECT_TRUE(avm.tags.empty());
    EXPECT_TRUE(avm.problems.empty());
    EXPECT_FALSE(has_position(avm));
}

TEST(Avm, WhatCannotBeIsToldAndCountsAsMissing) {
    const Avm avm =
        parse_avm(xmp("<a:Type>Rickroll</a:Type><a:Spatial.Rotation>east</a:Spatial.Rotation>" +
                      list("a:Spatial.Scale", {"1", "2", "3"}) + list("a:Spatial.ReferenceValue", {"1", "x"}) +
                      list("a:Spatial.ReferencePixel", {"1", "-"}) +
                      "<a:Spatial.ReferenceDimension>1 2</a:Spatial.ReferenceDimension>"));
    ASSERT_EQ(avm.problems.size(), 6u);
    EXPECT_EQ(avm.problems[0].tag, "Type");
    EXPECT_NE(avm.problems[0].what.find("\"Rickroll\" is none of Observation, "), std::string::npos);
    EXPECT_EQ(avm.problems[0].original,
              "Item is not in the controlled vocabulary. (AVMItemNotInControlledVocabularyError)");
    EXPECT_EQ(avm.problems[1].what, "\"x\" is not a number");
    EXPECT_EQ(avm.problems[2].what, "it should be a list (rdf:Seq)");
    EXPECT_EQ(avm.problems[3].what, "one of its numbers is missing");
    EXPECT_EQ(avm.problems[4].what, "it should be 2 numbers, and has 3");
    EXPECT_EQ(avm.problems[5].what, "\"east\" is not a number");
    EXPECT_TRUE(avm.scale.empty());
    EXPECT_EQ(avm.rotation, std::nullopt);
}

TEST(Avm, WhatIsNoXmpIsRefused) {
    for (const char* text : {"", "no xml", "<x:xmpmeta", "<a></b>", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"})
        EXPECT_EQ(error_of([&] { parse_avm(text); }).kind(), Error::Kind::invalid) << text;
    std::string many = "<a ";
    for (int i = 0; i < 100; ++i)
        many += "xmlns:p" + std::to_string(i) + "='u' ";
    EXPECT_EQ(error_of([&] { parse_avm(many + "/>"); }).kind(), Error::Kind::invalid);
}

TEST(AvmPosition, IsScaledToTheImage) {
    const Avm avm = parse_avm(xmp(placed, framed));
    const Wcs whole = wcs_of(avm, 200, 100), half = wcs_of(avm, 100, 50);
    EXPECT_TRUE(whole.top_down());
    EXPECT_EQ(whole.crpix1, 101);
    EXPECT_EQ(whole.crpix2, 50);
    EXPECT_EQ(half.crpix1, 50.5);
    EXPECT_DOUBLE_EQ(half.cd11, 2 * whole.cd11);
    const Avm matrix = parse_avm(xmp(placed + list("a:Spatial.CDMatrix", {"-1e-4", "0", "0", "1e-4"}), framed));
    EXPECT_EQ(wcs_of(matrix, 200, 100).cd11, -1e-4);
    EXPECT_EQ(wcs_of(matrix, 100, 50).cd11, -2e-4);
    EXPECT_EQ(wcs_of(matrix, 100, 50, true).cd11, -1e-4);
}

std::string reason(const std::string& tags, const std::string& attributes, int width = 200, int height = 100) {
    return error_of([&] { wcs_of(parse_avm(xmp(tags, attributes)), width, height); }).what();
}

TEST(AvmPosition, ReasonsAreWords) {
    EXPECT_EQ(reason("", ""), "its AVM says nothing of where it lies on the sky");
    EXPECT_EQ(reason(placed, "a:Spatial.CoordinateFrame='ICRS' a:Spatial.CoordsystemProjection='SIN'"),
              "projection SIN is not supported");
    EXPECT_EQ(reason(placed, "a:Spatial.CoordinateFrame='ICRS'"), "the projection is missing");
    EXPECT_EQ(reason(placed, "a:Spatial.CoordinateFrame='GAL' a:Spatial.CoordsystemProjection='TAN'"),
              "the coordinate frame GAL is not supported");
    EXPECT_EQ(reason(placed, framed, 200, 120),
              "the position is that of an image of 200 x 100 pixels, and this one, 200 x 120, has another shape");
    EXPECT_EQ(reason(list("a:Spatial.ReferenceValue", {"1", "2"}), "a:Spatial.Quality='Position'"),
              "its AVM lacks Spatial.ReferenceDimension");
    EXPECT_EQ(reason(placed + list("a:Spatial.CDMatrix", {"1"}), framed),
              "its AVM is malformed: Spatial.CDMatrix: it should be 4 numbers, and has 1");
}

TEST(AvmPosition, IsThatOfTheTruth) {
    ATELIER_NEED_SKY_DATA();
    const std::tuple<const char*, const char*, int, int, int> cases[] = {
        {"geminiann11015a.jpg", "study_avm_gemini", 1280, 876, 3},
        {"NGC253ALMA.jpg", "study_avm_ngc253", 2166, 2129, 4}};
    for (const auto& [name, truth, width, height, levels] : cases) {
        const auto avm = read_avm(sky_data() / "inputs" / name);
        ASSERT_TRUE(avm.has_value());
        Place place;
        position(wcs_of(*avm, width, height), width, height, levels, place);
        const auto path = sky_data() / "cases" / truth / "out/index_rel.wtml";
        const Place expected = read_wtml(read_file(path), path).places.at(0);
        const auto near = [](double value, double wanted) {
            EXPECT_NEAR(value, wanted, 1e-11 + 1e-9 * std::abs(wanted));
        };
        near(place.ra, expected.ra);
        near(place.dec, expected.dec);
        near(place.zoom_level, expected.zoom_level);
        near(place.image.center_x, expected.image.center_x);
        near(place.image.offset_x, expected.image.offset_x);
        near(place.image.offset_y, expected.image.offset_y);
        near(place.image.rotation, expected.image.rotation);
        near(place.image.base_degrees_per_tile, expected.image.base_degrees_per_tile);
        EXPECT_EQ(place.constellation, expected.constellation);
        EXPECT_EQ(avm->credit, expected.image.credits);
        EXPECT_EQ(avm->description, expected.image.description);
        EXPECT_EQ(avm->reference_url, expected.image.credits_url);
    }
}

TEST(AvmText, IsWhatTheOriginalPrints) {
    ATELIER_NEED_SKY_DATA();
    const std::pair<const char*, const char*> cases[] = {{"geminiann11015a.jpg", "check_avm_good"},
                                                         {"NGC253ALMA.jpg", "check_avm_ngc253"}};
    for (const auto& [name, truth] : cases) {
        const std::string printed = read_file(sky_data() / "cases" / truth / "stdout.txt");
        const std::size_t begin = printed.find("\n\n") + 2, end = printed.rfind("\n[exit");
        EXPECT_EQ(avm_text(*read_avm(sky_data() / "inputs" / name), true), printed.substr(begin, end - begin));
    }
    const auto bad = read_avm(sky_data() / "inputs/badavm-type.png");
    ASSERT_EQ(bad->problems.size(), 1u);
    EXPECT_EQ(bad->problems[0].tag, "Type");
    EXPECT_NO_THROW(wcs_of(*bad, 3600, 2627));
    EXPECT_FALSE(read_avm(sky_data() / "inputs/rgb_256x256.png").has_value());
}

TEST(AvmText, IsReadableByDefault) {
    const Avm avm = parse_avm(xmp(placed + "<dc:title>it's ’</dc:title>", framed));
    EXPECT_NE(avm_text(avm, false).find("Title: it's ’\nSpatial:\n   CoordinateFrame: ICRS\n"), std::string::npos);
    EXPECT_NE(avm_text(avm, true).find("Title: b\"it's \\xe2\\x80\\x99\"\n"), std::string::npos);
    EXPECT_TRUE(avm_text(avm, true).starts_with("MetadataVersion: b'1.2'\n"));
}

// ---- where packets stand in files

class XmpFiles : public ::testing::Test {
protected:
    std::optional<std::string> found(const std::string& bytes) {
        const auto path = folder_.path() / "image";
        std::ofstream(path, std::ios::binary) << bytes;
        return find_xmp(path);
    }
    TemporaryFolder folder_;
};

std::string big(std::uint64_t value, int bytes) {
    std::string text;
    for (int i = bytes - 1; i >= 0; --i)
        text += static_cast<char>(value >> (8 * i));
    return text;
}

std::string segment(const std::string& content, int marker = 0xE1) {
    return "\xFF" + big(static_cast<std::uint64_t>(marker), 1) + big(content.size() + 2, 2) + content;
}

TEST_F(XmpFiles, InJpeg) {
    const std::string name("http://ns.adobe.com/xap/1.0/\0", 29), more("http://ns.adobe.com/xmp/extension/\0", 35);
    const std::string start = "\xFF\xD8" + segment("JFIF", 0xE0) + segment(std::string("Exif\0\0", 6));
    const std::string rest = "\xFF\xDA" + big(8, 2) + "image";
    EXPECT_EQ(found(start + "\xFF" + segment(name + "<packet/>") + rest), "<packet/>");
    EXPECT_EQ(found(start + rest), std::nullopt);
    EXPECT_EQ(found(start + rest + segment(name + "<after the image/>")), std::nullopt);
    // Too long for one segment: AVM stands in the second and third.
    const std::string guid(32, 'G');
    const std::string extended = start + segment(name + "<main/>") +
                                 segment(more + guid + big(30, 4) + big(0, 4) + "<a avm/") +
                                 segment(more + guid + big(30, 4) + big(7, 4) + "1.0/ />") + rest;
    EXPECT_EQ(found(extended), "<a avm/1.0/ />");
    for (std::size_t cut = 0; cut < extended.size(); ++cut)
        EXPECT_NO_THROW(found(extended.substr(0, cut)));
}

TEST_F(XmpFiles, InPng) {
    const std::string head = "\x89PNG\r\n\x1A\n";
    const auto chunk = [](const std::string& type, const std::string& content) {
        return big(content.size(), 4) + type + content + "crc!";
    };
    const std::string keyword("XML:com.adobe.xmp\0", 18);
    const std::string plain = chunk("iTXt", keyword + std::string("\0\0en\0\0", 6) + "<packet/>");
    EXPECT_EQ(found(head + chunk("IHDR", "13") + plain + chunk("IEND", "")), "<packet/>");
    std::string packed(100, '\0');
    uLongf size = packed.size();
    ASSERT_EQ(compress(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>("<packed/>"), 9),
              Z_OK);
    packed.resize(size);
    const std::string second = chunk("iTXt", keyword + std::string("\1\0\0\0", 4) + packed);
    EXPECT_EQ(found(head + second), "<packed/>");
    EXPECT_EQ(found(head + chunk("iTXt", keyword + std::string("\1\0\0\0", 4) + "broken")), std::nullopt);
    EXPECT_EQ(found(head + chunk("iTXt", keyword + std::string("\0\0en", 4))), std::nullopt);
    EXPECT_EQ(found(head + chunk("IEND", "") + plain), std::nullopt);
    EXPECT_EQ(found(head + big(0xFFFFFFFF, 4) + "iTXt"), std::nullopt);
}

TEST_F(XmpFiles, InTiff) {
    const std::string packet = "<packet/>";
    const std::string entry = big(700, 2) + big(1, 2) + big(packet.size(), 4) + big(26, 4);
    EXPECT_EQ(found(std::string("MM\0*", 4) + big(8, 4) + big(1, 2) + entry + big(0, 4) + packet), packet);
    const std::string little = std::string("II*\0\x08\0\0\0\x01\0\xBC\x02\x01\0\x03\0\0\0<a>", 25);
    EXPECT_EQ(found(little + '\0' + big(0, 4)), "<a>");
    const std::string wide = big(700, 2) + big(1, 2) + big(packet.size(), 8) + big(44, 8);
    EXPECT_EQ(found(std::string("MM\0+\0\x08\0\0", 8) + big(16, 8) + big(1, 8) + wide + packet), packet);
    EXPECT_EQ(found(std::string("MM\0*", 4) + big(8, 4) + big(0xFFFF, 2)), std::nullopt);
    EXPECT_EQ(found(std::string("MM\0*", 4) + big(0xFFFFFFF0, 4)), std::nullopt);
}

TEST_F(XmpFiles, AnywhereInOthers) {
    const std::string packet = "<x:xmpmeta><a/></x:xmpmeta>";
    EXPECT_EQ(found("RIFFxxxxWEBP" + packet + "rest"), packet);
    // Across the border of two pieces of a reader.
    for (std::size_t before : {(1u << 20) - 5, (1u << 20) - 1, (1u << 20), (1u << 20) + 1})
        EXPECT_EQ(found(std::string(before, '.') + packet), packet);
    EXPECT_EQ(found("x<x:xmpmeta><a/>"), std::nullopt);
    EXPECT_EQ(found(""), std::nullopt);
    EXPECT_EQ(error_of([&] { find_xmp(folder_.path()); }).kind(), Error::Kind::invalid);
}

}  // namespace
}  // namespace atelier::pipelines::sky
