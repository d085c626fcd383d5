#include "media/output_folder.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "base/files.h"

namespace atelier::media {
namespace {

namespace fs = std::filesystem;

TEST(OutputFolder, IsMadeAndLeftEmpty) {
    const TemporaryFolder folder;
    const fs::path deep = folder.path() / "a/b/c";
    check_writable(deep);
    check_writable(deep);
    EXPECT_TRUE(fs::is_empty(deep));
    EXPECT_NO_THROW(check_writable({}));
}

TEST(OutputFolder, ThatCannotBeWrittenIsNamed) {
    const TemporaryFolder folder;
    std::ofstream(folder.path() / "file") << "no folder";
    for (const fs::path& place : {folder.path() / "file", folder.path() / "file/below", fs::path("/proc/atelier")}) {
        try {
            check_writable(place);
            ADD_FAILURE() << place << " can't be written";
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), Error::Kind::denied);
            EXPECT_NE(std::string(error.what()).find(place.string()), std::string::npos) << error.what();
        }
    }
}

}  // namespace
}  // namespace atelier::media
