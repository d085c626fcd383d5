#include "media/film.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing.h"
#include "base/text.h"
#include "media/ffmpeg_progress.h"
#include "media/testing.h"

namespace atelier::media {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing_support::error_of;

const PictureInfo plain{PictureKind::png, 64, 48, 3, ChannelDepth::eight, 1000};

std::string arguments(const FilmSettings& settings, PictureInfo info = plain,
                      const std::string& pattern = "/x/%08d.png") {
    return join(encode_arguments(settings, {info, pattern, 12}, "/y/film"), " ");
}

TEST(FilmSettings, RatesAreRead) {
    EXPECT_EQ(parse_frame_rate("24"), (FrameRate{24, 1}));
    EXPECT_EQ(parse_frame_rate("23.976"), (FrameRate{24000, 1001}));
    EXPECT_EQ(parse_frame_rate("29.97"), (FrameRate{30000, 1001}));
    EXPECT_EQ(parse_frame_rate("59.94"), (FrameRate{60000, 1001}));
    EXPECT_EQ(parse_frame_rate("12.5"), (FrameRate{25, 2}));
    EXPECT_EQ(parse_frame_rate("0.5"), (FrameRate{1, 2}));
    EXPECT_EQ(parse_frame_rate("30000/1001"), (FrameRate{30000, 1001}));
    EXPECT_EQ(parse_frame_rate("50/2"), (FrameRate{25, 1}));
    EXPECT_EQ(to_string(FrameRate{30000, 1001}), "30000/1001");
    for (const char* text : {"", "0", "-24", "24/0", "24/", "/1", "1001", "nan", "inf", "1e9", "0.001", "24 fps",
                             "24/1/1", "99999999999999999999/1", "1/1000000"})
        EXPECT_EQ(error_of([&] { parse_frame_rate(text); }).kind(), Error::Kind::invalid) << text;
}

TEST(FilmSettings, NamesAreRead) {
    EXPECT_EQ(parse_film_codec("h265"), FilmCodec::h265);
    EXPECT_EQ(parse_film_codec("mp4"), FilmCodec::h264);
    EXPECT_EQ(parse_film_codec("webm"), FilmCodec::vp9);
    EXPECT_EQ(parse_film_codec("mov"), FilmCodec::prores);
    EXPECT_EQ(extension_of(FilmCodec::av1), ".webm");
    EXPECT_EQ(parse_film_quality("best"), FilmQuality::best);
    EXPECT_THROW(parse_film_codec("mpeg"), Error);
    EXPECT_THROW(parse_film_quality("great"), Error);
}

TEST(FilmSettings, WhatDoesNotGoTogetherIsRefused) {
    for (const FilmCodec codec : {FilmCodec::prores, FilmCodec::gif, FilmCodec::av1})
        EXPECT_THROW(check_settings({.codec = codec, .quality = FilmQuality::lossless}), Error);
    EXPECT_THROW(check_settings({.codec = FilmCodec::gif, .rate = {60, 1}}), Error);
    EXPECT_THROW(check_settings({.codec = FilmCodec::av1, .rate = {1, 2}}), Error);
    EXPECT_THROW(check_settings({.rate = {0, 1}}), Error);
    EXPECT_THROW(check_settings({.rate = {24, 0}}), Error);
    EXPECT_THROW(check_settings({.threads = -1}), Error);
    for (const FilmCodec codec : {FilmCodec::h264, FilmCodec::h265, FilmCodec::vp9})
        check_settings({.codec = codec, .quality = FilmQuality::lossless, .rate = {60, 1}});
}

TEST(FilmArguments, SayWhatIsAskedFor) {
    const std::string text = arguments({.rate = {24000, 1001}});
    EXPECT_THAT(text, HasSubstr("-framerate 24000/1001 -start_number 0 -i file:/x/%08d.png -frames:v 12"));
    EXPECT_THAT(text, HasSubstr("-xerror"));
    EXPECT_THAT(text, HasSubstr("libx264 "));
    EXPECT_THAT(text, HasSubstr("format=yuv420p"));
    EXPECT_TRUE(text.ends_with("-f mp4 file:/y/film")) << text;
    EXPECT_THAT(text, Not(HasSubstr("pad=")));
    EXPECT_THAT(arguments({.threads = 3}), HasSubstr("-threads 3"));
    EXPECT_THAT(arguments({.quality = FilmQuality::lossless}), HasSubstr("libx264rgb"));
    EXPECT_NE(arguments({.quality = FilmQuality::draft}), arguments({.quality = FilmQuality::best}));
}

TEST(FilmArguments, OddSizesGetACopyOfTheLastColumnOrRow) {
    PictureInfo odd = plain;
    odd.width = 63;
    EXPECT_THAT(arguments({}, odd), HasSubstr("pad=64:48,fillborders=right=1:bottom=0:mode=smear"));
    odd.height = 47;
    EXPECT_THAT(arguments({}, odd), HasSubstr("pad=64:48,fillborders=right=1:bottom=1:mode=smear"));
    EXPECT_THAT(arguments({.codec = FilmCodec::prores}, odd), HasSubstr("pad=64:47"));
    for (const FilmSettings& whole :
         {FilmSettings{.codec = FilmCodec::gif}, FilmSettings{.quality = FilmQuality::lossless}})
        EXPECT_THAT(arguments(whole, odd), Not(HasSubstr("pad=")));
}

TEST(FilmArguments, ToneMappedFramesComeAsPixels) {
    PictureInfo exr = plain;
    exr.depth = ChannelDepth::real;
    exr.channels = 4;
    const std::string text = arguments({}, exr, "");
    EXPECT_THAT(text, HasSubstr("-f rawvideo -pix_fmt rgb24 -video_size 64x48 -framerate 24 -i pipe:0"));
    EXPECT_THAT(text, Not(HasSubstr("premultiply")));
    EXPECT_THAT(arguments({.codec = FilmCodec::prores}, exr, ""), HasSubstr("rgb48le"));
    PictureInfo alpha = plain;
    alpha.channels = 4;
    EXPECT_THAT(arguments({}, alpha), HasSubstr("premultiply"));
}

TEST(FilmProbe, WhatFfprobePrints) {
    const FilmInfo film = parse_probe(R"({"programs": [], "streams": [{"codec_name": "h264", "width": 64, "height": 48,
        "pix_fmt": "yuv420p", "r_frame_rate": "24000/1001", "nb_read_frames": "12"}], "format": {"duration": "0.5005"}})");
    EXPECT_EQ(film.codec, "h264");
    EXPECT_EQ(film.frames, 12u);
    EXPECT_EQ(film.rate, (FrameRate{24000, 1001}));
    EXPECT_DOUBLE_EQ(film.seconds, 0.5005);
    EXPECT_EQ(parse_probe(R"({"streams": [{"nb_read_packets": "7", "r_frame_rate": "0/0"}]})").frames, 7u);
    for (const char* text : {"", "{}", "[]", "7", R"({"streams": []})", R"({"streams": 3})", "{\"streams\": [", "null"})
        EXPECT_THROW(parse_probe(text), Error) << text;
    EXPECT_EQ(parse_probe(R"({"streams": [7]})").frames, 0u);
    EXPECT_EQ(
        parse_probe(R"({"streams": [{"nb_read_frames": "-3", "width": 99999999999, "r_frame_rate": "99999999999/1"}]})")
            .frames,
        0u);
}

