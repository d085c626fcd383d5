#include "pipelines/blender/render_job.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/files.h"
#include "base/testing.h"
#include "media/picture_writer.h"
#include "pipelines/blender/testing_blend.h"

namespace atelier::pipelines::blender {
namespace {

namespace fs = std::filesystem;
using atelier::testing_support::error_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing_support::BlendMaker;

void write_frame(const fs::path& to) {
    media::PictureWriter writer(to, {media::PictureKind::png, 16, 9, 3, media::ChannelDepth::eight, 0});
    for (int y = 0; y < 9; ++y) {
        std::vector<float> row(16 * 3);
        for (std::size_t i = 0; i < row.size(); ++i)
            row[i] = static_cast<float>((i * i * 7 + static_cast<std::size_t>(y) * 31) % 256);
        writer.write(row.data());
    }
    writer.finish_png();
}

class RenderJobTest : public testing::Test {
protected:
    // Ten frames of 160x90 as PNG by Workbench, and what is said differently.
    RenderRequest of_scene(BlendMaker::Values more = {}, const std::string& name = "scene.blend") {
        BlendMaker::Values values{{"id.name", "SCMain"},
                                  {"r.im_format.imtype", "17"},
                                  {"r.sfra", "1"},
                                  {"r.efra", "10"},
                                  {"r.frame_step", "1"},
                                  {"r.size", "100"},
                                  {"r.frs_sec", "24"},
                                  {"r.frs_sec_base", "1"},
                                  {"r.xsch", "160"},
                                  {"r.ysch", "90"},
                                  {"r.engine", "BLENDER_WORKBENCH"}};
        for (const auto& [key, value] : more)
            values[key] = value;
        BlendMaker maker = BlendMaker::with_scene();
        maker.add("GLOB", 0x10, "FileGlobal", {{{"curscene", "4096"}}});
        maker.add("SC", 0x1000, "Scene", {values});
        std::ofstream(folder_.path() / name, std::ios::binary) << maker.bytes();
        RenderRequest request;
        request.scene = folder_.path() / name;
        request.output = folder_.path() / "out";
        return request;
    }

    static std::shared_ptr<const wire::JobOrder> order_of(const RenderPlan& plan) {
        return wire::make_order(plan.submission, 0);
    }
    static std::vector<std::string> steps_of(const RenderPlan& plan) {
        std::vector<std::string> names;
        const auto order = order_of(plan);
        for (const auto& step : order->job->steps)
            names.push_back(step.name);
        return names;
    }
    static std::string text_of(const RenderPlan& plan) { return plan.submission.job_template.text; }
    std::string refusal(const RenderRequest& request) {
        const Error error = error_of([&] { plan_render(request); });
        EXPECT_NE(error.kind(), Error::Kind::internal);
        return std::string(error.what()) + " | " + error.hint();
    }

