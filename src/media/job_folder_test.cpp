#include "media/job_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/object.hpp>

namespace atelier::media {
namespace {

using testing::ElementsAre;

TEST(JobFolder, FramesLieInAFolderOfTheirOwnAndTheFilmBeside) {
    const JobFolder folder{"/out", "shot"};
    EXPECT_EQ(folder.frames(), "/out/frames");
    EXPECT_EQ(folder.film(FilmCodec::h264), "/out/shot.mp4");
    EXPECT_EQ(folder.sheet(), "/out/shot_sheet.jpg");
    EXPECT_EQ((JobFolder{"{{Param.Out}}", "shot"}.report()), "{{Param.Out}}/shot_report.json");
}

TEST(JobFolder, APersonIsToldWhatThereIs) {
    EXPECT_THAT(lines_about({}), ElementsAre());
    EXPECT_THAT(lines_about({.picture = "/a.png"}), ElementsAre("picture /a.png"));
    const Results results{"/out/frames", "/out/a.mp4", "", "/out/a_report.json", {3, 4, 5, 9}};
    EXPECT_THAT(lines_about(results),
                ElementsAre("frames  /out/frames", "film    /out/a.mp4",
                            "look at frames 3-5,9: /out/a_report.json says what is wrong with them"));
    EXPECT_EQ(json::text(to_json(results)), R"({"frames":"/out/frames","film":"/out/a.mp4","bad":[3,4,5,9]})");
}

}  // namespace
}  // namespace atelier::media
