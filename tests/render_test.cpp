// `atelier render` with the real Blender: what it makes is what Blender alone makes, whatever way it is split; what
// can't become a render is refused in words, and what goes wrong inside of Blender is noticed.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <csignal>

#include "base/json.h"
#include "media/film_tool.h"
#include "media/picture.h"
#include "rendering.h"

namespace atelier::tests {

namespace fs = std::filesystem;

namespace {

bool says(const Ended& ended, const std::string& what) { return ended.all().find(what) != std::string::npos; }

}  // namespace

TEST(Render, AnAnimationIsWhatBlenderAloneMakesOfIt) {
    ATELIER_NEED_PROGRAM("blender");
    const RenderGround ground;
    const std::string scene =
        ground.scene("turning", {"compressed", "linked=" + ground.path("parts/library.blend").string(),
                                 "textured=" + ground.path("pictures/made.png").string(), "packed"});
    fs::remove(ground.path("pictures/made.png"));  // it is in the scene
    const fs::path alone = ground.undisturbed(scene);
    const Ended ended = ground.render(scene, {"--workers", "2", "--order", "coarse"});
    ASSERT_EQ(ended.status, 0) << ended.all();
    EXPECT_TRUE(says(ended, "film    " + ground.path("out/turning.mp4").string())) << ended.all();
    expect_same_frames(ground.path("out/frames"), "turning", alone, 1, 12);
    EXPECT_EQ(frames_of_film(ground.path("out/turning.mp4")), 12);
    EXPECT_TRUE(media::read_bad_frames(ground.path("out/turning_report.json")).empty());
    EXPECT_EQ(media::probe_picture(ground.path("out/thumbnails/turning_0012.jpg")).kind, media::PictureKind::jpeg);
    EXPECT_TRUE(fs::exists(ground.path("out/turning_sheet.jpg")));
    expect_each_task_once(ground);
    EXPECT_GT(ground.count("SELECT count(*) FROM previews"), 0);
}

TEST(Render, AnotherOfItsScenesAndOtherSettings) {
    ATELIER_NEED_PROGRAM("blender");
    const RenderGround ground;
    const std::string scene = ground.scene("turning", {"two_scenes"});
    const Ended other = ground.render(scene, {"--scene", "Other", "--camera", "Camera.001", "--size", "81x45", "--film",
                                              "webm", "--samples", "5", "--no-looks"});
    ASSERT_EQ(other.status, 0) << other.all();
    EXPECT_EQ(frames_of_film(ground.path("out/turning.webm")), 2);
    const auto picture = media::probe_picture(ground.path("out/frames/turning_0004.png"));
    EXPECT_EQ(picture.width, 81);
    EXPECT_EQ(picture.height, 45);
    EXPECT_FALSE(fs::exists(ground.path("out/frames/turning_0001.png")));
    const Ended half = ground.render(scene, {"--frames", "7", "--percent", "50", "--format", "JPEG", "--no-looks"});
    ASSERT_EQ(half.status, 0) << half.all();
    EXPECT_EQ(media::probe_picture(ground.path("out/frames/turning_0007.jpg")).width, 80);
}

TEST(Render, TilesAreTheSamePixels) {
    ATELIER_NEED_PROGRAM("blender");
    const RenderGround ground;
    const std::string scene = ground.scene("turning");
    for (const auto& [format, extension] : {std::pair("PNG", "png"), std::pair("OPEN_EXR", "exr")}) {
        const bool is_exr = std::string_view(extension) == "exr";
        for (const char* grid : is_exr ? std::vector{"1x1", "3x5"} : std::vector{"1x1", "4x3", "3x5"}) {
            const Ended ended = ground.render(scene, {"--frames", "5", "--size", "157x91", "--tiles", grid, "--format",
                                                      format, "--no-looks", "--output", ground.path(grid).string()});
            ASSERT_EQ(ended.status, 0) << ended.all();
            const std::string name = fmt::format("turning_0005.{}", extension);
            EXPECT_EQ(media::verify_picture(ground.path(grid) / "frames" / name).width, 157);
            expect_same(ground.path("1x1/frames") / name, ground.path(grid) / "frames" / name);
        }
    }
}

TEST(Render, SlicesAreAveraged) {
    ATELIER_NEED_PROGRAM("blender");
    const RenderGround ground;
    const std::string scene = ground.scene("turning", {"cycles"});
    const Ended ended =
        ground.render(scene, {"--frames", "2", "--percent", "50", "--samples", "4", "--samples-slices", "2"});
    ASSERT_EQ(ended.status, 0) << ended.all();
    const fs::path one = ground.path("out/parts/turning_part-0.png"),
                   other = ground.path("out/parts/turning_part-1.png");
    EXPECT_GT(media::compare_pictures(one, other).pixels, 0u) << "other seeds make other noise";
    media::average_pictures({one, other}, ground.path("mean.png"));
    expect_same(ground.path("mean.png"), ground.path("out/frames/turning_0002.png"));
}

TEST(Render, WhatIsThereAndWholeStays) {
    ATELIER_NEED_PROGRAM("blender");
    const RenderGround ground;
    const std::string scene = ground.scene("turning", {"frames=6"});
    const fs::path alone = ground.undisturbed(scene);
    Ended ended = ground.render(scene, {"--chunk", "3", "--order", "backward"});
    ASSERT_EQ(ended.status, 0) << ended.all();
    EXPECT_EQ(ground.count("SELECT count(*) FROM artifacts WHERE step = 0 AND path LIKE 'thumbnails/%'"), 6)
        << "they come with their frames";
    expect_same_frames(ground.path("out/frames"), "turning", alone, 1, 6);
    fs::resize_file(ground.path("out/frames/turning_0002.png"),
                    fs::file_size(ground.path("out/frames/turning_0002.png")) / 2);
    fs::remove(ground.path("out/frames/turning_0005.png"));
    const auto before = fs::last_write_time(ground.path("out/frames/turning_0004.png"));
    ended = ground.render(scene, {"--skip-existing", "--order", "backward"});
    ASSERT_EQ(ended.status, 0) << ended.all();
    EXPECT_TRUE(says(ended, "4 frames are there already")) << ended.all();
    EXPECT_EQ(ground.attempts("SUCCEEDED"), 4) << "two frames, the film and the looks";
    EXPECT_EQ(fs::last_write_time(ground.path("out/frames/turning_0004.png")), before);
    expect_same_frames(ground.path("out/frames"), "turning", alone, 1, 6);
    EXPECT_EQ(frames_of_film(ground.path("out/turning.mp4")), 6);
}

TEST(Render, ScriptsInsideRunOnlyWhenTrustedAndNeverOutOfTheSandbox) {
    ATELIER_NEED_PROGRAM("blender");
    const RenderGround ground;
    const fs::path outside = ground.path("outside");
    const std::string script = ground.write("inside.py", fmt::format("open('{}', 'w').close()\n", outside.string()));
    const std::string scene = ground.scene("scripted", {"frames=2", "script=" + script});
    ASSERT_FALSE(fs::exists(outside));
    const std::vector<std::string> common = {"--frames", "1", "--no-looks"};
    const auto with = [&](std::vector<std::string> more) {
        more.insert(more.end(), common.begin(), common.end());
        return ground.render(scene, more);
    };
    Ended ended = with({});
    EXPECT_EQ(ended.status, 0) << ended.all();
    EXPECT_FALSE(fs::exists(outside)) << "the script ran";
    ended = with({"--trust", "--sandbox"});
    EXPECT_FALSE(fs::exists(outside)) << "the script got out";
    EXPECT_EQ(ended.status, 0) << "what it writes there is gone with the sandbox";
    EXPECT_EQ(media::verify_picture(ground.path("out/frames/scripted_0001.png")).width, 160);
    ended = with({"--trust"});
    EXPECT_EQ(ended.status, 0) << ended.all();
    EXPECT_TRUE(fs::exists(outside));
}

TEST(Render, AScriptThatFailsAtAFrameFailsThatFrameAlone) {
    ATELIER_NEED_PROGRAM("blender");
    const RenderGround ground;
    const std::string script = ground.write("inside.py",
                                            "import bpy\n"
                                            "def each(scene, *more):\n"
                                            "    if scene.frame_current == 3: raise RuntimeError('not this one')\n"
                                            "bpy.app.handlers.frame_change_pre.append(each)\n");
    const std::string scene = ground.scene("failing", {"frames=5", "script=" + script});
    Ended ended = ground.render(scene, {"--trust", "--max-tries", "1"});
    EXPECT_EQ(ended.status, 1);
    EXPECT_TRUE(says(ended, "failed at frame 3: RuntimeError: not this one")) << ended.all();
    EXPECT_TRUE(fs::exists(ground.path("out/frames/failing_0005.png")));
    EXPECT_FALSE(fs::exists(ground.path("out/frames/failing_0003.png"))) << "what failed is not there";
    EXPECT_FALSE(fs::exists(ground.path("out/failing.mp4")));
    ended = ground.render(scene, {"--trust", "--max-tries", "1", "--allow-gaps", "--json"});
    EXPECT_EQ(ended.status, 0) << ended.all();
    const json::Value told = json::parse(ended.out);
    EXPECT_EQ(told.at("job").at("state").as_string(), "succeeded");
    EXPECT_EQ(told.at("results").at("film").as_string(), ground.path("out/failing.mp4").string());
    ASSERT_EQ(told.at("before").as_array().size(), 1u) << "the job that failed";
    EXPECT_EQ(told.at("before").at(0).at("job").at("state").as_string(), "failed");
    EXPECT_EQ(frames_of_film(ground.path("out/failing.mp4")), 4);
}

// A frame fails at first; what is encoded by then is not encoded again, and the film is whole in the end.
TEST(Render, ALongFilmIsEncodedInChunksWhileFramesComeIn) {
    ATELIER_NEED_PROGRAM("blender");
    const RenderGround ground;
    const std::string script =
        ground.write("inside.py", fmt::format("import bpy, os\n"
                                              "def each(scene, *more):\n"
                                              "    if scene.frame_current == 8 and not os.path.exists('{0}'):\n"
                                              "        raise RuntimeError('not yet')\n"
                                              "bpy.app.handlers.frame_change_pre.append(each)\n",
                                              ground.path("now").string()));
    const std::string scene = ground.scene("long", {"frames=11", "script=" + script});
    const fs::path alone = ground.undisturbed(scene);
    const std::vector<std::string> command{"--trust", "--film-chunk", "4", "--max-tries", "1", "--workers", "2"};
    const Ended first = ground.render(scene, command);
    EXPECT_EQ(first.status, 1);
    EXPECT_FALSE(fs::exists(ground.path("out/long.mp4")));
    EXPECT_EQ(frames_of_film(ground.path("out/film_chunks/long_0001.mp4")), 4) << first.all();
    EXPECT_FALSE(fs::exists(ground.path("out/film_chunks/long_0005.mp4")));
    const auto before = fs::last_write_time(ground.path("out/film_chunks/long_0001.mp4"));
    ground.write("now", "");
    const Ended retried = ground.run({"job", "retry", ground.job(), "--failed"});
    ASSERT_EQ(retried.status, 0) << retried.all();
    EXPECT_EQ(frames_of_film(ground.path("out/long.mp4")), 11);
    EXPECT_EQ(fs::last_write_time(ground.path("out/film_chunks/long_0001.mp4")), before);
    expect_same_frames(ground.path("out/frames"), "long", alone, 1, 11);
    expect_each_task_once(ground);

    std::vector<std::string> backward = command;
    backward.insert(backward.end(), {"--order", "backward", "--isolate", "--output", ground.path("back").string()});
    const Ended second = ground.render(scene, backward);
    ASSERT_EQ(second.status, 0) << second.all();
    EXPECT_EQ(frames_of_film(ground.path("back/long.mp4")), 11);
    EXPECT_FALSE(fs::exists(ground.path("back/film_chunks"))) << "nobody needs them any more";
    EXPECT_TRUE(fs::exists(ground.path("back/long_sheet.jpg")));
}

TEST(Render, ABlenderThatCrashesTellsItsText) {
    ATELIER_NEED_PROGRAM("blender");
    const RenderGround ground;
    const std::string script = ground.write("inside.py",
                                            "import bpy, os, signal\n"
                                            "def each(scene, *more):\n"
                                            "    if scene.frame_current == 2: os.kill(os.getpid(), signal.SIGSEGV)\n"
                                            "bpy.app.handlers.frame_change_pre.append(each)\n");
    const std::string scene = ground.scene("crashing", {"frames=3", "script=" + script});
    const Ended ended = ground.render(scene, {"--trust", "--max-tries", "2", "--workers", "1"});
    EXPECT_EQ(ended.status, 1);
    EXPECT_TRUE(says(ended, "Blender crashed while it rendered frame 2")) << ended.all();
    const Ended logs = ground.run({"job", "logs", ground.job()});
    EXPECT_TRUE(says(logs, "crash.txt")) << logs.all();
    EXPECT_TRUE(says(logs, "# backtrace")) << logs.all();
    EXPECT_TRUE(fs::exists(ground.path("out/frames/crashing_0003.png"))) << "the others are rendered by a new one";
    EXPECT_EQ(ground.attempts("FAILED_APP"), 2);
}

TEST(Render, WhatCannotBeIsRefusedBeforeAnythingStarts) {
    ATELIER_NEED_PROGRAM("blender");
    const RenderGround ground;
    const std::string texture = ground.path("pictures/lost.png").string();
    const std::string scene = ground.scene("turning", {"textured=" + texture});
    Ended ended = ground.render(scene, {"--format", "TARGA_RAWW"});
    EXPECT_TRUE(says(ended, "TARGA_RAWW")) << ended.all();
    EXPECT_NE(ended.status, 0);
    ground.write("file", "no folder");
    ended = ground.render(scene, {"--output", ground.path("file/below").string()});
    EXPECT_NE(ended.status, 0);
    EXPECT_TRUE(says(ended, "no pictures can be written to")) << ended.all();
    fs::remove(texture);
    ended = ground.render(scene);
    EXPECT_NE(ended.status, 0);
    EXPECT_TRUE(says(ended, "lost.png")) << ended.all();
    EXPECT_TRUE(says(ended, "--allow-missing")) << ended.all();
    EXPECT_EQ(ground.count("SELECT count(*) FROM jobs"), 0);
    EXPECT_FALSE(fs::exists(ground.path("out")));
}

TEST(Render, WhatHoldsForEveryFrameIsTriedOnce) {
    ATELIER_NEED_PROGRAM("blender");
    const RenderGround ground;
    const auto expect_one_try = [&](const Ended& ended, const std::string& why) {
        EXPECT_EQ(ended.status, 1);
        EXPECT_TRUE(says(ended, why)) << ended.all();
        EXPECT_EQ(ground.attempts("FAILED_JOB"), 1);
        EXPECT_EQ(ground.attempts("FAILED_APP"), 0);
    };
    const std::string blind = ground.scene("blind", {"no_camera", "frames=500"});
    expect_one_try(ground.render(blind, {"--workers", "1"}), "has no camera");
    const std::string script = ground.write("inside.py", "raise ValueError('at once')\n");
    const std::string scripted = ground.scene("scripted", {"frames=500", "script=" + script});
    expect_one_try(ground.render(scripted, {"--workers", "1", "--trust"}), "ValueError: at once");
}

TEST(Render, AMissingTextureIsPinkAndRenderedAgain) {
    ATELIER_NEED_PROGRAM("blender");
    const RenderGround ground;
    const std::string texture = ground.path("pictures/lost.png").string();
    const std::string scene = ground.scene("pink", {"cycles", "frames=2", "textured=" + texture});
    fs::rename(texture, texture + ".away");
    Ended ended = ground.render(scene, {"--allow-missing", "--film", "none"});
    EXPECT_EQ(ended.status, 0) << ended.all();
    EXPECT_TRUE(says(ended, "look at frames 1-2")) << ended.all();
    EXPECT_NE(ground.read("out/pink_report.json").find("\"pink\""), std::string::npos);

    // The texture comes with the second Blender, which is the second frame's: each is a step, and a chunk of the film.
    const std::string blender = ground.write(
        "blender", fmt::format("#!/bin/sh\n[ -e '{0}' ] && cp '{1}.away' '{1}'\ntouch '{0}'\nexec blender \"$@\"\n",
                               ground.path("once").string(), texture));
    fs::permissions(blender, fs::perms::owner_all);
    ended = ground.render(
        scene, {"--allow-missing", "--retry-bad", "--workers", "1", "--blender", blender, "--film-chunk", "1"});
    EXPECT_EQ(ended.status, 0) << ended.all();
    EXPECT_TRUE(says(ended, "frames 1 look wrong and are rendered again")) << ended.all();
    EXPECT_FALSE(says(ended, "look at frames")) << ended.all();
    EXPECT_TRUE(media::read_bad_frames(ground.path("out/pink_report.json")).empty());
    EXPECT_EQ(frames_of_film(ground.path("out/pink.mp4")), 2);
}

}  // namespace atelier::tests
