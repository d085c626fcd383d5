#include "pipelines/blender/blender_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <thread>

#include "base/files.h"
#include "pipelines/blender/blender_process.h"
#include "process/spawn.h"

namespace atelier::pipelines::blender {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// As Blender makes pixels of a border: the fraction is cut off.
int pixel(double edge, int pixels) { return static_cast<int>(static_cast<float>(edge) * static_cast<float>(pixels)); }

TEST(PartOfTile, TilesFillTheFrameWithoutOverlap) {
    for (const auto& [width, height] :
         std::vector<std::pair<int, int>>{{160, 90}, {161, 91}, {7, 5}, {1920, 1080}, {4096, 2161}})
        for (const auto& [columns, rows] : std::vector<std::pair<int, int>>{{1, 1}, {4, 3}, {3, 5}, {7, 5}}) {
            int y = height;
            for (int row = 0; row < rows; ++row) {
                int x = 0, bottom = y;
                for (int column = 0; column < columns; ++column) {
                    const Part part = part_of_tile(row * columns + column, columns, rows, width, height);
                    EXPECT_EQ(pixel(part.left, width), x);
                    EXPECT_EQ(pixel(part.top, height), y);
                    x = pixel(part.right, width);
                    bottom = pixel(part.bottom, height);
                    EXPECT_GT(x, pixel(part.left, width)) << "not empty";
                }
                EXPECT_EQ(x, width);
                EXPECT_LT(bottom, y);
                y = bottom;
            }
            EXPECT_EQ(y, 0) << width << 'x' << height << " in " << columns << 'x' << rows;
        }
}

// What is said in place of Blender: a shell script with the answers of one. The folder is the session's.
class BlenderClientTest : public testing::Test {
protected:
    BlenderClientTest() : before_(fs::current_path()) {
        fs::current_path(folder_.path());
        std::ofstream("settings.json") << "{}";
        std::ofstream("scene.blend") << "no scene";
    }
    ~BlenderClientTest() override { fs::current_path(before_); }

    static OpenRequest request(const std::string& script) {
        std::ofstream("blender") << "#!" << script;
        fs::permissions("blender", fs::perms::owner_all);
        return {"scene.blend", "settings.json", "", "out", "", "./blender", false, std::chrono::seconds(1)};
    }
    std::string opened(const std::string& script) {
        std::ostringstream out;
        status_ = open_blender(request("/bin/sh\n" + script), out);
        return out.str();
    }

