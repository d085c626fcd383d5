// A render in which something dies or stands still: Blender, a worker, the server, all of the embedded farm. Every
// frame is there once, the film is complete, and nothing is left running.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <csignal>

#include "media/picture.h"
#include "rendering.h"
#include "served.h"

namespace atelier::tests {

namespace fs = std::filesystem;

namespace {

constexpr int frames = 20;

// Frames that take a moment each, so that a kill comes between.
std::string long_scene(const RenderGround& ground, std::vector<std::string> more = {}) {
    more.insert(more.end(), {fmt::format("frames={}", frames), "heavy=40"});
    return ground.scene("long", more);
}

bool kill_a_blender(const RenderGround& ground) {
    return eventually([&] {
        const auto open = ground.blenders();
        return !open.empty() && ::kill(open.front(), SIGKILL) == 0;
    });
}

bool more_are_done(const RenderGround& ground, int more) {
    const std::int64_t wanted = ground.done() + more;
    return eventually([&] { return ground.done() >= wanted; });
}

}  // namespace

TEST(RenderKilled, BlenderAndTheEmbeddedFarm) {
    ATELIER_NEED_PROGRAM("blender");
    const RenderGround ground;
    const std::string scene = long_scene(ground);
    const fs::path alone = ground.undisturbed(scene);
    auto render = ground.begin(scene, {"--workers", "2"});
    ASSERT_TRUE(more_are_done(ground, 3)) << render->out() << render->err();
    ASSERT_TRUE(kill_a_blender(ground));
    ASSERT_TRUE(more_are_done(ground, 3)) << render->out() << render->err();
    ASSERT_LT(ground.done(), frames) << "the job is too short";
    const std::string job = ground.job();
    render->signal(SIGKILL);
    render->wait();
    EXPECT_TRUE(eventually([&] { return ground.blenders().empty(); })) << "they end with the farm";
    const Ended ended = ground.render(scene, {"--workers", "2"});
    ASSERT_EQ(ended.status, 0) << ended.all();
    EXPECT_EQ(ground.job(), job) << "the same command goes on with what it began";
    expect_same_frames(ground.path("out/frames"), "long", alone, 1, frames);
    EXPECT_EQ(frames_of_film(ground.path("out/long.mp4")), frames);
    expect_each_task_once(ground);
}

TEST(RenderKilled, OnAFarmOfTwoWorkersThatHaveOnlyWhatTheyAreSent) {
    ATELIER_NEED_PROGRAM("blender");
    const RenderGround ground;
    const std::string scene = long_scene(ground, {"textured=" + ground.path("pictures/made.png").string(), "absolute",
                                                  "linked=" + ground.path("parts/library.blend").string()});
    const fs::path alone = ground.undisturbed(scene);
    Server server(ground, {"--lease", "5"});
    const Books books(ground);
    RemoteWorker one(ground, "one", server.url());
    RemoteWorker two(ground, "two", server.url());
    const auto render = ground.begin(scene);
    ASSERT_TRUE(eventually([&] { return render->out().find("submitted") != std::string::npos || render->ended(); }));
    for (const char* name : {"scenes", "pictures", "parts"})
        fs::rename(ground.path(name), ground.path(std::string("away-") + name));
    ASSERT_TRUE(more_are_done(ground, 2)) << render->out() << render->err() << one.said();
    ASSERT_TRUE(kill_a_blender(ground));
    ASSERT_TRUE(more_are_done(ground, 2)) << render->out() << render->err() << one.said();
    one.kill();
    one.start();
    ASSERT_TRUE(more_are_done(ground, 2)) << render->out() << render->err() << one.said();
    server.kill();
    ASSERT_LT(books.done(), frames) << "the job is too short";
    server.start();
    const std::string job = ground.job();
    ASSERT_TRUE(books.succeeds(job)) << server.said() << one.said() << two.said();
    expect_each_task_once(ground);
    const Ended download = ground.run({"job", "download", job, "--to", ground.path("fetched").string()});
    ASSERT_EQ(download.status, 0) << download.all();
    expect_same_frames(ground.path("fetched/frames"), "long", alone, 1, frames);
    EXPECT_EQ(frames_of_film(ground.path("fetched/long.mp4")), frames);
    one.leave();
    two.leave();
    server.stop();
    EXPECT_TRUE(ground.blenders().empty());
}

TEST(RenderKilled, CancelLeavesNoBlender) {
    ATELIER_NEED_PROGRAM("blender");
    const RenderGround ground;
    const auto render = ground.begin(ground.scene("long", {"frames=500", "heavy=60"}), {"--workers", "2"});
    ASSERT_TRUE(more_are_done(ground, 2)) << render->out() << render->err();
    EXPECT_FALSE(ground.blenders().empty());
    const Ended cancel = ground.run({"job", "cancel", ground.job()});
    EXPECT_EQ(cancel.status, 0) << cancel.all();
    EXPECT_NE(render->wait().status, 0);
    EXPECT_EQ(ground.state(), "CANCELED");
    EXPECT_TRUE(eventually([&] { return ground.running().empty(); })) << "nor anything else";
    EXPECT_LT(ground.done(), 500);
}

TEST(RenderKilled, ABlenderThatStandsStillIsStalledAndItsFrameGoesToAnother) {
    ATELIER_NEED_PROGRAM("blender");
    const RenderGround ground;
    const std::string scene = long_scene(ground);
    const auto render = ground.begin(scene, {"--workers", "2", "--hang", "3s", "--no-looks"});
    ASSERT_TRUE(more_are_done(ground, 3)) << render->out() << render->err();
    const auto open = ground.blenders();
    ASSERT_FALSE(open.empty());
    ASSERT_EQ(::kill(open.front(), SIGSTOP), 0);
    const Ended ended = render->wait();
    EXPECT_EQ(ended.status, 0) << ended.all();
    EXPECT_GE(ground.attempts("STALLED"), 1);
    EXPECT_EQ(frames_of_film(ground.path("out/long.mp4")), frames);
    EXPECT_NE(ground.reason("STALLED").find("Blender hangs: it rendered frame"), std::string::npos)
        << ground.reason("STALLED");
}

// By itself Blender 3.4 never comes back from writing this format; asked by us it mostly does.
TEST(RenderKilled, ABlenderThatHangsByItselfIsNoticed) {
    ATELIER_NEED_PROGRAM("blender");
    const RenderGround ground;
    const Ended ended = ground.render(ground.scene("turning"),
                                      {"--format", "CINEON", "--frames", "1", "--hang", "4s", "--max-tries", "1"});
    if (ended.status == 0) {
        EXPECT_EQ(media::probe_picture(ground.path("out/frames/turning_0001.cin")).width, 160);
    } else {
        EXPECT_NE(ended.all().find("Blender hangs"), std::string::npos) << ended.all();
        EXPECT_EQ(ground.attempts("STALLED"), 1);
    }
    EXPECT_TRUE(eventually([&] { return ground.blenders().empty(); }));
}

}  // namespace atelier::tests
