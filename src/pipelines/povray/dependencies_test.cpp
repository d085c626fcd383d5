#include "pipelines/povray/dependencies.h"

#include <gtest/gtest.h>

#include "base/files.h"

namespace atelier::pipelines::povray {
namespace {

namespace fs = std::filesystem;
using Files = std::vector<std::string>;

class DependenciesTest : public ::testing::Test {
protected:
    fs::path put(const std::string& name, const std::string& text = "x") {
        const fs::path path = folder_.path() / name;
        fs::create_directories(path.parent_path());
        write_file_durably(path, text);
        return path;
    }
    Dependencies of(const std::string& scene, const std::vector<std::string>& libraries = {}) {
        std::vector<fs::path> roots{folder_.path() / "scene"};
        for (const std::string& library : libraries)
            roots.push_back(folder_.path() / library);
        return dependencies_of(put("scene/main.pov", scene), roots);
    }
    TemporaryFolder folder_;
};

TEST_F(DependenciesTest, IncludesAndPictures) {
    put("scene/parts/a.inc", "#include \"b.inc\" // #include \"no.inc\"\n");
    put("scene/parts/b.inc", "#declare F = \"no such file\";");
    put("scene/wood.png");
    put("scene/field.tga");
    put("scene/unused.png");
    put("scene/no.inc");
    put("scene/old.inc");
    const auto found =
        of("#include \"colors.inc\"\n#include \"parts/a\"\n/* #include \"old.inc\" /* nested */ \"no.inc\" */\n"
           "sphere { 0, 1 pigment { image_map { png \"wood.png\" } } } height_field { tga \"field\" }\n");
    EXPECT_EQ(found.files[0], (Files{"field.tga", "main.pov", "parts/a.inc", "parts/b.inc", "wood.png"}));
    EXPECT_TRUE(found.missing.empty());
}

TEST_F(DependenciesTest, LibrariesAndWhatIsMissing) {
    put("library/l.inc", "\"deep/t.png\"");
    put("library/deep/t.png");
    const auto found = of("#include \"l.inc\"\n#include \"nowhere.inc\"", {"library"});
    EXPECT_EQ(found.files[0], (Files{"main.pov"}));
    EXPECT_EQ(found.files[1], (Files{"deep/t.png", "l.inc"}));
    EXPECT_EQ(found.missing, (Files{"main.pov: nowhere.inc"}));
}

TEST_F(DependenciesTest, NothingOutsideOfTheFoldersIsNamed) {
    const fs::path secret = put("secret.inc");
    fs::create_directories(folder_.path() / "scene");
    fs::create_symlink(secret, folder_.path() / "scene/link.inc");
    const auto found = of("#include \"" + secret.string() + "\"\n#include \"../secret.inc\"\n#include \"link.inc\"");
    EXPECT_EQ(found.files[0], (Files{"main.pov"}));
    EXPECT_EQ(found.missing.size(), 3u);
}

TEST_F(DependenciesTest, BrokenTextsEnd) {
    EXPECT_EQ(names_in("\"a\" \"open"), (Files{"a", "open"}));
    EXPECT_EQ(names_in("/* never \"closed\""), Files{});
    EXPECT_EQ(names_in("// \"x\""), Files{});
    EXPECT_EQ(names_in(""), Files{});
    put("scene/loop.inc", "#include \"main.pov\"");
    EXPECT_EQ(of("#include \"loop.inc\"").files[0], (Files{"loop.inc", "main.pov"}));
}

}  // namespace
}  // namespace atelier::pipelines::povray
