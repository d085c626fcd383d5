#include "media/mp4_track.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "media/film_maker.h"
#include "media/testing.h"

namespace atelier::media {
namespace {

struct Mp4TrackTest : testing::Test {
    std::filesystem::path film(const char* name, const FilmSettings& settings) const {
        const FilmPlan plan{write_frames(folder.path(), parse_frames("1-6")), parse_frames("1-6")};
        encode_film(plan, settings, folder.path() / name);
        return folder.path() / name;
    }
    const TemporaryFolder folder;
};

TEST_F(Mp4TrackTest, WhatFfmpegWroteIsRead) {
    for (const auto& [codec, format] : {std::pair{FilmCodec::h264, "avc1"}, std::pair{FilmCodec::h265, "hvc1"},
                                        std::pair{FilmCodec::prores, "apcn"}}) {
        const auto track = read_mp4_track(film("film", {.codec = codec}));
        ASSERT_TRUE(track) << format;
        EXPECT_EQ(track->frames, 6u);
        EXPECT_EQ(std::pair(track->width, track->height), std::pair(64, 48));
        EXPECT_EQ(track->format, format);
        EXPECT_EQ(track->configuration.empty(), codec == FilmCodec::prores);
    }
    EXPECT_FALSE(read_mp4_track(film("film", {.codec = FilmCodec::vp9, .quality = FilmQuality::draft})));
}

TEST_F(Mp4TrackTest, OtherSettingsNeedAnotherDecoder) {
    const auto one = read_mp4_track(film("a", {})), same = read_mp4_track(film("b", {}));
    const auto other = read_mp4_track(film("c", {.quality = FilmQuality::lossless}));
    ASSERT_TRUE(one && other);
    EXPECT_EQ(one, same);
    EXPECT_NE(one->configuration, other->configuration);
}

TEST_F(Mp4TrackTest, DamagedOnesAreNone) {
    const std::string whole = read_file(film("film", {}));
    for (std::size_t size = 0; size < whole.size(); size += size < 2000 ? 13 : 211) {
        write_file_durably(folder.path() / "cut", whole.substr(0, size));
        EXPECT_FALSE(read_mp4_track(folder.path() / "cut")) << size;
    }
    EXPECT_FALSE(read_mp4_track(std::string_view()));
    EXPECT_FALSE(read_mp4_track(std::string_view("\0\0\0\x08trak", 8)));
    EXPECT_FALSE(read_mp4_track(std::string_view("\0\0\0\1trak\xff\xff\xff\xff\xff\xff\xff\xff", 16)));
}

}  // namespace
}  // namespace atelier::media
