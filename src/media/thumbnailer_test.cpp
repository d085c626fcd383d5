#include "media/thumbnailer.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "media/testing.h"

namespace atelier::media {
namespace {

namespace fs = std::filesystem;

struct ThumbnailerTest : testing::Test {
    fs::path frame(int number) const { return files.path_of(number); }
    fs::path thumbnail(int number) const { return thumbnail_of(frame(number), folder.path() / "small"); }

    const TemporaryFolder folder;
    const FrameFiles files = write_frames(folder.path(), parse_frames("1-6"), 400, 200);
};

TEST_F(ThumbnailerTest, WhatWasAskedForIsThereInTheEnd) {
    cut_file(frame(3), 0.5);
    {
        Thumbnailer thumbnailer(folder.path() / "small");
        for (const int number : {1, 2, 3, 4, 5, 7})
            thumbnailer.add(frame(number));
    }
    for (const int number : {1, 2, 4, 5})
        EXPECT_EQ(probe_picture(thumbnail(number)).width, 320) << number;
    for (const int number : {3, 6, 7})
        EXPECT_FALSE(fs::exists(thumbnail(number))) << number;
}

TEST_F(ThumbnailerTest, WithoutAFolderThereAreNone) {
    Thumbnailer("").add(frame(1));
    Thumbnailer unused(folder.path() / "small");
    EXPECT_TRUE(fs::is_empty(folder.path() / "small"));
}

TEST_F(ThumbnailerTest, OnlyAnOlderOneThanItsFrameIsMadeAnew) {
    fs::create_directory(folder.path() / "small");
    const auto made = fs::last_write_time(frame(1));
    write_file_durably(thumbnail(1), "one that is there");
    fs::last_write_time(thumbnail(1), made);
    update_thumbnail(frame(1), folder.path() / "small");
    EXPECT_EQ(read_file(thumbnail(1)), "one that is there");
    fs::last_write_time(thumbnail(1), made - std::chrono::seconds(1));
    update_thumbnail(frame(1), folder.path() / "small");
    EXPECT_EQ(probe_picture(thumbnail(1)).kind, PictureKind::jpeg);

    fs::last_write_time(thumbnail(1), made - std::chrono::seconds(1));
    cut_file(frame(1), 0.5);
    update_thumbnail(frame(1), folder.path() / "small");
    EXPECT_FALSE(fs::exists(thumbnail(1))) << "it would show what the frame isn't";
}

TEST_F(ThumbnailerTest, WhereItCannotBeWrittenNobodyIsDisturbed) {
    write_file_durably(folder.path() / "file", "no folder");
    EXPECT_ANY_THROW(Thumbnailer(folder.path() / "file" / "small"));
    Thumbnailer thumbnailer(folder.path() / "gone");
    fs::remove(folder.path() / "gone");
    thumbnailer.add(frame(1));
}

}  // namespace
}  // namespace atelier::media
