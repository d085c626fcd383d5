#include "pipelines/blender/render_template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "wire/submission.h"

namespace atelier::pipelines::blender {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

RenderTemplate of_frames(const std::string& frames) {
    RenderTemplate parts;
    parts.name = "scene";
    parts.pattern = media::FramePattern::parse("scene_####.png");
    parts.wanted = parts.frames = media::parse_frames(frames);
    return parts;
}

// What the farm makes of it; throws when it is no template.
std::shared_ptr<const wire::JobOrder> order_of(const RenderTemplate& parts) {
    wire::Submission submission;
    submission.job_template = {json::text(render_template(parts)), "json", "render"};
    submission.template_folder = submission.current_folder = "/";
    submission.values = {{"Files", "/files"}, {"Scene", "scene.blend"}, {"Output", "/out"}};
    return wire::make_order(submission, 0);
}

TEST(RenderTemplate, AMillionFramesAreAShortText) {
    const RenderTemplate parts = of_frames("1-1000000");
    EXPECT_LT(json::text(render_template(parts)).size(), 3000u);
    EXPECT_EQ(order_of(parts)->job->steps[0].space.size(), 1'000'000u);
}

TEST(RenderTemplate, AListHasABound) {
    RenderTemplate parts = of_frames("1-1025");
    parts.order = media::FrameOrder::backward;
    const auto order = order_of(parts);
    ASSERT_EQ(order->job->steps.size(), 3u);
    EXPECT_EQ(order->job->steps[0].space.size(), 1024u);
    EXPECT_EQ(order->job->steps[1].space.size(), 1u);
    EXPECT_EQ(order->job->steps[2].dependencies.size(), 2u) << "the looks come after both";
}

// The steps with their numbers of tasks, and what they wait for.
std::vector<std::string> shown(const wire::JobOrder& order) {
    std::vector<std::string> lines;
    for (const job::Step& step : order.job->steps) {
        std::string line = step.name + ": " + std::to_string(step.space.size());
        for (const std::size_t number : step.dependencies)
            line += ", " + order.job->steps[number].name;
        lines.push_back(line);
    }
    return lines;
}

TEST(RenderTemplate, ALongFilmIsEncodedInChunksAsFramesComeIn) {
    RenderTemplate parts = of_frames("1-7");
    parts.film = media::FilmWish{.chunk = 3};
    EXPECT_THAT(shown(*order_of(parts)),
                ElementsAre("Render 1-3: 3", "Film 1-3: 1, Render 1-3", "Render 4-6: 3", "Film 4-6: 1, Render 4-6",
                            "Render 7: 1", "Film 7: 1, Render 7", "Film: 1, Film 1-3, Film 4-6, Film 7",
                            "Looks: 1, Render 1-3, Render 4-6, Render 7"));
    parts.frames = {5};  // the others are there
    EXPECT_THAT(shown(*order_of(parts)),
                ElementsAre("Film 1-3: 1", "Render 4-6: 1", "Film 4-6: 1, Render 4-6", "Film 7: 1",
                            "Film: 1, Film 1-3, Film 4-6, Film 7", "Looks: 1, Render 4-6"));
    parts.frames = {7, 6, 5, 4, 3, 2, 1};
    parts.order = media::FrameOrder::backward;
    parts.looks = false;
    const auto backward = order_of(parts);
    EXPECT_THAT(shown(*backward)[0], "Render 7: 1");
    EXPECT_THAT(shown(*backward)[2], "Render 4-6: 3");
    EXPECT_THAT(json::text(render_template(parts)), HasSubstr("[6,5,4]"));
    parts.order = media::FrameOrder::coarse;
    EXPECT_THAT(shown(*order_of(parts)), ElementsAre("Render: 7", "Film: 1, Render"));
}

TEST(RenderTemplate, FramesBelowZeroAndWithGaps) {
    EXPECT_EQ(order_of(of_frames("-5--1,3,7-11:2"))->job->steps[0].space.size(), 9u);
}

TEST(RenderTemplate, WhatSettingsHoldIsNoReference) {
    RenderTemplate parts = of_frames("1");
    parts.settings["camera"] = "{{Param.Output}} }} {{ {{{{";
    const std::string text = json::text(render_template(parts));
    EXPECT_THAT(text, Not(HasSubstr("{{Param.Output}} }}")));
    EXPECT_NO_THROW(order_of(parts));
    parts.chunk = 2;
    EXPECT_NO_THROW(order_of(parts));
}

TEST(RenderTemplate, ChunksHaveABlenderOfTheirOwn) {
    RenderTemplate parts = of_frames("1-10");
    parts.chunk = 4;
    const auto order = order_of(parts);
    EXPECT_EQ(order->job->steps[0].space.size(), 3u);
    EXPECT_TRUE(order->job->steps[0].environments.empty());
}

TEST(RenderTemplate, WithoutFramesItIsOfWhatIsThere) {
    RenderTemplate parts = of_frames("1-10");
    parts.frames.clear();
    parts.keeps_earlier = true;
    const auto order = order_of(parts);
    ASSERT_EQ(order->job->steps.size(), 1u);
    EXPECT_EQ(order->job->steps[0].name, "Looks");
    EXPECT_TRUE(order->job->steps[0].dependencies.empty());
}

TEST(RenderTemplate, SlicesAreAveragedAndTilesAreJoined) {
    RenderTemplate parts = of_frames("7");
    parts.slices = 3;
    EXPECT_THAT(json::text(render_template(parts)), HasSubstr("average"));
    EXPECT_EQ(order_of(parts)->job->steps[0].space.size(), 3u);
    parts.slices = 0;
    parts.tiles = Grid{2, 3};
    parts.size = Size{100, 90};
    EXPECT_THAT(json::text(render_template(parts)), HasSubstr("\"--columns\",\"2\""));
    EXPECT_EQ(order_of(parts)->job->steps[0].space.size(), 6u);
}

}  // namespace
}  // namespace atelier::pipelines::blender
