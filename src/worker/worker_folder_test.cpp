#include "worker/worker_folder.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/testing.h"

namespace atelier::worker {
namespace {

namespace fs = std::filesystem;
using testing_support::error_of;

TEST(WorkerFolder, TheIdStays) {
    const TemporaryFolder folder;
    std::string id;
    {
        const WorkerFolder first(folder.path() / "new" / "worker");
        id = first.id();
        EXPECT_EQ(id.size(), 12u);
        EXPECT_TRUE(fs::is_directory(first.cache()));
        EXPECT_TRUE(fs::is_directory(first.spool()));
    }
    EXPECT_EQ(WorkerFolder(folder.path() / "new" / "worker").id(), id);
    EXPECT_NE(WorkerFolder(folder.path() / "other").id(), id);
}

TEST(WorkerFolder, ItBelongsToOneProcess) {
    const TemporaryFolder folder;
    const WorkerFolder first(folder.path());
    const Error error = error_of([&] { WorkerFolder second(folder.path()); });
    EXPECT_EQ(error.kind(), Error::Kind::conflict);
    EXPECT_NE(error.hint().find("--data"), std::string::npos);
}

TEST(WorkerFolder, SessionsOfAKilledProcessGoAndCheckpointsStay) {
    const TemporaryFolder folder;
    const fs::path root = folder.path();
    {
        const WorkerFolder first(root);
        fs::create_directories(first.sessions() / "left/deep");
        fs::create_directories(first.checkpoints() / "job/0-1");
        fs::create_directories(first.checkpoints() / "job/0-2");
        fs::last_write_time(first.checkpoints() / "job/0-2",
                            fs::file_time_type::clock::now() - std::chrono::hours(24 * 30));
    }
    const WorkerFolder second(root);
    EXPECT_TRUE(fs::is_empty(second.sessions()));
    EXPECT_TRUE(fs::exists(second.checkpoints() / "job/0-1"));
    EXPECT_FALSE(fs::exists(second.checkpoints() / "job/0-2"));
}

TEST(WorkerFolder, ABrokenIdIsNotReplacedInSilence) {
    const TemporaryFolder folder;
    write_file_durably(folder.path() / "id", "../../etc/passwd");
    EXPECT_EQ(error_of([&] { WorkerFolder worker(folder.path()); }).kind(), Error::Kind::invalid);
}

}  // namespace
}  // namespace atelier::worker
