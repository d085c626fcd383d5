#include "pipelines/blender/render_task.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "base/testing.h"
#include "pipelines/blender/received_scene.h"
#include "pipelines/blender/scene_intake.h"
#include "pipelines/blender/task_scheduler.h"

namespace atelier::pipelines::blender {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing_support::error_of;

std::vector<StepProgress> steps(std::uint64_t rendered, double running, std::uint64_t merged) {
    return {{10, rendered, running}, {2, merged, 0}};
}

TEST(RenderTask, TotalProgressGrowsThroughAllStages) {
    const std::vector<RenderProgress> way = {
        progress_of_upload(0, {}),
        progress_of_upload(0, 100),
        progress_of_upload(50, 100),
        progress_of_upload(100, 100),
        progress_of_analysis(),
        progress_of_job(JobPhase::waiting, steps(0, 0, 0), 1, 0),
        progress_of_job(JobPhase::running, steps(0, 0.5, 0), 1, 4),
        progress_of_job(JobPhase::running, steps(9, 0.5, 0), 1, 80),
        progress_of_job(JobPhase::running, steps(10, 0, 0), 1, 84),
        progress_of_job(JobPhase::running, steps(10, 0, 1), 1, 92),
        progress_of_job(JobPhase::succeeded, steps(10, 0, 2), 1, 100),
    };
    for (std::size_t i = 1; i < way.size(); ++i) {
        EXPECT_GE(way[i].total_progress, way[i - 1].total_progress) << i;
        EXPECT_GE(way[i].stage, way[i - 1].stage) << i;
    }
    EXPECT_EQ(way.back().total_progress, 100);
    EXPECT_EQ(way.back().stage, RenderStage::Finished);
    EXPECT_EQ(way[2].stage_progress, 50);
    EXPECT_EQ(way[7].stage_progress, 95);
    EXPECT_EQ(way[9].stage, RenderStage::Merging);
    EXPECT_EQ(way[9].stage_progress, 50);
}

TEST(RenderTask, AStageWithoutProgressHasMinusInfinity) {
    for (const RenderProgress& none :
         {progress_of_upload(5, {}), progress_of_upload(0, 0), progress_of_analysis(),
          progress_of_job(JobPhase::waiting, {}, 1, 0), progress_of_job(JobPhase::failed, steps(3, 0, 0), 1, 30),
          progress_of_job(JobPhase::canceled, steps(3, 0, 0), 1, 30)})
        EXPECT_TRUE(std::isinf(none.stage_progress) && none.stage_progress < 0) << static_cast<int>(none.stage);
}

TEST(RenderTask, NothingLeavesItsBounds) {
    EXPECT_EQ(progress_of_upload(500, 100).stage_progress, 100);
    EXPECT_EQ(progress_of_job(JobPhase::running, steps(10, 3, 0), 1, 400).total_progress, 100);
    EXPECT_EQ(progress_of_job(JobPhase::running, steps(9, 3, 0), 1, 0).stage_progress, 100);
    EXPECT_EQ(progress_of_job(JobPhase::running, {}, 7, 0).stage, RenderStage::Merging);
}

TEST(RenderTaskOptions, AreSetByName) {
    RenderTaskOptions options;
    for (const RenderTaskOption& option : render_task_options()) {
        const std::string type = option.type;
        const std::string name = option.name;
        const std::string value = type == "boolean"   ? "true"
                                  : type == "integer" ? "7"
                                  : name == "size"    ? "64x32"
                                  : name == "device"  ? "cpu"
                                                      : "text of " + name;
        EXPECT_NO_THROW(options.set(name, value)) << name;
    }
    EXPECT_EQ(options.request.frames, "text of frames");
    EXPECT_EQ(options.request.size->height, 32);
    EXPECT_EQ(options.request.percent, 7);
    EXPECT_TRUE(options.request.trust && options.sandbox);
    for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{{"percent", "0"},
                                                                                      {"percent", "1001"},
                                                                                      {"samples", "x"},
                                                                                      {"size", "0x5"},
                                                                                      {"device", "both"},
                                                                                      {"trust", "1"},
                                                                                      {"program", "/bin/sh"},
                                                                                      {"", ""}})
        EXPECT_EQ(error_of([&] { options.set(name, value); }).kind(), Error::Kind::invalid) << name;
}

