#include "session/session_folder.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "base/error.h"
#include "base/files.h"

namespace atelier::session {
namespace {

namespace fs = std::filesystem;

unsigned mode_of(const fs::path& path) {
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0 ? info.st_mode & 07777 : 0;
}

TEST(SessionFolder, IsPrivateAndGoneAtTheEnd) {
    const TemporaryFolder parent;
    fs::path path;
    {
        const SessionFolder folder(parent.path() / "made" / "too", false);
        path = folder.path();
        EXPECT_EQ(mode_of(path), 0700u);
        EXPECT_EQ(folder.write("inner/file", "text"), path / "inner/file");
        EXPECT_EQ(mode_of(path / "inner"), 0700u);
        EXPECT_EQ(mode_of(path / "inner/file"), 0600u);
        folder.write("inner/file", "other", 0700);
        EXPECT_EQ(mode_of(path / "inner/file"), 0700u);
        EXPECT_EQ(read_file(path / "inner/file"), "other");
        fs::create_directories(path / "locked" / "deep");
        fs::permissions(path / "locked", fs::perms::none);
    }
    EXPECT_FALSE(fs::exists(path));
    {
        const SessionFolder kept(parent.path(), true);
        path = kept.path();
    }
    EXPECT_TRUE(fs::exists(path));
}

TEST(SessionFolder, NeverWritesThroughALinkThatLeadsOut) {
    const TemporaryFolder parent;
    const SessionFolder folder(parent.path(), false);
    fs::create_directory(parent.path() / "outside");
    std::ofstream(parent.path() / "outside" / "file") << "untouched";
    fs::create_symlink(parent.path() / "outside", folder.path() / "inner");
    EXPECT_THROW(folder.write("inner/file", "evil"), Error);
    fs::create_symlink(parent.path() / "outside" / "file", folder.path() / "file");
    folder.write("file", "replaces the link");
    EXPECT_EQ(read_file(parent.path() / "outside" / "file"), "untouched");
    EXPECT_EQ(read_file(folder.path() / "file"), "replaces the link");
    EXPECT_THROW(folder.write("../file", "evil"), Error);
    EXPECT_THROW(folder.write("/file", "evil"), Error);
}

}  // namespace
}  // namespace atelier::session
