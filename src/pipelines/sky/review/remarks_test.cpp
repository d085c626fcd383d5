#include "pipelines/sky/review/remarks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"
#include "pipelines/sky/place/position.h"

namespace atelier::pipelines::sky {
namespace {

using testing::Contains;
using testing::IsEmpty;
using testing::Not;

// A study without a flaw; each test makes one.
class RemarksOn : public testing::Test {
protected:
    RemarksOn() {
        wcs_.crval1 = 83.63;
        wcs_.crval2 = 22.01;
        wcs_.crpix1 = 500;
        wcs_.crpix2 = 400;
        wcs_.cd11 = wcs_.cd22 = -1.0 / 3600;
        place_.name = "Crab Nebula";
        place_.description = "A remnant";
        place_.image.credits = "ESO";
        place_.image.credits_url = "https://sky.example/crab";
        picture_ = {.url = "L{1}X{2}Y{3}.png", .is_tiled = true, .levels = 2, .width = 1000, .height = 800};
        picture_.tiles = 21;
        picture_.has_thumbnail = true;
    }

    std::vector<std::string> remarks() {
        std::vector<std::string> texts;
        const auto placement = placement_of(place_.image, picture_.width, picture_.height);
        for (const Remark& remark : remarks_on("crab", place_, picture_, placement))
            texts.push_back(std::string(to_string(remark.grade)) + ": " + remark.text);
        return texts;
    }
    void lay() { position(wcs_, picture_.width, picture_.height, picture_.levels, place_); }

    Wcs wcs_;
    Place place_;
    Picture picture_;
};

TEST_F(RemarksOn, NothingWhereNothingIsWrong) {
    lay();
    EXPECT_THAT(remarks(), IsEmpty());
}

TEST_F(RemarksOn, WordsThatAreMissing) {
    lay();
    place_.name = "crab";
    place_.description.clear();
    place_.image.credits = "  ";
    place_.image.credits_url.clear();
    EXPECT_THAT(remarks(), testing::ElementsAre("look: Its name is its id.", "look: Nobody is credited.",
                                                "note: No page is linked.", "note: It has no description."));
    place_.name.clear();
    EXPECT_THAT(remarks(), Contains("stop: It has no name."));
}

TEST_F(RemarksOn, WordsThatWereEscapedTwice) {
    lay();
    place_.image.credits = "A &amp; B";
    EXPECT_THAT(remarks(), Contains("note: Its words carry HTML that was escaped twice."));
}

TEST_F(RemarksOn, APositionThatIsNone) {
    position_nowhere(2, place_);
    EXPECT_THAT(remarks(), Contains("stop: It has no position."));
    lay();
    place_.image.base_degrees_per_tile = -1;
    EXPECT_THAT(remarks(), Contains("stop: Its position makes no sense."));
}

TEST_F(RemarksOn, ScalesThatAreSlips) {
    wcs_.cd11 = wcs_.cd22 = -1e-9;
    lay();
    EXPECT_THAT(remarks(), Contains("stop: A pixel is 3.6e-06″ wide."));
    wcs_.cd11 = wcs_.cd22 = -0.1;
    lay();
    EXPECT_THAT(remarks(), testing::ElementsAre("look: A pixel is 6.00′ wide.", "look: It covers 82.22° of the sky."));
}

TEST_F(RemarksOn, AReferencePixelOutside) {
    wcs_.crpix1 = -200;
    lay();
    EXPECT_THAT(remarks(), Contains("look: The reference pixel lies outside of the picture."));
    wcs_.crpix1 = 0.5;  // on the edge
    lay();
    EXPECT_THAT(remarks(), IsEmpty());
}

TEST_F(RemarksOn, AViewThatOpensElsewhere) {
    lay();
    place_.ra += 1;
    EXPECT_THAT(remarks(), Contains(testing::StartsWith("look: The view opens 13.9")));
    lay();
    place_.zoom_level *= 100;
    EXPECT_THAT(remarks(), Contains(testing::EndsWith("high.")));
    lay();
    ASSERT_EQ(place_.constellation, "TAU");
    place_.constellation = "ORI";
    EXPECT_THAT(remarks(), Contains("look: Its constellation is told as ORI."));
}

TEST_F(RemarksOn, TilesThatAreMissing) {
    lay();
    picture_.missing = 3;
    picture_.top_is_missing = true;
    picture_.has_thumbnail = false;
    EXPECT_THAT(remarks(), testing::ElementsAre("stop: The tile of level 0 is missing.", "look: It has no thumbnail.",
                                                "note: 3 of 21 tiles aren't there."));
    picture_.width = 5000;
    EXPECT_THAT(remarks(), Contains("stop: The picture is larger than its pyramid."));
    picture_.width = 0;
    EXPECT_THAT(remarks(), Contains("stop: How large the picture is can't be told."));
}

TEST_F(RemarksOn, AllSkyMapsNeedNoPosition) {
    place_.image.projection = "Toast";
    place_.image.base_degrees_per_tile = 180;
    EXPECT_THAT(remarks(), IsEmpty());
}

// The tiles of a study of 700 by 520 pixels, in the middle of 1024.
class LookAt : public testing::Test {
protected:
    LookAt() {
        place_.image.url = "L{1}X{2}Y{3}.png";
        place_.image.tile_levels = 2;
        place_.image.base_degrees_per_tile = 0.1024;
        place_.zoom_level = 520 * 0.1 / 1000 * 1.7 * 6;  // 0.0001 degrees a pixel
        std::filesystem::create_directories(image());
        for (int level = 0; level <= 2; ++level)
            for (int y = 0; y < 1 << level; ++y)
                for (int x = 0; x < 1 << level; ++x)
                    put(tile_file(place_.image.url, level, x, y));
    }
    std::filesystem::path image() const { return work_.path() / "processed/crab"; }
    void put(const std::string& name) const { write_file_durably(image() / name, "x"); }
    Picture look() const { return look_at(image(), work_.path(), "crab", place_); }

