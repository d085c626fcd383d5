#include "job/path_mapping.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace atelier::job {
namespace {

std::string mapped(PathFormat format, const char* source, const char* destination, const char* path) {
    return PathMapping({{format, source, destination}}).apply(path);
}

TEST(PathMapping, PosixPathsAtTheBordersOfComponents) {
    const auto map = [](const char* path) { return mapped(PathFormat::posix, "/mnt/shared", "/local", path); };
    EXPECT_EQ(map("/mnt/shared"), "/local");
    EXPECT_EQ(map("/mnt/shared/a/b.png"), "/local/a/b.png");
    EXPECT_EQ(map("/mnt/shared/a/"), "/local/a/");
    EXPECT_EQ(map("/mnt//shared/./a"), "/local/a");
    for (const char* other : {"/mnt/shared2/a", "/mnt", "mnt/shared/a", "/MNT/shared/a", "", "/mnt/shared\\a"})
        EXPECT_EQ(map(other), other);
    EXPECT_EQ(mapped(PathFormat::posix, "/", "/root", "/a"), "/root/a");
    EXPECT_EQ(mapped(PathFormat::posix, "/a", "/", "/a/b"), "/b");
    EXPECT_EQ(mapped(PathFormat::posix, "/a/", "/b/", "/a/c"), "/b/c");
}

TEST(PathMapping, WindowsPathsWithoutCaseAndWithBothSlashes) {
    const auto map = [](const char* path) { return mapped(PathFormat::windows, "Z:\\Shared", "/mnt", path); };
    EXPECT_EQ(map("z:/SHARED\\Dir/File.exr"), "/mnt/Dir/File.exr");
    EXPECT_EQ(map("Z:\\Shared\\"), "/mnt/");
    EXPECT_EQ(map("Z:\\Shared2\\a"), "Z:\\Shared2\\a");
    EXPECT_EQ(mapped(PathFormat::windows, "\\\\host\\share", "/mnt", "//HOST/share/a"), "/mnt/a");
    EXPECT_EQ(mapped(PathFormat::windows, "\\\\host\\share", "/mnt", "\\host\\share\\a"), "\\host\\share\\a");
}

TEST(PathMapping, UrisKeepWhatIsInThem) {
    const auto map = [](const char* path) { return mapped(PathFormat::uri, "s3://bucket/in", "/mnt", path); };
    EXPECT_EQ(map("s3://bucket/in/a//b.png"), "/mnt/a//b.png");
    EXPECT_EQ(map("S3://BUCKET/in/a"), "/mnt/a");
    EXPECT_EQ(map("s3://bucket/IN/a"), "s3://bucket/IN/a");
    EXPECT_EQ(map("s3://bucket/input"), "s3://bucket/input");
    EXPECT_EQ(mapped(PathFormat::uri, "s3://bucket", "/mnt", "s3://bucket/x/"), "/mnt/x/");
}

TEST(PathMapping, TheLongestSourceWins) {
    const PathMapping mapping({{PathFormat::posix, "/a", "/short"}, {PathFormat::posix, "/a/b", "/long"}});
    EXPECT_EQ(mapping.apply("/a/b/c"), "/long/c");
    EXPECT_EQ(mapping.apply("/a/c"), "/short/c");
}

TEST(PathMapping, GoesToItsFileAndBack) {
    EXPECT_EQ(PathMapping().to_json(), "{}");
    EXPECT_TRUE(PathMapping::parse("{}").empty());
    const PathMapping mapping({{PathFormat::windows, "C:\\x", "/x"}, {PathFormat::uri, "s3://b/c", "/c"}});
    const PathMapping back = PathMapping::parse(mapping.to_json());
    ASSERT_EQ(back.rules().size(), 2u);
    EXPECT_EQ(back.rules()[0].source_format, PathFormat::uri);
    EXPECT_EQ(back.apply("c:/X/y"), "/x/y");
    for (
        const char* text :
        {"", "[]", R"({"version":"pathmapping-2.0","path_mapping_rules":[]})", R"({"version":"pathmapping-1.0"})",
         R"({"version":"pathmapping-1.0","path_mapping_rules":[1]})",
         R"({"version":"pathmapping-1.0","path_mapping_rules":[{"source_path_format":"AMIGA","source_path":"a","destination_path":"b"}]})",
         R"({"version":"pathmapping-1.0","path_mapping_rules":[{"source_path_format":"POSIX","source_path":"","destination_path":"b"}]})"})
        EXPECT_THROW(PathMapping::parse(text), Error) << text;
}

}  // namespace
}  // namespace atelier::job
