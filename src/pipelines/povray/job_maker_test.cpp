#include "pipelines/povray/job_maker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "base/testing.h"

namespace atelier::pipelines::povray {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

struct JobMakerTest : testing::Test {
    // Of a scene with this name and this text, with more settings.
    PovJob job(const std::string& name, const std::string& text = "sphere { 0, 1 }") {
        write_file_durably(folder.path() / name, text);
        PovJob made;
        made.name = "job";
        made.output = folder.path() / "out";
        made.options.set("Input_File_Name", (folder.path() / name).string());
        return made;
    }
    static std::shared_ptr<const wire::JobOrder> order_of(const MadeJob& made) {
        return wire::make_order(made.submission, 0);
    }
    static std::string text_of(const MadeJob& made) { return made.submission.job_template.text; }

    const TemporaryFolder folder;
};

TEST_F(JobMakerTest, BracesInNamesAndSettingsAreOnlyBraces) {
    PovJob braced = job("a{{b}}.pov");
    braced.name = "{{Param.X}}";
    braced.options.set("declare", "n={{3}}");
    for (const char* frames : {"1", "3"}) {
        braced.options.set("Final_Frame", frames);
        const MadeJob made = make_job(braced);
        const auto order = order_of(made);
        EXPECT_EQ(order->job->name, "{{Param.X}}");
        const media::Results& results = made.results;
        EXPECT_EQ((frames == std::string("1") ? results.picture : results.film).stem(), "{{Param.X}}");
    }
    EXPECT_THAT(text_of(make_job(job("plain.pov"))), Not(HasSubstr("Brace"))) << "only where they are needed";
}

TEST_F(JobMakerTest, AnAnimationIsRenderedMadeAFilmAndLookedAt) {
    PovJob animation = job("scene.pov");
    animation.options.set("Final_Frame", "30");
    const MadeJob made = make_job(animation);
    const auto order = order_of(made);
    ASSERT_EQ(order->job->steps.size(), 3u);
    EXPECT_EQ(order->job->steps[1].name, "Film");
    EXPECT_EQ(order->job->steps[2].name, "Looks");
    EXPECT_EQ(made.results.film, folder.path() / "out/job.mp4");
}

TEST_F(JobMakerTest, ALongFilmIsEncodedInChunksAsFramesComeIn) {
    PovJob animation = job("scene.pov");
    animation.options.set("Final_Frame", "30");
    animation.film.chunk = 16;
    const auto order = order_of(make_job(animation));
    const auto& steps = order->job->steps;
    ASSERT_EQ(steps.size(), 6u);
    const auto after = [&](std::size_t step) {
        std::vector<std::string> names;
        for (const std::size_t number : steps[step].dependencies)
            names.push_back(steps[number].name);
        return names;
    };
    EXPECT_EQ(steps[0].name, "Render 1-16");
    EXPECT_EQ(steps[0].space.size(), 4u);
    EXPECT_THAT(after(1), ElementsAre("Render 1-16"));
    EXPECT_EQ(steps[2].name, "Render 17-30");
    EXPECT_THAT(after(2), ElementsAre());
    EXPECT_THAT(after(4), ElementsAre("Film 1-16", "Film 17-30"));
    EXPECT_THAT(after(5), ElementsAre("Render 1-16", "Render 17-30"));
}

TEST_F(JobMakerTest, AFilmIsMadeWhereItCanBe) {
    PovJob animation = job("scene.pov");
    animation.options.set("Final_Frame", "3");
    animation.options.set("Output_File_Type", "E");
    const MadeJob none = make_job(animation);
    ASSERT_EQ(none.notes.size(), 1u);
    EXPECT_THAT(none.notes[0], HasSubstr("--tone"));
    EXPECT_EQ(none.results.frames, folder.path() / "out/frames");
    EXPECT_TRUE(none.results.film.empty());
    animation.film.codec = "webm";
    EXPECT_ANY_THROW(make_job(animation));
    animation.film.tone = "filmic";
    EXPECT_EQ(make_job(animation).results.film, folder.path() / "out/job.webm");
    animation.film = {};
    animation.options.set("Output_File_Type", "P");
    EXPECT_FALSE(make_job(animation).results.film.empty());
    EXPECT_EQ(order_of(make_job(animation))->job->steps.size(), 3u) << "and it is looked at";
    animation.options.set("Bits_Per_Color", "16");
    EXPECT_TRUE(make_job(animation).results.film.empty());
    animation.film.codec = "none";
    EXPECT_TRUE(make_job(animation).notes.empty());
}

}  // namespace
}  // namespace atelier::pipelines::povray