    TemporaryFolder folder_;
};

TEST_F(RenderJobTest, EverythingComesFromTheScene) {
    const RenderPlan plan = plan_render(of_scene());
    EXPECT_EQ(media::print_frames(plan.frames), "1-10");
    EXPECT_THAT(steps_of(plan), ElementsAre("Render", "Film", "Looks"));
    EXPECT_EQ(plan.film, folder_.path() / "out/scene.mp4");
    EXPECT_EQ(plan.report, folder_.path() / "out/scene_report.json");
    EXPECT_EQ(order_of(plan)->job->steps[0].space.size(), 10u);
    EXPECT_THAT(text_of(plan), HasSubstr("\"--rate\",\"24\""));
    EXPECT_THAT(plan.inputs.at("Files"), ElementsAre("scene.blend"));
    EXPECT_FALSE(plan.inputs.contains("Output"));
}

TEST_F(RenderJobTest, AStillHasNoFilm) {
    const RenderPlan plan = plan_render(of_scene({{"r.efra", "1"}}));
    EXPECT_THAT(steps_of(plan), ElementsAre("Render", "Looks"));
    EXPECT_TRUE(plan.film.empty());
}

TEST_F(RenderJobTest, WhatAPersonSaysCounts) {
    RenderRequest request = of_scene();
    request.frames = "2,4-6,20";
    request.film.codec = "webm";
    request.film.rate = "23.976";
    request.looks = false;
    const RenderPlan plan = plan_render(request);
    EXPECT_THAT(plan.frames, ElementsAre(2, 4, 5, 6, 20));
    EXPECT_THAT(steps_of(plan), ElementsAre("Render", "Film"));
    EXPECT_EQ(plan.film.extension(), ".webm");
    EXPECT_THAT(text_of(plan), HasSubstr("24000/1001"));
}

TEST_F(RenderJobTest, FramesInAnotherOrderAreAList) {
    RenderRequest request = of_scene();
    request.order = media::FrameOrder::coarse;
    const RenderPlan plan = plan_render(request);
    EXPECT_EQ(plan.frames.front(), 1);
    EXPECT_EQ(plan.frames[1], 10);
    EXPECT_THAT(text_of(plan), HasSubstr("\"range\":[1,10,"));
    request.order = media::FrameOrder::backward;
    request.frames = "1-2500";
    request.film.chunk = 0;
    const RenderPlan backward = plan_render(request);
    EXPECT_THAT(steps_of(backward), ElementsAre("Render", "Render (2)", "Render (3)", "Film", "Looks"));
    EXPECT_EQ(order_of(backward)->job->steps[3].dependencies.size(), 3u);
}

TEST_F(RenderJobTest, FilmsAndWhatBlenderNoLongerWrites) {
    EXPECT_THAT(text_of(plan_render(of_scene({{"r.im_format.imtype", "24"}}))), HasSubstr("scene_####.png"));
    EXPECT_THAT(refusal(of_scene({{"r.im_format.imtype", "19"}})), HasSubstr("--format"));
    RenderRequest request = of_scene();
    request.format = "TARGA_RAWW";
    EXPECT_THAT(refusal(request), HasSubstr("OPEN_EXR"));
    request.format = "CINEON";
    request.film.codec = "mp4";
    EXPECT_THAT(refusal(request), HasSubstr("no film can be made"));
    request.format = "OPEN_EXR";
    EXPECT_THAT(refusal(request), HasSubstr("--tone"));
    request.film.codec.clear();
    EXPECT_TRUE(plan_render(request).film.empty());
    EXPECT_THAT(plan_render(request).note, HasSubstr("--tone"));
    for (const auto& [depth, format, has_film] : {std::tuple("2", "PNG", true), std::tuple("16", "PNG", false),
                                                  std::tuple("64", "TIFF", false), std::tuple("16", "JPEG", true)}) {
        RenderRequest deep = of_scene({{"r.im_format.depth", depth}});
        deep.format = format;
        EXPECT_EQ(!plan_render(deep).film.empty(), has_film) << depth << " " << format;
        deep.film.tone = "standard";
        EXPECT_FALSE(plan_render(deep).film.empty());
    }
}

TEST_F(RenderJobTest, ScenesAndEnginesThatAreNotThere) {
    RenderRequest request = of_scene();
    request.scene_name = "Mine";
    EXPECT_THAT(refusal(request), HasSubstr("it has Main"));
    EXPECT_THAT(refusal(of_scene({{"r.engine", "BLENDER_GAME"}})), HasSubstr("--engine"));
    RenderRequest gone = of_scene();
    gone.scene = folder_.path() / "none.blend";
    EXPECT_THAT(refusal(gone), HasSubstr("none.blend"));
}

TEST_F(RenderJobTest, WhatOnlyOneEngineKnowsIsRefusedForTheOthers) {
    RenderRequest request = of_scene();
    request.device = "gpu";
    EXPECT_THAT(refusal(request), HasSubstr("for Cycles"));
    request.engine = "cycles";
    EXPECT_NO_THROW(plan_render(request));
    RenderRequest braces = of_scene();
    braces.camera = "{{Param.Files}} {{ }}";
    const auto order = order_of(plan_render(braces));
    EXPECT_EQ(order->job->steps.size(), 3u);
    RenderRequest samples = of_scene();
    samples.samples = 7;
    EXPECT_THAT(refusal(samples), HasSubstr("5, 8, 11, 16 and 32"));
    samples.samples = 8;
    EXPECT_NO_THROW(plan_render(samples));
    RenderRequest slices = of_scene({{"r.efra", "1"}});
    slices.slices = 4;
    EXPECT_THAT(refusal(slices), HasSubstr("--samples-slices"));
    slices.engine = "CYCLES";
    slices.samples = 3;
    EXPECT_THAT(refusal(slices), HasSubstr("3 samples"));
    slices.samples = 64;
    EXPECT_THAT(text_of(plan_render(slices)), HasSubstr("\\\"samples\\\":16"));
}

TEST_F(RenderJobTest, PartsAreForAStill) {
    RenderRequest request = of_scene();
    request.tiles = Grid{4, 3};
    EXPECT_THAT(refusal(request), HasSubstr("10 frames"));
    request.frames = "7";
    const RenderPlan plan = plan_render(request);
    EXPECT_THAT(steps_of(plan), ElementsAre("Parts", "Join", "Looks"));
    EXPECT_EQ(order_of(plan)->job->steps[0].space.size(), 12u);
    EXPECT_THAT(text_of(plan), HasSubstr("\\\"exact\\\":true"));
    request.format = "JPEG";
    EXPECT_THAT(refusal(request), HasSubstr("PNG and OPEN_EXR"));
    request.format.clear();
    request.tiles = Grid{161, 1};
    EXPECT_THAT(refusal(request), HasSubstr("160 x 90 pixels"));
    request.tiles = Grid{60, 60};
    EXPECT_THAT(refusal(request), HasSubstr("3600 parts"));
    request.tiles = Grid{2, 2};
    request.chunk = 3;
    EXPECT_THAT(refusal(request), HasSubstr("chunks"));
}

TEST_F(RenderJobTest, InASandboxEachTaskHasABlenderOfItsOwn) {
    RenderRequest request = of_scene();
    request.settings.sandbox = true;
    const RenderPlan plan = plan_render(request);
    EXPECT_TRUE(plan.submission.settings.isolate);
    EXPECT_TRUE(order_of(plan)->job->steps[0].environments.empty());
    EXPECT_EQ(order_of(plan)->job->steps[0].space.size(), 10u);
    request.frames = "1";
    request.tiles = Grid{2, 2};
    const RenderPlan tiles = plan_render(request);
    EXPECT_TRUE(order_of(tiles)->job->steps[0].environments.empty());
    EXPECT_THAT(steps_of(tiles), ElementsAre("Parts", "Join", "Looks"));
}

TEST_F(RenderJobTest, WholeFramesThatAreThereStay) {
    RenderRequest request = of_scene();
    request.skip_existing = true;
    fs::create_directories(request.output / "frames");
    const media::FrameFiles files{request.output / "frames", media::FramePattern::parse("scene_####.png")};
    for (const int frame : {2, 3, 4})
        write_frame(files.path_of(frame));
    fs::resize_file(files.path_of(3), fs::file_size(files.path_of(3)) / 2);
    const RenderPlan plan = plan_render(request);
    EXPECT_THAT(plan.skipped, ElementsAre(2, 4));
    EXPECT_THAT(plan.frames, ElementsAre(1, 3, 5, 6, 7, 8, 9, 10));
    EXPECT_THAT(plan.inputs.at("Output"), ElementsAre("frames/scene_0002.png", "frames/scene_0004.png"));
    EXPECT_THAT(text_of(plan), HasSubstr("\"--frames\",\"1-10\"")) << "the film is of all of them";
    request.frames = "2,4";
    EXPECT_THAT(refusal(request), HasSubstr("there already"));
}

TEST_F(RenderJobTest, OnlySomeAreRenderedAgain) {
    RenderRequest request = of_scene();
    fs::create_directories(request.output / "frames");
    write_frame(request.output / "frames/scene_0001.png");
    request.only = media::FrameNumbers{4, 7};
    const RenderPlan plan = plan_render(request);
    EXPECT_THAT(plan.frames, ElementsAre(4, 7));
    EXPECT_THAT(plan.inputs.at("Output"), ElementsAre("frames/scene_0001.png")) << "what isn't there can't be brought";
    EXPECT_THAT(text_of(plan), HasSubstr("\"--frames\",\"1-10\""));
    request.only = media::FrameNumbers{};
    EXPECT_THAT(steps_of(plan_render(request)), ElementsAre("Film", "Looks"));
}

TEST_F(RenderJobTest, NamesOfScenesDoNoHarm) {
    for (const char* name :
         {"a b.blend", "{{Param.Files}}.blend", "sh#ts ####.blend", "qu'ote\".blend", "ünïcode.blend"}) {
        const RenderPlan plan = plan_render(of_scene({}, name));
        EXPECT_EQ(order_of(plan)->job->steps.size(), 3u) << name;
        EXPECT_THAT(plan.inputs.at("Files"), ElementsAre(name));
    }
}

}  // namespace
}  // namespace atelier::pipelines::blender
