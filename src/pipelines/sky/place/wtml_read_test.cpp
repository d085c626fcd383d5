#include <gtest/gtest.h>

#include "base/error.h"
#include "base/testing.h"
#include "pipelines/sky/fits/testing_sky.h"
#include "pipelines/sky/place/wtml.h"

namespace atelier::pipelines::sky {
namespace {

using testing_support::error_of;

std::string reason(std::string_view text) {
    return error_of([&] { read_wtml(text, "x.wtml"); }).what();
}

TEST(ReadWtml, EveryTrueOneIsWrittenBackTheSame) {
    ATELIER_NEED_SKY_DATA();
    std::size_t read = 0, same = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(sky_data())) {
        if (entry.path().extension() != ".wtml") continue;
        const std::string text = read_file(entry.path());
        const WtmlFolder folder = read_wtml(text, entry.path());
        const std::string written = write_wtml(folder);
        EXPECT_EQ(write_wtml(read_wtml(written, entry.path())), written);
        EXPECT_EQ(folder.places.size() + folder.images.size() > 0, true) << entry.path();
        ++read;
        // The older form holds zeros that are no longer written, and keeps its order.
        if (text.find("MSRCommunityId") != std::string::npos) continue;
        EXPECT_EQ(written, text) << entry.path();
        ++same;
    }
    EXPECT_GT(read, 50u);
    EXPECT_GT(same, 40u);
}

TEST(ReadWtml, KnowsTheOlderForm) {
    ATELIER_NEED_SKY_DATA();
    const auto path = sky_data() / "pipeline/old/root_index.wtml";
    const WtmlFolder folder = read_wtml(read_file(path), path);
    ASSERT_EQ(folder.places.size(), 4u);
    EXPECT_EQ(folder.name, "Fabricated Studies");
    EXPECT_EQ(folder.others.at("MSRCommunityId"), "0");
    const Place& place = folder.places[0];
    EXPECT_EQ(place.last_updated, "2021-12-31 23:59:59.500000+00:00");
    EXPECT_EQ(place.zoom_level, 2.1012);
    EXPECT_EQ(place.image.description, "Description of Tall F — with <b>markup</b> & ampersand.");
    EXPECT_EQ(place.image.others.at("MeanRadius"), "0.0");
    EXPECT_EQ(place.image.projection, "SkyImage");
}

TEST(ReadWtml, WhatIsWrongIsToldWithLineAndColumn) {
    EXPECT_EQ(reason("<Folder>\n  <Place RA=\"x\"/>\n</Folder>"), "x.wtml:2:4: Place: RA is not a number: \"x\"");
    EXPECT_EQ(reason("<Folder>\n <Place"), "x.wtml:2:7: error parsing start element tag");
    EXPECT_EQ(reason(""), "x.wtml:1:1: no document element found");
    EXPECT_EQ(reason("<Place/>"), "x.wtml:1:2: a Folder is expected");
    EXPECT_EQ(reason("<Folder>\n<Place/></Folder>"),
              "x.wtml:2:2: Place: it holds no ForegroundImageSet with an ImageSet");
    EXPECT_EQ(reason("<Folder><ImageSet TileLevels=\"1e9\"/></Folder>"),
              "x.wtml:1:10: ImageSet: TileLevels is no whole number from 0 to 60");
    EXPECT_EQ(reason("<Folder><ImageSet TileLevels=\"1.5\"/></Folder>"),
              "x.wtml:1:10: ImageSet: TileLevels is no whole number from 0 to 60");
    EXPECT_EQ(reason("<Folder><ImageSet Sparse=\"maybe\"/></Folder>"),
              "x.wtml:1:10: ImageSet: Sparse is neither True nor False");
    EXPECT_EQ(reason("<Folder><ImageSet Url=\"a\" Url=\"b\"/></Folder>"),
              "x.wtml:1:10: ImageSet: Url stands there twice");
    EXPECT_EQ(reason("<Folder><ImageSet OffsetX=\"nan\"/></Folder>"),
              "x.wtml:1:10: ImageSet: OffsetX is not a number: \"nan\"");
}

TEST(ReadWtml, DocumentTypesAreRefused) {
    const std::string bomb =
        "<!DOCTYPE f [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;\">]>\n<Folder Name=\"&b;\"/>";
    EXPECT_EQ(reason(bomb), "x.wtml:1:11: document types are not allowed");
    EXPECT_EQ(read_wtml("<Folder Name=\"&b;\"/>", "x.wtml").name, "&b;");
}

TEST(ReadWtml, DepthIsBounded) {
    std::string text = "<Folder>";
    for (int i = 0; i < 100000; ++i)
        text += "<a>";
    for (int i = 0; i < 100000; ++i)
        text += "</a>";
    EXPECT_NE(reason(text + "</Folder>").find("more than 100 deep"), std::string::npos);
}

TEST(ReadWtml, WhatIsNotKnownIsKept) {
    const WtmlFolder folder = read_wtml(
        "\xEF\xBB\xBF<?xml version='1.0'?><!-- c --><Folder Name='n' MyOwn='1'><Unknown/><Place Opacity='50' "
        "New='a&amp;b'>"
        "<ForegroundImageSet><ImageSet StockSet='True' Elevated='x'/></ForegroundImageSet></Place></Folder>",
        "x.wtml");
    const std::string text = write_wtml(folder);
    for (const char* part : {" MyOwn=\"1\"", " Opacity=\"50\"", " New=\"a&amp;b\"", " StockSet=\"True\"",
                             " Elevated=\"x\"", " Sparse=\"False\""})
        EXPECT_NE(text.find(part), std::string::npos) << part << text;
}

std::string absolute(const std::string& url, const std::string& prefix = "http://h.org/feeds") {
    WtmlFolder folder;
    folder.places.emplace_back();
    folder.places[0].image.url = url;
    make_absolute(folder, prefix, "id");
    return folder.places[0].image.url;
}

TEST(MakeAbsolute, JoinsAsBrowsersDo) {
    EXPECT_EQ(absolute("L{1}X{2}Y{3}.png"), "http://h.org/feeds/id/L{1}X{2}Y{3}.png");
    EXPECT_EQ(absolute("a.png", "http://h.org/feeds/"), "http://h.org/feeds/id/a.png");
    EXPECT_EQ(absolute("a.png", "//h.org"), "//h.org/id/a.png");
    EXPECT_EQ(absolute(""), "");
    EXPECT_EQ(absolute("../a.png"), "http://h.org/feeds/a.png");
    EXPECT_EQ(absolute("../../../../a.png"), "http://h.org/a.png");
    EXPECT_EQ(absolute("./b/./a.png"), "http://h.org/feeds/id/b/a.png");
    EXPECT_EQ(absolute("b/.."), "http://h.org/feeds/id/");
    EXPECT_EQ(absolute("/a.png"), "http://h.org/a.png");
    EXPECT_EQ(absolute("?q=1"), "http://h.org/feeds/id/?q=1");
    EXPECT_EQ(absolute("a?u=../b#c"), "http://h.org/feeds/id/a?u=../b#c");
    EXPECT_EQ(absolute("https://else.org/a"), "https://else.org/a");
    EXPECT_EQ(absolute("//else.org/a"), "//else.org/a");
    EXPECT_EQ(absolute("mailto:a@b"), "mailto:a@b");
    EXPECT_EQ(absolute("1:2.png"), "http://h.org/feeds/id/1:2.png");
}

TEST(MakeAbsolute, GivesWhatTheOriginalPublished) {
    ATELIER_NEED_SKY_DATA();
    const auto relative = sky_data() / "pipeline/new/rel/fab_tall_f.index_rel.wtml";
    WtmlFolder folder = read_wtml(read_file(relative), relative);
    make_absolute(folder, "//feeds.example.org/fab", "fab_tall_f");
    EXPECT_EQ(write_wtml(folder), read_file(sky_data() / "pipeline/new/abs/fab_tall_f.index.wtml"));
}

}  // namespace
}  // namespace atelier::pipelines::sky