    int status_ = -1;
    TemporaryFolder folder_;
    fs::path before_;
};

TEST_F(BlenderClientTest, OneThatEndsWithoutAWordHasCrashed) {
    EXPECT_THAT(opened("echo '# backtrace' > $TMPDIR/scene.crash.txt; kill -SEGV $$"),
                AllOf(HasSubstr("# backtrace"), HasSubstr("openjd_fail: Blender crashed while it opened scene.blend")));
    EXPECT_EQ(status_, 1);
}

TEST_F(BlenderClientTest, WhatHoldsForEveryFrameIsSaidSo) {
    const std::string of_the_scene = "openjd_fail: " + std::string(scene_problem);
    EXPECT_THAT(opened("echo 'Error: Missing DNA block'; exit 1"), HasSubstr(of_the_scene + "Missing DNA block"));
    EXPECT_THAT(opened("printf '%s\\n' 'atelier-answer: {\"problem\": \"no\\ncamera\", \"of\": \"scene\"}'; exit 1"),
                HasSubstr(of_the_scene + "no camera\n"));
    EXPECT_THAT(opened("printf '%s\\n' 'atelier-answer: {\"problem\": \"no card\", \"of\": \"machine\"}'; exit 1"),
                HasSubstr("openjd_fail: no card"));
}

TEST_F(BlenderClientTest, OneThatNeitherSpeaksNorWorksHangs) {
    EXPECT_THAT(opened("exec sleep 100"), HasSubstr("openjd_fail: Blender hangs: it opened scene.blend, and for 1"));
    const LifeSigns life(read_note(), std::chrono::seconds(1));
    while (!life.is_gone())
        std::this_thread::yield();
}

TEST_F(BlenderClientTest, AScriptInsideThatFailsIsAFailure) {
    const std::string said = opened(
        "echo 'Error: Python: Traceback (most recent call last):'; echo '  File \"x\", line 1'; echo 'ValueError: no'\n"
        "touch blender.sock; exec sleep 100");
    EXPECT_THAT(said, HasSubstr("a script inside of it failed: ValueError: no"));
    EXPECT_EQ(status_, 1);
}

TEST_F(BlenderClientTest, AnOutputThatCannotBeWrittenIsFoundFirst) {
    std::ofstream("out") << "no folder";
    EXPECT_THAT(opened("touch was_started"), HasSubstr("openjd_fail: no pictures can be written to"));
    EXPECT_EQ(status_, 1);
    EXPECT_FALSE(fs::exists("was_started"));
}

// Answers three times, as server.py does.
constexpr const char* three_frames = R"(/usr/bin/env python3
import json, os, socket
listener = socket.socket(socket.AF_UNIX)
listener.bind("new.sock")
listener.listen(1)
os.rename("new.sock", "blender.sock")
for _ in range(3):
    connection, _ = listener.accept()
    frame = json.loads(connection.makefile("r").readline())["frame"]
    for sample in (0, 32, 64):
        line = f"Fra:{frame} Mem:12M (Peak 13M) | Time:00:08.78 | Rendering {sample} / 64 samples\n"
        connection.sendall(line.encode())
    connection.sendall(b'atelier-answer: {"path": "out/frame.png"}\n')
    connection.close()
)";

TEST_F(BlenderClientTest, ProgressIsThatOfTheWholeTask) {
    std::ostringstream out;
    FrameRequest frame;
    frame.place = "out/frame_####";
    EXPECT_EQ(render_frames(request(three_frames), frame, {3, 7, 9}, out), 0) << out.str();
    std::string told;
    std::istringstream lines(out.str());
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with("openjd_progress: ")) told += line.substr(17) + " ";
    EXPECT_EQ(told, "0 16 33 50 66 83 100 ");
    const LifeSigns life(read_note(), std::chrono::seconds(1));
    while (!life.is_gone())
        std::this_thread::yield();
}

// The tool itself, as it is started for a session.
TEST_F(BlenderClientTest, ThumbnailsAreMadeBesideAsFramesComeIn) {
    const char* built = std::getenv("ATELIER_BINARY_DIR");
    ASSERT_NE(built, nullptr);
    const pid_t follower =
        process::start_in_background({std::string(built) + "/atelier-blender", "thumbnails", "small"}, "log");
    while (!fs::exists("thumbnails.sock"))
        std::this_thread::yield();
    constexpr std::string_view grey = "P6 4 4 255\n";
    fs::create_directory("out");
    write_file_durably("out/frame.ppm", std::string(grey) + std::string(48, '\x70'));
    std::string script = three_frames;
    script.replace(script.find("out/frame.png"), 13, "out/frame.ppm");
    std::ostringstream out;
    EXPECT_EQ(open_blender(request(script), out), 0) << out.str();
    FrameRequest frame;
    frame.place = "out/frame";
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(render_frame(frame, out), 0) << out.str();
    while (!fs::exists("small/frame.jpg"))
        std::this_thread::yield();
    ::kill(-follower, SIGKILL);
    const LifeSigns life(follower, std::chrono::seconds(1));
    while (!life.is_gone())
        std::this_thread::yield();
}

TEST_F(BlenderClientTest, WithoutOneNoFrameIsRendered) {
    FrameRequest request;
    request.place = "out/frame";
    std::ostringstream out;
    EXPECT_EQ(render_frame(request, out), 1);
    EXPECT_THAT(out.str(), HasSubstr("openjd_fail: "));
}

}  // namespace
}  // namespace atelier::pipelines::blender
