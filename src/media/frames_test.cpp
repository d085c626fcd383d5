#include "media/frames.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "base/files.h"
#include "base/testing.h"

namespace atelier::media {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing_support::error_of;

TEST(Frames, RangesAreRead) {
    EXPECT_THAT(parse_frames("7"), ElementsAre(7));
    EXPECT_THAT(parse_frames("1-4,20,30-35:2"), ElementsAre(1, 2, 3, 4, 20, 30, 32, 34));
    EXPECT_THAT(parse_frames(" 3 - 5 , 1 "), ElementsAre(1, 3, 4, 5));
    EXPECT_THAT(parse_frames("-3--1"), ElementsAre(-3, -2, -1));
    EXPECT_THAT(parse_frames("-1-1"), ElementsAre(-1, 0, 1));
    EXPECT_THAT(parse_frames("1-3,2-4"), ElementsAre(1, 2, 3, 4));
    EXPECT_THAT(parse_frames("1-10:100"), ElementsAre(1));
}

TEST(Frames, WhatIsNoRangeIsRefused) {
    for (const char* text : {"",
                             ",",
                             "1,",
                             "a",
                             "1-",
                             "-",
                             "--1",
                             "1--",
                             "5-1",
                             "1-10:0",
                             "1-10:-2",
                             "1:2",
                             "1-2-3",
                             "1.5",
                             "1-10:",
                             "99999999999999999999",
                             "10000001",
                             "-10000001",
                             "1-2000000",
                             "0x10",
                             "1-1000000,1-1000000",
                             "1-10000000"})
        EXPECT_EQ(error_of([&] { parse_frames(text); }).kind(), Error::Kind::invalid) << text;
    EXPECT_EQ(parse_frames("1-1000000").size(), max_frames);
}

TEST(Frames, ATextThatIsPrintedSaysTheSame) {
    EXPECT_EQ(print_frames({}), "");
    EXPECT_EQ(print_frames({4}), "4");
    EXPECT_EQ(print_frames({4, 5}), "4-5");
    EXPECT_EQ(print_frames({4, 6}), "4,6");
    EXPECT_EQ(print_frames({1, 2, 3, 20, 30, 32, 34}), "1-3,20,30-34:2");
    EXPECT_EQ(print_frames({-5, -4, -3}), "-5--3");
    std::mt19937 chance(7);
    for (int round = 0; round < 300; ++round) {
        FrameNumbers frames;
        for (int frame = -40; frame < 40; ++frame)
            if (chance() % 3 != 0) frames.push_back(frame * (round % 5 + 1));
        ASSERT_FALSE(frames.empty());
        EXPECT_EQ(parse_frames(print_frames(frames)), frames) << print_frames(frames);
    }
}

TEST(Frames, Orders) {
    EXPECT_THAT(in_order({3, 1, 2, 2}, FrameOrder::forward), ElementsAre(1, 2, 3));
    EXPECT_THAT(in_order({3, 1, 2}, FrameOrder::backward), ElementsAre(3, 2, 1));
    EXPECT_THAT(in_order({1, 2, 3, 4, 5, 6, 7, 8, 9}, FrameOrder::coarse), ElementsAre(1, 9, 5, 3, 7, 2, 4, 6, 8));
    EXPECT_THAT(in_order({1}, FrameOrder::coarse), ElementsAre(1));
    EXPECT_THAT(in_order({1, 2}, FrameOrder::coarse), ElementsAre(1, 2));
    EXPECT_THAT(in_order({}, FrameOrder::coarse), IsEmpty());
    EXPECT_EQ(parse_frame_order("coarse"), FrameOrder::coarse);
    EXPECT_EQ(to_string(FrameOrder::backward), "backward");
    EXPECT_THROW(parse_frame_order("random"), Error);
}

TEST(Frames, CoarseLeavesNoneOutAndNoneTwice) {
    for (const int count : {3, 4, 5, 17, 60, 1000, 99'999}) {
        FrameNumbers frames(static_cast<std::size_t>(count));
        std::iota(frames.begin(), frames.end(), 1);
        FrameNumbers coarse = in_order(frames, FrameOrder::coarse);
        EXPECT_EQ(coarse[1], count);
        std::sort(coarse.begin(), coarse.end());
        EXPECT_EQ(coarse, frames);
    }
}

TEST(Frames, NamesByPattern) {
    const auto pattern = FramePattern::parse("shot.v2_####.png");
    EXPECT_EQ(pattern.name_of(7), "shot.v2_0007.png");
    EXPECT_EQ(pattern.name_of(12345), "shot.v2_12345.png");
    EXPECT_EQ(pattern.name_of(-3), "shot.v2_-0003.png");
    EXPECT_EQ(pattern.text(), "shot.v2_####.png");
    for (const int frame : {0, 1, 9999, 10000, -1, -10000})
        EXPECT_EQ(pattern.number_of(pattern.name_of(frame)), frame);
    for (const char* name :
         {"", "shot.v2_7.png", "shot.v2_00007.png", "shot.v2_+007.png", "shot.v2_0007.PNG", "shot.v2_.png",
          "shot.v2_-000.png", "shot.v2_0007.png.png", "other_0007.png", "shot.v2_99999999999999999999.png"})
        EXPECT_EQ(pattern.number_of(name), std::nullopt) << name;
}

TEST(Frames, WhatIsNoPatternIsRefused) {
    for (const std::string& text : {std::string("frame.png"), std::string("a_##_##.png"), std::string("a/#.png"),
                                    std::string(13, '#'), std::string(300, 'a') + "#", std::string()})
        EXPECT_EQ(error_of([&] { FramePattern::parse(text); }).kind(), Error::Kind::invalid) << text;
}

TEST(Frames, GapsInAFolder) {
    const TemporaryFolder folder;
    const FrameFiles files{folder.path(), FramePattern::parse("f_###.png")};
    EXPECT_THAT(list_frames(files), IsEmpty());
    for (const char* name : {"f_001.png", "f_003.png", "f_1000.png", "f_0002.png", "f_004.png.tmp", "notes.txt"})
        write_file_durably(folder.path() / name, "x");
    EXPECT_THAT(list_frames(files), ElementsAre(1, 3, 1000));
    const auto missing = missing_frames(parse_frames("1-4"), list_frames(files));
    EXPECT_THAT(missing, ElementsAre(2, 4));
    EXPECT_EQ(name_frames(files.pattern, missing), "f_002.png, f_004.png");
    EXPECT_EQ(name_frames(files.pattern, parse_frames("1-9"), 2), "f_001.png, f_002.png and 7 more");
    EXPECT_EQ(error_of([&] { list_frames({folder.path() / "none", files.pattern}); }).kind(), Error::Kind::not_found);
}

TEST(Frames, TheLargestSequenceIsFound) {
    const TemporaryFolder folder;
    EXPECT_EQ(error_of([&] { find_frames(folder.path()); }).kind(), Error::Kind::not_found);
    for (const char* name : {"frame_0001.png", "frame_0002.png", "frame_10000.png", "thumb_1.png", "sheet.png",
                             "part_01.mp4", "part_02.mp4", "part_03.mp4", "part_04.mp4", ".frame_0001.png.x.tmp"})
        write_file_durably(folder.path() / name, "x");
    EXPECT_EQ(find_frames(folder.path()).pattern.text(), "frame_####.png");
    std::filesystem::create_directory(folder.path() / "small");
    for (const char* name : {"frame_0001.png", "frame_0002.png", "frame_10000.png"})
        write_file_durably(folder.path() / "small" / name, "x");
    EXPECT_EQ(find_frames(folder.path()).folder, folder.path()) << "of the same size, the one that lies higher up";
    write_file_durably(folder.path() / "small" / "frame_0003.png", "x");
    EXPECT_EQ(find_frames(folder.path()).folder, folder.path() / "small");
    const TemporaryFolder plain;
    for (const char* name : {"v2_8.exr", "v2_9.exr", "v2_10.exr", "v2_100.exr"})
        write_file_durably(plain.path() / name, "x");
    EXPECT_EQ(find_frames(plain.path()).pattern.text(), "v2_#.exr");
}

}  // namespace
}  // namespace atelier::media
