// POV-Ray on the farm, with the real program: `atelier pov` from a scene to frames and film, what goes wrong in a
// scene, and the client library, against a server with a worker and with a farm of its own.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <csignal>

#include "base/testing.h"
#include "base/text.h"
#include "media/film_maker.h"
#include "media/picture.h"
#include "pipelines/povray/client.h"
#include "served.h"

namespace atelier::tests {

namespace fs = std::filesystem;
namespace povray = pipelines::povray;
using testing_support::error_of;

namespace {

constexpr const char* ball =
    "#version 3.7;\nglobal_settings { assumed_gamma 1.0 }\ncamera { location <0,1,-4> look_at 0 }\n"
    "light_source { <2,4,-3> rgb 1 }\nplane { y,-1 pigment { checker rgb 1 rgb 0.2 } }\n"
    "sphere { <clock*2-1,0,0>, 1 pigment { rgb <1,clock,0> } finish { reflection 0.2 phong 0.5 } }\n";

std::string settings(const std::string& scene, int frames, const std::string& more = "") {
    return fmt::format("Input_File_Name={}\nWidth=80\nHeight=45\nFinal_Frame={}\nAntialias=on\n{}", scene, frames,
                       more);
}

// As POV-Ray alone draws it.
void draw_alone(const Ground& ground, const std::string& words) {
    const std::string command =
        fmt::format("cd {} && povray {} -D -V -GA 2>/dev/null", shell_quote(ground.root().string()), words);
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
}

void expect_same(const fs::path& one, const fs::path& other) {
    ASSERT_TRUE(fs::exists(one)) << one;
    EXPECT_EQ(media::compare_pictures(one, other).pixels, 0u) << one << " and " << other;
}

std::string frame_name(int frame) { return fmt::format("frame_{:04}.png", frame); }

// A scene whose frame 7 alone can't be read.
std::string broken_at_7() { return std::string(ball) + "#if (frame_number = 7)\nsphere { 0, nosuch }\n#end\n"; }

// Some seconds of work for a core.
std::string heavy() { return std::string(ball) + "light_source { <-2,4,-3> rgb 1 area_light <1,0,0>,<0,1,0>,9,9 }\n"; }

std::string last_log(const Ground& ground) { return ground.run({"job", "logs", ground.job()}).all(); }

}  // namespace

// ---- atelier pov

TEST(Pov, AnAnimationOnTwoWorkersHasThePixelsOfPovRayAlone) {
    Ground ground;
    ground.write("scene.pov", ball);
    const std::string ini =
        ground.write("scene.ini", settings("scene.pov", 10, "Initial_Clock=0.25\n+AM2 Jitter=off\n"));
    const Ended run = ground.run({"pov", ini, "--workers", "2", "--chunk", "3"});
    ASSERT_EQ(run.status, 0) << run.all();
    EXPECT_NE(run.out.find("film    " + ground.path("renders/scene/scene.mp4").string()), std::string::npos) << run.out;
    draw_alone(ground, "scene.ini +Oalone");
    for (int frame = 1; frame <= 10; ++frame)
        expect_same(ground.path("renders/scene/frames") / frame_name(frame),
                    ground.path(fmt::format("alone{:02}.png", frame)));
    EXPECT_EQ(media::probe_film(ground.path("renders/scene/scene.mp4")).frames, 10u);
    EXPECT_TRUE(fs::exists(ground.path("renders/scene/scene_sheet.jpg")));
    EXPECT_EQ(ground.count("SELECT count(*) FROM artifacts WHERE step = 0 AND path LIKE 'thumbnails/%'"), 10)
        << "they come with their frames";
}

TEST(Pov, APartOfAnAnimationKeepsItsClock) {
    Ground ground;
    ground.write("scene.pov", ball);
    const std::string ini = ground.write("scene.ini", settings("scene.pov", 20));
    const Ended run =
        ground.run({"pov", ini, "--frames", "3,8-10:2", "--film", "none", "--size", "64x36", "--no-looks"});
    ASSERT_EQ(run.status, 0) << run.all();
    draw_alone(ground, "scene.ini +W64 +H36 +SF8 +EF8 +Oalone");
    expect_same(ground.path("renders/scene/frames/frame_0008.png"), ground.path("alone08.png"));
    EXPECT_TRUE(fs::exists(ground.path("renders/scene/frames/frame_0003.png")));
    EXPECT_FALSE(fs::exists(ground.path("renders/scene/frames/frame_0009.png")));
}

TEST(Pov, AnErrorInOneFrameIsToldAndARetryDrawsThatFrameAlone) {
    Ground ground;
    ground.write("scene.pov", broken_at_7());
    const std::string ini = ground.write("scene.ini", settings("scene.pov", 10));
    const Ended run = ground.run({"pov", ini, "--workers", "2", "--chunk", "5"});
    EXPECT_EQ(run.status, 1);
    EXPECT_NE(run.out.find("frame 7: scene.pov, line 8: Expected 'numeric expression', undeclared identifier 'nosuch'"),
              std::string::npos)
        << run.all();
    EXPECT_FALSE(fs::exists(ground.path("renders/scene/scene.mp4")));
    EXPECT_FALSE(fs::exists(ground.path("renders/scene/frames/frame_0007.png")));
    EXPECT_TRUE(fs::exists(ground.path("renders/scene/frames/frame_0008.png"))) << "the others are drawn all the same";

    ground.write("scene.pov", ball);
    const Ended again = ground.run({"job", "retry", ground.job(), "--failed"});
    ASSERT_EQ(again.status, 0) << again.all();
    EXPECT_EQ(media::probe_film(ground.path("renders/scene/scene.mp4")).frames, 10u);
    const std::string log = ground.run({"job", "logs", ground.job(), "Render:1"}).all();
    const std::size_t retried = log.rfind("4 frames were drawn by an earlier try");
    ASSERT_NE(retried, std::string::npos) << log;
    EXPECT_NE(log.find("frame 7 is done", retried), std::string::npos) << log;
    EXPECT_EQ(log.find("frame 8 is done", retried), std::string::npos) << log;
}

TEST(Pov, ALongFilmIsEncodedInChunksWhileFramesComeIn) {
    Ground ground;
    ground.write("scene.pov", broken_at_7());
    const std::string ini = ground.write("scene.ini", settings("scene.pov", 9));
    const Ended run = ground.run({"pov", ini, "--film-chunk", "5", "--workers", "2", "--allow-gaps"});
    ASSERT_EQ(run.status, 0) << run.all();
    EXPECT_EQ(media::probe_film(ground.path("renders/scene/scene.mp4")).frames, 8u);
    EXPECT_FALSE(fs::exists(ground.path("renders/scene/film_chunks")));
    EXPECT_EQ(ground.count("SELECT count(*) FROM steps"), 6);
}

TEST(Pov, PpmBecomesAFilmAndIsLookedAt) {
    Ground ground;
    ground.write("scene.pov", ball);
    const std::string ini = ground.write("scene.ini", settings("scene.pov", 3));
    const Ended run = ground.run({"pov", ini, "--format", "ppm"});
    ASSERT_EQ(run.status, 0) << run.all();
    EXPECT_EQ(media::probe_film(ground.path("renders/scene/scene.mp4")).frames, 3u);
    EXPECT_TRUE(fs::exists(ground.path("renders/scene/thumbnails/frame_0003.jpg")));
    draw_alone(ground, "scene.ini +FN +SF2 +EF2 +Oalone");
    expect_same(ground.path("renders/scene/frames/frame_0002.ppm"), ground.path("alone2.png"));
}

TEST(Pov, AFilmWithGapsIsMadeWhenThePersonSaysSo) {
    Ground ground;
    ground.write("scene.pov", broken_at_7());
    const std::string ini = ground.write("scene.ini", settings("scene.pov", 9));
    const Ended run = ground.run({"pov", ini, "--allow-gaps"});
    ASSERT_EQ(run.status, 0) << run.all();
    EXPECT_EQ(media::probe_film(ground.path("renders/scene/scene.mp4")).frames, 8u);
}

TEST(Pov, AStillInRowsHasThePixelsOfAWhole) {
    Ground ground;
    const std::string scene = ground.write("scene.pov", ball);
    const Ended run = ground.run(
        {"pov", scene, "--rows", "3", "--size", "120x400", "--antialias", "0.3", "--clock", "0.5", "--workers", "2"});
    ASSERT_EQ(run.status, 0) << run.all();
    draw_alone(ground, "+Iscene.pov +W120 +H400 +A0.3 +AM2 -J +K0.5 +Oalone.png");
    expect_same(ground.path("renders/scene/scene.png"), ground.path("alone.png"));
    EXPECT_FALSE(fs::exists(ground.path("renders/scene/parts")));
    EXPECT_EQ(ground.run({"pov", scene, "--rows", "3", "--size", "120x2"}).status, 2) << "fewer rows than parts";
}

TEST(Pov, ASceneThatTriesToGetOutFailsAndSaysSo) {
    Ground ground;
    ground.write("secret.inc", "#declare Secret = 1;");
    fs::create_directory(ground.path("scene"));
    const std::string reads =
        ground.write("scene/reads.pov", "#include \"" + ground.path("secret.inc").string() + "\"\n");
    const Ended read = ground.run({"pov", reads});
    EXPECT_EQ(read.status, 1);
    EXPECT_NE(read.out.find("the scene reaches out of its folder"), std::string::npos) << read.all();
    EXPECT_NE(read.out.find("--trust"), std::string::npos);

    const std::string writes = ground.write("scene/writes.pov", "#fopen F \"/etc/atelier-escape\" write\n");
    const Ended write = ground.run({"pov", writes});
    EXPECT_EQ(write.status, 1);
    EXPECT_NE(write.out.find("the scene reaches out of its folder, to /etc/atelier-escape"), std::string::npos)
        << write.all();
    EXPECT_FALSE(fs::exists("/etc/atelier-escape"));

    EXPECT_EQ(ground.run({"pov", reads, "--trust", "--name", "trusted"}).status, 0);
    EXPECT_TRUE(fs::exists(ground.path("renders/trusted/trusted.png")));
}

TEST(Pov, ACanceledJobLeavesNoProcessAndAStillIsContinued) {
    Ground ground;
    const std::string scene = ground.write("scene.pov", heavy());
    const std::vector<std::string> command{"pov", scene, "--size", "480x360", "--antialias", "0.3"};
    const auto first = ground.start(command);
    // The first blocks are drawn: there is something to go on with.
    const auto states = [&] {
        std::size_t found = 0;
        std::error_code ignored;
        for (const auto& entry : fs::recursive_directory_iterator(ground.path("data"), ignored))
            found += entry.path().extension() == ".pov-state" && entry.file_size(ignored) > 30'000;
        return found;
    };
    ASSERT_TRUE(eventually([&] { return states() > 0 || first->ended(); }));
    first->signal(SIGTERM);  // leaves; the job stays
    const Ended left = first->wait();
    EXPECT_NE(left.all().find("goes on"), std::string::npos) << left.all();
    EXPECT_TRUE(ground.running().empty());

    const Ended second = ground.run(command);
    ASSERT_EQ(second.status, 0) << second.all();
    EXPECT_NE(last_log(ground).find("going on with the picture"), std::string::npos) << last_log(ground);
    draw_alone(ground, "+Iscene.pov +W480 +H360 +A0.3 +Oalone.png");
    expect_same(ground.path("renders/scene/scene.png"), ground.path("alone.png"));
}

TEST(Pov, StopsAtOnceWhenItIsCanceled) {
    Ground ground;
    ground.write("scene.pov", heavy());
    const std::string ini = ground.write("scene.ini", settings("scene.pov", 40, "Width=640\nHeight=480\n"));
    const auto run = ground.start({"pov", ini, "--workers", "2"});
    const auto draws = [&] {
        for (const std::string& process : ground.running())
            if (process.find("+SF") != std::string::npos) return true;
        return false;
    };
    ASSERT_TRUE(eventually([&] { return draws() || run->ended(); }));
    run->signal(SIGINT);
    EXPECT_NE(run->wait().status, 0);
    EXPECT_EQ(ground.state(), "CANCELED");
    EXPECT_TRUE(ground.running().empty());
}

TEST(Pov, PlaceholdersAreFilledFromRows) {
    Ground ground;
    const std::string scene =
        ground.write("scene.pov",
                     "#version 3.7;\n#include \"look.inc\"\ncamera { location <0,0,-4> look_at 0 }\n"
                     "sphere { <{{ x }},0,0>, {{ size }} pigment { Look } finish { ambient 1 } }\n");
    ground.write("look.inc", "#declare Look = pigment { rgb <{{ red }},0.5,1> }\n");
    const std::string rows = ground.write("rows.csv", "x,size,red\n0,1,0\n-0.5,0.7,0.5\n1,0.4,1\n");
    const Ended run = ground.run({"pov", scene, "--data", rows, "--size", "64x48", "--film", "gif", "--no-looks"});
    ASSERT_EQ(run.status, 0) << run.all();
    ground.write("look2.inc", "#declare Look = pigment { rgb <0.5,0.5,1> }\n");
    ground.write("second.pov",
                 "#version 3.7;\n#include \"look2.inc\"\ncamera { location <0,0,-4> look_at 0 }\n"
                 "sphere { <-0.5,0,0>, 0.7 pigment { Look } finish { ambient 1 } }\n");
    draw_alone(ground, "+Isecond.pov +W64 +H48 +Oalone.png");
    expect_same(ground.path("renders/scene/frames/frame_0002.png"), ground.path("alone.png"));
    EXPECT_EQ(media::probe_film(ground.path("renders/scene/scene.gif")).frames, 3u);

    const std::string short_rows = ground.write("short.csv", "x,size\n0,1\n");
    const Ended refused = ground.run({"pov", scene, "--data", short_rows});
    EXPECT_EQ(refused.status, 2);
    EXPECT_NE(refused.err.find("red"), std::string::npos) << refused.err;
}

TEST(Pov, OnAServerOnlyWhatTheSceneNeedsIsSent) {
    Ground ground;
    fs::create_directory(ground.path("scene"));
    ground.write("scene/look.inc", "#declare Look = 1;\n");
    ground.write("scene/private.txt", "not for others");
    ground.write("scene/scene.pov", "#include \"look.inc\"\n" + std::string(ball));
    const std::string ini = ground.write("scene/scene.ini", settings("scene.pov", 6));
    const Server server(ground);
    RemoteWorker worker(ground, "worker-1", server.url(), {"--slots", "2"});
    const Ended run = ground.run({"pov", ini, "--no-looks"});
    ASSERT_EQ(run.status, 0) << run.all();
    draw_alone(ground, "scene/scene.ini +Iscene/scene.pov +Lscene +SF6 +EF6 +Oalone");
    expect_same(ground.path("renders/scene/frames/frame_0006.png"), ground.path("alone6.png"));
    EXPECT_EQ(media::probe_film(ground.path("renders/scene/scene.mp4")).frames, 6u);
    const Books books(ground);
    EXPECT_TRUE(books.succeeds(ground.job()));
    const auto is_stored = [&](const char* text) {
        const std::string data = shell_quote(ground.path("data").string());
        return std::system(fmt::format("grep -rq '{}' {}", text, data).c_str()) == 0;
    };
    EXPECT_TRUE(is_stored("declare Look = 1"));
    EXPECT_FALSE(is_stored("not for others"));
}

TEST(Pov, WhatCannotBeIsRefusedBeforeItBegins) {
    Ground ground;
    const std::string scene = ground.write("scene.pov", ball);
    EXPECT_EQ(ground.run({"pov", "nosuch.pov"}).status, 1);
    EXPECT_EQ(ground.run({"pov", scene, "--size", "0x5"}).status, 2);
    EXPECT_EQ(ground.run({"pov", scene, "--format", "gif"}).status, 2);
    EXPECT_EQ(ground.run({"pov", scene, "--frames", "9-1"}).status, 2);
    EXPECT_EQ(ground.run({"pov", scene, "--frames", "1-4", "--rows", "2"}).status, 2);
    EXPECT_EQ(ground.run({"pov", scene, "--frames", "1-4", "--format", "exr", "--film", "h264"}).status, 2);
    EXPECT_FALSE(fs::exists(ground.path("data")));
}

// ---- the client library

namespace {

// Three frames of a ball, of which one may be broken.
void add_units(povray::Job& job, int broken = 0) {
    job.add_shared("look.inc", "#declare Look = pigment { rgb <1, 0.5, 0> };\n");
    for (int frame = 1; frame <= 3; ++frame) {
        povray::UnitSettings settings;
        settings.width = 64;
        settings.height = 48;
        settings.frame = frame;
        povray::WorkUnit unit(settings);
        unit.add_inline("scene.pov",
                        fmt::format("#version 3.7;\n#include \"look.inc\"\ncamera {{ location <0,0,-4> look_at 0 }}\n"
                                    "sphere {{ <{},0,0>, {} pigment {{ Look }} finish {{ ambient 1 }} }}\n",
                                    frame - 2, frame == broken ? "nosuch" : "1"));
        job.add(std::move(unit));
    }
}

void expect_three_frames(povray::Job& job, const Ground& ground) {
    const auto pictures = job.images(ground.path("images"));
    ASSERT_EQ(pictures.size(), 3u);
    EXPECT_EQ(media::probe_picture(pictures[0]).width, 64);
    const fs::path film = job.video(ground.path("film.mp4"));
    EXPECT_EQ(media::probe_film(film).frames, 3u);
    const povray::Statistics told = job.statistics();
    EXPECT_EQ(told.frames, 3u);
    EXPECT_EQ(told.failed, 0u);
    EXPECT_GT(told.cpu_seconds, 0);
    EXPECT_GE(told.per_frame.greatest, told.per_frame.median);
    EXPECT_GE(told.per_frame.median, told.per_frame.least);
    EXPECT_GT(told.per_frame.least, 0);
    EXPECT_GT(told.bytes, 100u);
    std::uint64_t sum = 0;
    for (const auto& [worker, frames] : told.frames_by_worker)
        sum += frames;
    EXPECT_EQ(sum, 3u);
}

}  // namespace

TEST(PovClient, DrawsOnAServerWithAWorker) {
    Ground ground;
    const Server server(ground);
    RemoteWorker worker(ground, "worker-1", server.url(), {"--slots", "2"});
    povray::Job job(povray::Cluster::at(server.url(), std::string(trim(ground.read("data/token")))), {.name = "balls"});
    add_units(job);
    job.start();
    EXPECT_TRUE(job.wait());
    expect_three_frames(job, ground);
    EXPECT_EQ(job.units()[0].shared_resource_gcs_prefix, "jobs/" + job.id() + "/shared/");
}

TEST(PovClient, BringsAFarmOfItsOwnAndTellsWhatFailed) {
    Ground ground;
    ground.write("cluster.json", R"({"data_folder": "own", "workers": 3})");
    const povray::Cluster cluster = povray::Cluster::from_file(ground.path("cluster.json"));
    povray::Job job(cluster, {.name = "balls", .max_tries = 2});
    add_units(job, 2);
    EXPECT_FALSE(job.run());
    const auto failures = job.failures();
    ASSERT_EQ(failures.size(), 1u);
    EXPECT_EQ(failures[0].work_unit_id, "frame_0002");
    EXPECT_NE(failures[0].reason.find("scene.pov, line 4"), std::string::npos) << failures[0].reason;
    const Error refused = error_of([&] { job.video(ground.path("film.mp4")); });
    EXPECT_NE(std::string(refused.what()).find("frame_0002"), std::string::npos) << refused.what();
    EXPECT_EQ(job.images(ground.path("some")).size(), 2u);
    job.retry_failed();
    EXPECT_FALSE(job.wait());
    const povray::Statistics told = job.statistics();
    EXPECT_EQ(told.frames, 2u);
    EXPECT_EQ(told.failed, 1u);
    EXPECT_EQ(told.retried, 1u) << "the good ones were drawn once";

    povray::Job with_gaps(cluster, {.name = "gaps", .allow_gaps = true, .max_tries = 1});
    add_units(with_gaps, 2);
    EXPECT_FALSE(with_gaps.run());
    EXPECT_EQ(media::probe_film(with_gaps.video(ground.path("gaps.mp4"))).frames, 2u);

    povray::Job good(cluster, {.name = "good"});
    add_units(good);
    EXPECT_TRUE(good.run());
    expect_three_frames(good, ground);
}

TEST(PovClient, WhatCannotBeIsRefused) {
    Ground ground;
    povray::Job job(povray::Cluster::here(ground.path("own"), 1), {});
    EXPECT_EQ(error_of([&] { job.start(); }).kind(), Error::Kind::invalid);
    EXPECT_EQ(error_of([&] { job.wait(); }).kind(), Error::Kind::conflict);
    EXPECT_EQ(error_of([&] { job.add({}); }).kind(), Error::Kind::invalid);
    EXPECT_EQ(error_of([&] { job.add_shared(ground.path("nosuch")); }).kind(), Error::Kind::not_found);
    EXPECT_EQ(error_of([&] { povray::Cluster::from_file(ground.write("c.json", "[]")); }).kind(), Error::Kind::invalid);
}

TEST(PovClient, TheSpiralOfTheExamplesIsDrawn) {
    Ground ground;
    const char* built = std::getenv("ATELIER_BINARY_DIR");
    ASSERT_NE(built, nullptr);
    const std::string command =
        fmt::format("ATELIER_HOME={} {}/atelier-example-spiral {} 4 64x36", shell_quote(ground.path("data").string()),
                    shell_quote(built), shell_quote(ground.path("out").string()));
    ASSERT_EQ(std::system(command.c_str()), 0);
    EXPECT_EQ(media::probe_film(ground.path("out/spiral.mp4")).frames, 4u);
}

}  // namespace atelier::tests