    TemporaryFolder work_;
    Place place_;
};

TEST_F(LookAt, TheSizeIsGuessedWithoutAnOriginal) {
    const Picture picture = look();
    EXPECT_TRUE(picture.is_guess);
    EXPECT_EQ(picture.width, 1024);
    EXPECT_EQ(picture.height, 520);
    EXPECT_EQ(picture.tiles, 21u);
    EXPECT_EQ(picture.missing, 0u);
}

TEST_F(LookAt, MissingTilesAreCounted) {
    std::filesystem::remove(image() / "L2X1Y1.png");
    std::filesystem::remove(image() / "L0X0Y0.png");
    const Picture picture = look();
    EXPECT_EQ(picture.missing, 2u);
    EXPECT_TRUE(picture.top_is_missing);
    EXPECT_FALSE(picture.has_thumbnail);
}

TEST_F(LookAt, WithoutAnyTileNothingIsKnown) {
    std::filesystem::remove_all(image());
    EXPECT_EQ(look().width, 0);
}

TEST_F(LookAt, AMapOfTheWholeSkyHasAllItsTiles) {
    place_.image.projection = "Toast";
    const Picture picture = look();
    EXPECT_FALSE(picture.is_guess);
    EXPECT_EQ(picture.width, 1024);
    EXPECT_EQ(picture.height, 1024);
    EXPECT_EQ(picture.tiles, 21u);
}

TEST_F(LookAt, AnAddressElsewhereIsRefused) {
    for (const char* url : {"../other/L{1}.png", "/etc/{1}.png", "http://sky.example/{1}/{3}/{3}_{2}.png", ""}) {
        place_.image.url = url;
        EXPECT_THROW(look(), Error) << url;
    }
}

TEST_F(LookAt, HugeLevelsAreNotCounted) {
    place_.image.tile_levels = 2'000'000'000;
    EXPECT_EQ(look().width, 0);
    place_.image.tile_levels = -5;
    EXPECT_EQ(look().width, 0);
}

TEST(TileFile, BothSchemes) {
    EXPECT_EQ(tile_file("L{1}X{2}Y{3}.png", 3, 4, 5), "L3X4Y5.png");
    EXPECT_EQ(tile_file("{1}/{3}/{3}_{2}.png", 3, 4, 5), "3/5/5_4.png");
}

}  // namespace
}  // namespace atelier::pipelines::sky
