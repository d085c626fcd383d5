#include "pipelines/blender/task_scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <cmath>

#include "base/error.h"
#include "base/testing.h"
#include "farm/queries.h"
#include "pipelines/blender/testing_blend.h"
#include "store/manifest.h"

namespace atelier::pipelines::blender {
namespace {

namespace fs = std::filesystem;
using atelier::testing_support::error_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing_support::BlendMaker;

std::string blend(const std::string& frames = "20") {
    BlendMaker maker = BlendMaker::with_scene();
    maker.add("GLOB", 0x10, "FileGlobal", {{{"curscene", "4096"}}});
    maker.add("SC", 0x1000, "Scene",
              {{{"id.name", "SCShot"},
                {"camera", "12288"},
                {"r.im_format.imtype", "17"},
                {"r.sfra", "2"},
                {"r.efra", frames},
                {"r.frame_step", "3"},
                {"r.size", "100"},
                {"r.frs_sec", "25"},
                {"r.frs_sec_base", "1"},
                {"r.xsch", "160"},
                {"r.ysch", "90"},
                {"r.engine", "BLENDER_WORKBENCH"}}});
    maker.add("ID", 0x3000, "ID", {{{"name", "OBCamera"}}});
    return maker.bytes();
}

class TaskSchedulerTest : public testing::Test {
protected:
    TaskSchedulerTest() { layout_.create(); }

    static std::string send(TaskScheduler& scheduler, const std::string& content, const RenderTaskOptions& options = {},
                            const std::string& owner = "anna") {
        const auto task = scheduler.init_new_task(owner);
        write_file_durably(task.path, content);
        scheduler.run_task(task.id, options);
        return task.id;
    }

    bool is_clean() const { return fs::is_empty(layout_.root / "render-tasks"); }