class ReceivedSceneTest : public testing::Test {
protected:
    ReceivedScene received(const std::string& name) {
        fs::remove_all(scratch_.path() / "files");
        write_file_durably(scratch_.path() / "upload", "BLENDER");
        return lay_out(scratch_.path() / "upload", scratch_.path() / "files", name, "");
    }

    const TemporaryFolder scratch_;
};

TEST_F(ReceivedSceneTest, AFilesNameNeverLeadsElsewhere) {
    for (const auto& [sent, wanted] :
         std::vector<std::pair<std::string, std::string>>{{"shot.blend", "shot.blend"},
                                                          {"shot.BLEND", "shot.blend"},
                                                          {"", "scene.blend"},
                                                          {"../../etc/passwd", "passwd.blend"},
                                                          {"C:\\a\\b.blend", "b.blend"},
                                                          {"..", "scene.blend"},
                                                          {".blend", "scene.blend"},
                                                          {"a#b\n.blend", "a_b_.blend"},
                                                          {"\xff\xfe.blend", "scene.blend"},
                                                          {std::string(200, 'n'), "scene.blend"},
                                                          {"x/", "scene.blend"},
                                                          {".hidden", "scene.blend"}}) {
        const ReceivedScene scene = received(sent);
        EXPECT_EQ(scene.scene, scratch_.path() / "files" / wanted) << sent;
        EXPECT_EQ(scene.type, RenderDataType::SingleFile);
        EXPECT_EQ(read_file(scene.scene), "BLENDER");
    }
}

class SceneIntakeTest : public testing::Test {
protected:
    http::Request request_;
    const TemporaryFolder scratch_;
    const fs::path path_ = scratch_.path() / "upload";
};

TEST_F(SceneIntakeTest, TakesTheBodyAsItIs) {
    request_.query = {{"frames", "1-2"}, {"upload", "a.blend"}};
    SceneIntake intake(request_, path_, false);
    intake.take("BLEND");
    intake.take("ER");
    EXPECT_EQ(intake.received(), 7u);
    const RenderTaskOptions options = intake.finish();
    EXPECT_EQ(options.upload, "a.blend");
    EXPECT_EQ(options.request.frames, "1-2");
    EXPECT_EQ(read_file(path_), "BLENDER");
}

TEST_F(SceneIntakeTest, TrustIsForAdmins) {
    request_.query = {{"trust", "true"}};
    EXPECT_EQ(error_of([&] { SceneIntake(request_, path_, false); }).kind(), Error::Kind::denied);
    fs::remove(path_);
    EXPECT_NO_THROW(SceneIntake(request_, path_, true));
    fs::remove(path_);
    request_.query = {};
    request_.headers = {{"content-type", "multipart/form-data; boundary=b"}};
    SceneIntake intake(request_, path_, false);
    EXPECT_EQ(error_of([&] {
                  intake.take("--b\r\nContent-Disposition: form-data; name=trust\r\n\r\ntrue\r\n--b--");
                  intake.finish();
              }).kind(),
              Error::Kind::denied);
}

TEST_F(SceneIntakeTest, NothingAndTooMuchAreRefused) {
    {
        SceneIntake intake(request_, path_, false);
        EXPECT_THAT(error_of([&] { intake.finish(); }).what(), HasSubstr("no scene was sent"));
    }
    fs::remove(path_);
    request_.headers = {{"content-type", "multipart/form-data; boundary=b"}};
    SceneIntake intake(request_, path_, false);
    const std::string long_value(5000, '1');
    EXPECT_THAT(error_of([&] {
                    intake.take("--b\r\nContent-Disposition: form-data; name=frames\r\n\r\n" + long_value);
                }).what(),
                HasSubstr("too long"));
}

}  // namespace
}  // namespace atelier::pipelines::blender
