#include "media/film_wish.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing.h"
#include "base/text.h"

namespace atelier::media {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using testing_support::error_of;

const FilmMaterial screen{"frames", "", false};
const FilmMaterial light{"frames in OpenEXR", "", true};
const FilmMaterial iris{"frames in the format IRIS", "render PNG", false};

TEST(FilmWish, SettingsAreThoseOfItsWords) {
    EXPECT_EQ(settings_of({}).codec, FilmCodec::h264);
    const FilmSettings settings = settings_of({"webm", "best", "23.976", "filmic+1.5", false});
    EXPECT_EQ(settings.codec, FilmCodec::vp9);
    EXPECT_EQ(settings.quality, FilmQuality::best);
    EXPECT_EQ(settings.rate, (FrameRate{24000, 1001}));
    EXPECT_EQ(settings.tone_mapping->exposure, 1.5);
    EXPECT_ANY_THROW(settings_of({.codec = "flv"}));
    EXPECT_ANY_THROW(settings_of({.quality = "fine"}));
    EXPECT_ANY_THROW(settings_of({.rate = "0"}));
    EXPECT_ANY_THROW(settings_of({.tone = "dark"}));
    EXPECT_ANY_THROW(settings_of({.codec = "gif", .quality = "lossless"})) << "they don't go together";
}

TEST(FilmWish, AFilmIsMadeWhereItCanBeAndRefusedWhereItIsAskedFor) {
    EXPECT_TRUE(choose_film({}, screen).settings);
    EXPECT_TRUE(choose_film({.tone = "standard"}, light).settings);
    EXPECT_EQ(choose_film({.codec = "av1"}, screen).settings->codec, FilmCodec::av1);
    for (const FilmMaterial& material : {screen, light, iris}) {
        const FilmChoice none = choose_film({.codec = "none"}, material);
        EXPECT_FALSE(none.settings);
        EXPECT_EQ(none.why_not, "") << "nobody wants one";
    }
    for (const FilmMaterial& material : {light, iris}) {
        const FilmChoice none = choose_film({}, material);
        EXPECT_FALSE(none.settings);
        EXPECT_THAT(none.why_not, HasSubstr("no film is made of " + material.name));
        const Error error = error_of([&] { choose_film({.codec = "mp4"}, material); });
        EXPECT_EQ(error.what(), "no film can be made of " + material.name);
        EXPECT_FALSE(error.hint().empty());
    }
    EXPECT_THAT(choose_film({}, light).why_not, HasSubstr("--tone"));
}

TEST(FilmWish, TheWordsAreThoseOfTheTool) {
    const JobFrames frames{{"{{Param.Out}}", "a"}, FramePattern::parse("a_##.png"), {1, 2, 3, 7}};
    EXPECT_EQ(join(film_words(frames, {}, place_of_film(frames.folder, {})), " "),
              "film {{Param.Out}}/frames --pattern a_##.png --frames 1-3,7 --to {{Param.Out}}/a.mp4 --codec h264 "
              "--quality good --rate 24");
    EXPECT_THAT(join(film_words(frames, {"mov", "best", "25", "filmic", true}, "x.mov"), " "),
                HasSubstr("x.mov --codec prores --quality best --rate 25 --tone filmic --allow-gaps"));
    EXPECT_EQ(join(join_words(frames, {.codec = "webm"}, {{3, 7}, {1, 2}}), " "),
              "join-films {{Param.Out}}/film_chunks/a_0001.webm {{Param.Out}}/film_chunks/a_0003.webm --frames 1-3,7 "
              "--to {{Param.Out}}/a.webm --codec vp9 --quality good --rate 24");
    EXPECT_EQ(join(looks_words(frames), " "),
              "looks {{Param.Out}}/frames --pattern a_##.png --frames 1-3,7 --thumbnails {{Param.Out}}/thumbnails "
              "--sheet {{Param.Out}}/a_sheet.jpg --report {{Param.Out}}/a_report.json");
}

std::vector<std::string> chunks_of(const char* frames, FrameOrder order = FrameOrder::forward, FilmWish wish = {}) {
    std::vector<std::string> texts;
    for (const FrameNumbers& chunk : film_chunks(parse_frames(frames), order, wish))
        texts.push_back(print_frames(chunk));
    return texts;
}

TEST(FilmWish, ALongFilmIsEncodedInChunks) {
    EXPECT_THAT(chunks_of("1-500"), ElementsAre("1-500"));
    EXPECT_THAT(chunks_of("1-501"), ElementsAre("1-250", "251-500", "501"));
    EXPECT_EQ(name_of_chunk({3}) + " " + name_of_chunk({-1, 4, 9}), "3 -1-9");
    EXPECT_THAT(chunks_of("1-10000"), SizeIs(8)) << "a person sees a line for each";
    EXPECT_THAT(chunks_of("1-7", FrameOrder::forward, {.chunk = 3}), ElementsAre("1-3", "4-6", "7"));
    EXPECT_THAT(chunks_of("-2-9:3,20", FrameOrder::forward, {.chunk = 3}), ElementsAre("-2-4:3", "7,20"));
    EXPECT_THAT(chunks_of("1-7", FrameOrder::backward, {.chunk = 3}), ElementsAre("7", "4-6", "1-3"));
    EXPECT_THAT(chunks_of("1-7", FrameOrder::coarse, {.chunk = 3}), ElementsAre("1-7"));
    EXPECT_THAT(chunks_of("1-7", FrameOrder::forward, {.codec = "gif", .chunk = 3}), ElementsAre("1-7"));
    EXPECT_THAT(chunks_of("1-900", FrameOrder::forward, {.chunk = 0}), ElementsAre("1-900"));
    EXPECT_THAT(chunks_of("1-7", FrameOrder::forward, {.chunk = 7}), ElementsAre("1-7"));
}

}  // namespace
}  // namespace atelier::media