    const TemporaryFolder scratch_;
    const farm::Layout layout_{scratch_.path() / "data"};
};

TEST_F(TaskSchedulerTest, AnUploadBecomesATaskThatAJobTellsOf) {
    std::string id;
    {
        farm::Farm farm({layout_, {}});
        TaskScheduler scheduler(farm);
        const auto task = scheduler.init_new_task("anna");
        EXPECT_EQ(scheduler.task(task.id)->stage, RenderStage::Uploading);
        scheduler.received(task.id, 5, 10);
        EXPECT_EQ(scheduler.task(task.id)->progress_simple().stage_progress, 50);
        EXPECT_EQ(scheduler.tasks("anna", 10).tasks.size(), 1u);
        EXPECT_THAT(scheduler.tasks("ben", 10).tasks, IsEmpty());
        write_file_durably(task.path, blend());
        RenderTaskOptions options;
        options.upload = "shot.blend";
        scheduler.run_task(task.id, options);
        id = task.id;
        EXPECT_TRUE(is_clean());
        EXPECT_EQ(error_of([&] { scheduler.run_task(id); }).kind(), Error::Kind::not_found) << "twice";
    }
    farm::Farm farm({layout_, {}});  // the process that took it is gone
    TaskScheduler scheduler(farm);
    const RenderTask task = scheduler.task(id).value();
    EXPECT_EQ(task.TaskID, id);
    EXPECT_EQ(task.owner, "anna");
    EXPECT_EQ(task.name, "shot");
    EXPECT_EQ(task.dataType, RenderDataType::SingleFile);
    EXPECT_EQ(task.outputType, RenderOutputType::PNG);
    EXPECT_THAT((std::vector{task.StartFrame, task.EndFrame, task.FrameStep}), ElementsAre(2, 20, 3));
    EXPECT_EQ(task.frames, 7u);
    EXPECT_EQ(task.film, "shot.mp4");
    EXPECT_EQ(task.stage, RenderStage::Queued);
    EXPECT_TRUE(std::isinf(task.progress_simple().stage_progress));
    EXPECT_THAT(scheduler.with_workers(task).progress_detailed(), IsEmpty());
    EXPECT_EQ(scheduler.tasks("", 10).tasks.size(), 1u);
    EXPECT_EQ(scheduler.record(id)->pattern, "shot_####.png");
}

TEST_F(TaskSchedulerTest, TheJobIsIsolatedInTheSandboxAndTellsNothingOfThisMachine) {
    farm::Farm farm({layout_, {}});
    TaskScheduler scheduler(farm);
    const std::string id = send(scheduler, blend());
    wire::Submission submission;
    farm.read([&](db::Connection& connection) { submission = farm::submission_of(connection, id); });
    EXPECT_TRUE(submission.settings.isolate && submission.settings.sandbox && !submission.settings.network);
    EXPECT_THAT(wire::to_json(submission), testing::Not(HasSubstr(scratch_.path().string())));
    EXPECT_THAT(submission.job_template.text, testing::Not(HasSubstr("--trust")));
    const auto manifest = store::load_manifest(Digest::from_hex(submission.inputs.at("Files")), farm.blobs());
    ASSERT_TRUE(manifest);
    ASSERT_EQ(manifest->entries.size(), 1u);
    EXPECT_EQ(manifest->entries[0].path, "scene.blend");
}

TEST_F(TaskSchedulerTest, WhatIsRefusedLeavesNothing) {
    farm::Farm farm({layout_, {}});
    TaskScheduler scheduler(farm);
    RenderTaskOptions other_scene;
    other_scene.request.scene_name = "None";
    for (const auto& [content, options] :
         std::vector<std::pair<std::string, RenderTaskOptions>>{{"no blend", {}},
                                                                {"", {}},
                                                                {blend().substr(0, 300), {}},
                                                                {"PK\x03\x04 no zip", {}},
                                                                {blend(), other_scene}}) {
        const auto error = error_of([&] { send(scheduler, content, options); });
        EXPECT_EQ(error.kind(), Error::Kind::invalid) << error.what();
        EXPECT_THAT(std::string(error.what()) + error.hint(), testing::Not(HasSubstr(scratch_.path().string())));
        EXPECT_TRUE(is_clean());
    }
    EXPECT_THAT(scheduler.tasks("", 10).tasks, IsEmpty());
    EXPECT_FALSE(scheduler.task("zzzzzzzz"));
}

TEST_F(TaskSchedulerTest, ATaskIsCanceledAndThenRemoved) {
    farm::Farm farm({layout_, {}});
    TaskScheduler scheduler(farm);
    const std::string id = send(scheduler, blend());
    EXPECT_FALSE(scheduler.cancel(scheduler.task(id).value()));
    EXPECT_EQ(scheduler.task(id)->stage, RenderStage::Canceled);
    EXPECT_TRUE(scheduler.cancel(scheduler.task(id).value()));
    EXPECT_FALSE(scheduler.task(id));

    const auto sent = scheduler.init_new_task("anna");
    write_file_durably(sent.path, blend());
    EXPECT_FALSE(scheduler.cancel(scheduler.task(sent.id).value()));
    EXPECT_EQ(error_of([&] { scheduler.received(sent.id, 1, {}); }).kind(), Error::Kind::conflict);
    EXPECT_EQ(error_of([&] { scheduler.run_task(sent.id); }).kind(), Error::Kind::conflict);
    EXPECT_FALSE(scheduler.task(sent.id));
}

TEST_F(TaskSchedulerTest, AnOwnerSendsSoMuchAtATimeAndNoMore) {
    farm::Farm farm({layout_, {}});
    TaskScheduler scheduler(farm);
    std::vector<std::string> ids;
    for (int i = 0; i < 8; ++i)
        ids.push_back(scheduler.init_new_task("anna").id);
    EXPECT_THAT(error_of([&] { scheduler.init_new_task("anna"); }).what(), HasSubstr("8 scenes"));
    scheduler.init_new_task("ben");
    scheduler.forget(ids[0]);
    scheduler.init_new_task("anna");
}

TEST_F(TaskSchedulerTest, OnlyWhatNobodySendsAnyMoreIsRemoved) {
    farm::Farm farm({layout_, {}});
    const fs::path left = layout_.root / "render-tasks" / "gone";
    fs::create_directories(left / "files");
    write_file_durably(left / "files" / "x", "x");
    TaskScheduler scheduler(farm);
    EXPECT_FALSE(fs::exists(left));
    const auto task = scheduler.init_new_task("anna");
    write_file_durably(task.path, blend());
    TaskScheduler another(farm);  // of another server on the same folder
    EXPECT_TRUE(fs::exists(task.path));
    scheduler.run_task(task.id);
    EXPECT_TRUE(another.task(task.id));
}

}  // namespace
}  // namespace atelier::pipelines::blender