TEST(FilmProbe, WhatDiffersFromThePlanIsTold) {
    const FilmInfo good{"h264", "yuv420p", 64, 48, {24, 1}, 12, 0.5};
    check_film(good, {}, plain, 12);
    PictureInfo odd = plain;
    odd.width = 63;
    odd.height = 47;
    check_film(good, {}, odd, 12);
    const auto told = [&](FilmInfo film, std::size_t count) {
        return std::string(error_of([&] { check_film(film, {}, plain, count); }).what());
    };
    EXPECT_THAT(told(good, 13), HasSubstr("12 frames, not 13"));
    FilmInfo small = good;
    small.height = 46;
    EXPECT_THAT(told(small, 12), HasSubstr("64x46"));
    FilmInfo other = good;
    other.codec = "vp9";
    EXPECT_THAT(told(other, 12), HasSubstr("vp9"));
}

TEST(FfmpegProgress, BlocksOfLines) {
    FfmpegProgress progress;
    for (const char* line :
         {"frame=12", "fps=24.5", "bitrate=N/A", "out_time_us=500000", "out_time=00:00:00.5", "speed=   1x"})
        EXPECT_FALSE(progress.line(line)) << line;
    EXPECT_TRUE(progress.line("progress=continue"));
    EXPECT_EQ(progress.frames(), 12u);
    EXPECT_DOUBLE_EQ(progress.frames_per_second(), 24.5);
    EXPECT_DOUBLE_EQ(progress.seconds(), 0.5);
    EXPECT_FALSE(progress.ended());
    for (const char* line : {"frame=3", "frame=-1", "frame=", "frame", "=", "", "frame=99999999999999999999999",
                             "fps=nan", "out_time_us=-9223372036854775808", "out_time_us=N/A"})
        EXPECT_FALSE(progress.line(line)) << line;
    EXPECT_TRUE(progress.line("progress=end"));
    EXPECT_EQ(progress.frames(), 12u);
    EXPECT_TRUE(progress.ended());
}

