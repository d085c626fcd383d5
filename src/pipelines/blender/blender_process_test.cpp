#include "pipelines/blender/blender_process.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>
#include <thread>

#include "base/error.h"
#include "base/files.h"
#include "process/spawn.h"

namespace atelier::pipelines::blender {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;

class BlenderProcessTest : public testing::Test {
protected:
    BlenderProcessTest() : before_(fs::current_path()) { fs::current_path(folder_.path()); }
    ~BlenderProcessTest() override {
        for (const pid_t process : started_)
            ::kill(-process, SIGKILL);
        fs::current_path(before_);
    }
    pid_t start(const std::string& script) {
        started_.push_back(process::start_in_background({"sh", "-c", script}, "output"));
        return started_.back();
    }

    TemporaryFolder folder_;
    fs::path before_;
    std::vector<pid_t> started_;
};

TEST_F(BlenderProcessTest, TheNoteIsWhoItIs) {
    EXPECT_THROW(read_note(), Error);
    leave_note(4711);
    EXPECT_EQ(read_note(), 4711);
    for (const char* broken : {"", "x", "-5", "0", "1", "99999999999999999999"}) {
        std::ofstream("blender.pid") << broken;
        EXPECT_THROW(read_note(), Error) << broken;
    }
}

TEST_F(BlenderProcessTest, SilenceWithoutWorkIsHangingAndWorkIsLife) {
    LifeSigns idle(start("exec sleep 100"), seconds(1));
    LifeSigns busy(start("while :; do :; done"), seconds(1));
    LifeSigns patient(started_[0], seconds(1000));
    EXPECT_FALSE(idle.hangs());
    while (!idle.hangs())
        std::this_thread::sleep_for(milliseconds(20));
    while (busy.cpu_seconds() < 0.05)
        std::this_thread::sleep_for(milliseconds(20));
    EXPECT_FALSE(busy.hangs());
    EXPECT_FALSE(patient.hangs());
    idle.heard();
    EXPECT_FALSE(idle.hangs());
}

}  // namespace
}  // namespace atelier::pipelines::blender
