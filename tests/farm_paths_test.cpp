// Names that are meant to lead astray: outputs that point out of their folder, names that can't be kept, links that
// wait where a download goes.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>

#include "base/hash.h"
#include "base/text.h"
#include "program.h"

namespace atelier::tests {

namespace fs = std::filesystem;

namespace {

// A good file and link, and all that a task could do to lead us astray.
constexpr const char* astray = R"sh(
cd "$OUT"
echo good > good.txt
mkdir sub; echo inner > sub/inner.txt
ln -s ../good.txt sub/inward
ln -s /etc/passwd absolute
ln -s ../../../../../../../etc/passwd upward
ln -s ../out-beside/secret.txt beside
ln -s / root-folder
ln -s ../.. up-folder
printf odd > "$(printf 'odd\nname')"
printf bad > "$(printf 'bad\377name')"
mkfifo pipe
)sh";

std::set<std::string> kept(const Ground& ground) {
    std::set<std::string> names;
    for (const auto& [output, attempt] : farm::artifacts_of(*ground.database(), ground.job()))
        names.insert(output.path);
    return names;
}

}  // namespace

TEST(Paths, OutputsThatLeadAstrayAreLeftOutWithAWord) {
    for (const bool isolate : {false, true}) {
        Ground ground;
        ground.write("out-beside/secret.txt", "secret");
        std::vector<std::string> command{"run", ground.write("job.yaml", shell_job(astray)), "--max-tries", "1"};
        if (isolate) command.emplace_back("--isolate");
        const Ended run = ground.run(command);
        ASSERT_EQ(run.status, 0) << run.all();
        const auto names = kept(ground);
        for (const char* good : {"good.txt", "sub/inner.txt", "sub/inward"})
            EXPECT_TRUE(names.contains(good)) << good;
        for (const char* bad : {"absolute", "upward", "beside", "root-folder", "up-folder", "pipe", "bad\377name"})
            EXPECT_FALSE(names.contains(bad)) << bad;
        EXPECT_NE(run.err.find("left out"), std::string::npos) << run.err;

        const Ended download = ground.run({"job", "download", ground.job(), "--to", ground.path("to").string()});
        EXPECT_EQ(download.status, 0) << download.all();
        EXPECT_EQ(ground.read("to/sub/inward"), "good\n");
        EXPECT_FALSE(fs::exists(fs::symlink_status(ground.path("to/absolute"))));
    }
}

TEST(Paths, AFolderThatIsALinkIsNotEntered) {
    Ground ground;
    ground.write("elsewhere/private.txt", "private");
    const std::string script =
        "ln -s '" + ground.path("elsewhere").string() + "' \"$OUT/folder\"\n" + "echo good > \"$OUT/good.txt\"\n";
    ASSERT_EQ(ground.run({"run", ground.write("job.yaml", shell_job(script))}).status, 0);
    EXPECT_EQ(kept(ground), std::set<std::string>{"good.txt"});
    EXPECT_FALSE(ground.layout().open_blobs()->has({sha256("private"), 7}));
}

TEST(Paths, ADownloadNeverWritesOutsideOfItsFolder) {
    Ground ground;
    const std::string script =
        "mkdir -p \"$OUT/sub/deep\"; echo new > \"$OUT/sub/deep/file.txt\"; echo new > \"$OUT/top.txt\"\n";
    ASSERT_EQ(ground.run({"run", ground.write("job.yaml", shell_job(script))}).status, 0);
    const std::vector<std::string> download{"job", "download", ground.job(), "--to", ground.path("to").string()};
    ground.write("outside/top.txt", "old");
    fs::create_directory(ground.path("to"));

    fs::create_symlink(ground.path("outside"), ground.path("to/sub"));
    const Ended refused = ground.run(download);
    EXPECT_NE(refused.status, 0);
    EXPECT_NE(refused.err.find("link leads out"), std::string::npos) << refused.err;
    EXPECT_EQ(std::distance(fs::directory_iterator(ground.path("outside")), fs::directory_iterator()), 1)
        << "no folder was made there either";

    fs::remove(ground.path("to/sub"));
    fs::remove(ground.path("to/top.txt"));
    fs::create_symlink(ground.path("outside/top.txt"), ground.path("to/top.txt"));
    const Ended replaced = ground.run(download);
    EXPECT_EQ(replaced.status, 0) << replaced.all();
    EXPECT_EQ(ground.read("outside/top.txt"), "old");
    EXPECT_EQ(ground.read("to/top.txt"), "new\n");
    EXPECT_FALSE(fs::is_symlink(ground.path("to/top.txt")));
    EXPECT_EQ(ground.read("to/sub/deep/file.txt"), "new\n");
}

}  // namespace atelier::tests