struct FilmFrames : testing::Test {
    Error refusal(const FilmPlan& plan, const FilmSettings& settings = {}) const {
        return error_of([&] { check_frames(plan, settings); });
    }
    const TemporaryFolder folder;
};

TEST_F(FilmFrames, GoodOnesAreTold) {
    const FilmPlan plan{write_frames(folder.path(), parse_frames("1-5")), parse_frames("1-5")};
    const PictureInfo info = check_frames(plan, {});
    EXPECT_EQ(std::pair(info.width, info.height), std::pair(64, 48));
    EXPECT_THAT(refusal({plan.files, {}}).what(), HasSubstr("no frames"));
}

TEST_F(FilmFrames, GapsAreNamed) {
    const FrameFiles files = write_frames(folder.path(), parse_frames("1-3,6-9"));
    const Error error = refusal({files, parse_frames("1-9")});
    EXPECT_EQ(error.kind(), Error::Kind::not_found);
    EXPECT_THAT(error.what(), HasSubstr("frame_0004.png, frame_0005.png"));
    check_frames({files, parse_frames("1-3,6-9")}, {});
}

TEST_F(FilmFrames, BrokenOnesAreNamedAllAtOnce) {
    const FrameFiles files = write_frames(folder.path(), parse_frames("1-9"));
    cut_file(files.path_of(2), 0.9);
    write_png(files.path_of(4), 64, 46, moving(4));
    write_file_durably(files.path_of(6), "");
    write_png(files.path_of(8), 64, 48, moving(4), 3, ChannelDepth::sixteen);
    const Error error = refusal({files, parse_frames("1-9")});
    EXPECT_EQ(error.kind(), Error::Kind::invalid);
    for (const char* text : {"frame_0002.png", "ends too early", "frame_0004.png has 64x46", "frame_0006.png",
                             "frame_0008.png is in 16 bits"})
        EXPECT_THAT(error.what(), HasSubstr(text));
    EXPECT_THAT(error.what(), Not(HasSubstr("frame_0003.png")));
}

TEST_F(FilmFrames, WideOnesNeedAToneMapping) {
    write_png(folder.path() / "a1.png", 8, 8, moving(1), 3, ChannelDepth::sixteen);
    write_exr(folder.path() / "b1.exr", 8, 8, {"R", "G", "B"}, moving(1));
    for (const char* pattern : {"a#.png", "b#.exr"}) {
        const FilmPlan plan{{folder.path(), FramePattern::parse(pattern)}, {1}};
        const Error error = refusal(plan);
        EXPECT_THAT(error.what(), HasSubstr("1."));
        EXPECT_THAT(error.hint(), HasSubstr("tone mapping"));
        EXPECT_TRUE(is_tone_mapped(check_frames(plan, {.tone_mapping = ToneMapping{}})));
    }
}

}  // namespace
}  // namespace atelier::media
