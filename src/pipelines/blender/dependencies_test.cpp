#include "pipelines/blender/dependencies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "base/files.h"
#include "base/json_struct.h"
#include "base/testing.h"
#include "pipelines/blender/testing_blend.h"

namespace atelier::pipelines::blender {
namespace {

namespace fs = std::filesystem;
using atelier::testing_support::error_of;
using testing::ElementsAre;
using testing::IsEmpty;
using testing_support::BlendMaker;
using testing_support::run_blender;
using testing_support::shared_blends;

class DependenciesTest : public testing::Test {
protected:
    fs::path at(const std::string& name) const { return folder_.path() / name; }
    fs::path write(const std::string& name, std::string_view bytes = "x") const {
        fs::create_directories(at(name).parent_path());
        std::ofstream(at(name), std::ios::binary) << bytes;
        return at(name);
    }
    std::vector<std::string> all_at(const std::vector<std::string>& names) const {
        std::vector<std::string> paths;
        for (const auto& name : names)
            paths.push_back(at(name).string());
        return paths;
    }

    TemporaryFolder folder_;
};

// The ones that a block names.
std::vector<Dependency> of_block(const std::vector<Dependency>& all, const std::string& block) {
    std::vector<Dependency> some;
    for (const Dependency& dependency : all)
        if (dependency.block == block) some.push_back(dependency);
    return some;
}

Dependency only_one(const std::vector<Dependency>& all, const std::string& block) {
    const auto some = of_block(all, block);
    EXPECT_EQ(some.size(), 1u) << block;
    return some.empty() ? Dependency{} : some.front();
}

// Structs with paths, as far as they are looked at.
BlendMaker with_paths() {
    BlendMaker maker;
    maker.define("Link", "void *next; void *prev")
        .define("ListBase", "void *first; void *last")
        .define("ID", "char name[66]; short flag; int us")
        .define("ModifierData", "void *next; int type; int mode")
        .define(
            "Image",
            "ID id; char name[256]; short source; short type; void *packedfile; ListBase packedfiles; ListBase tiles")
        .define("ImageTile", "void *next; void *prev; int tile_number; int _pad")
        .define("Library", "ID id; char name[256]; char filepath[256]; void *packedfile; void *archive_parent_library")
        .define("bSound", "ID id; char name[256]; void *packedfile; void *newpackedfile")
        .define("CacheFile", "ID id; char filepath[256]; char is_sequence; char _pad[7]")
        .define("CacheFileLayer", "void *next; char filepath[256]; int flag")
        .define("Volume", "ID id; char filepath[256]; void *packedfile; char is_sequence; char _pad[7]")
        .define("VoxelData", "short file_format; short _pad[3]; char source_path[256]")
        .define("Text", "ID id; char *name; int flags; int _pad")
        .define("Object", "ID id; ListBase modifiers")
        .define("Camera", "ID id; char custom_filepath[256]; int custom_mode; int _pad")
        .define("PointCache", "int flag; int index; char name[64]; char path[256]")
        .define("OceanModifierData", "ModifierData modifier; char cachepath[256]; char cached; char _pad[7]")
        .define("MeshCacheModifierData", "ModifierData modifier; char filepath[256]")
        .define("NodesModifierData", "ModifierData modifier; char *simulation_bake_directory; void *bakes")
        .define("NodesModifierBake", "int id; int flag; char *directory; void *packed")
        .define("FluidDomainSettings", "int cache_flag; int _pad; char cache_directory[256]")
        .define("CustomDataExternal", "char filename[256]")
        .define("bNode", "void *next; ListBase inputs; char idname[64]")
        .define("bNodeSocket", "bNodeSocket *next; char idname[64]; void *default_value")
        .define("bNodeSocketValueString", "int subtype; int _pad; char value[256]")
        .define("StripElem", "char name[64]; int orig_width; int orig_height")
        .define("Strip", "void *next; StripElem *stripdata; char dir[256]")
        .define("Sequence", "void *next; char name[64]; int flag; int type; Strip *strip; void *sound");
    return maker;
}

TEST_F(DependenciesTest, PathsAreResolvedAsBlenderDoes) {
    const fs::path blend = "/work/shots/one.blend";
    EXPECT_EQ(resolve_path(blend, "//a/b.png"), "/work/shots/a/b.png");
    EXPECT_EQ(resolve_path(blend, "//../b.png"), "/work/b.png");
    EXPECT_EQ(resolve_path(blend, "//..\\tex\\b.png"), "/work/tex/b.png");
    EXPECT_EQ(resolve_path(blend, "///b.png"), "/work/shots/b.png");
    EXPECT_EQ(resolve_path(blend, "/abs/./b.png"), "/abs/b.png");
    EXPECT_EQ(resolve_path(blend, "b.png"), "/work/shots/b.png");
    EXPECT_EQ(resolve_path(blend, "//../../../../../b.png"), "/b.png");
    EXPECT_EQ(resolve_path(blend, "C:\\tex\\b.png"), "C:/tex/b.png");
    EXPECT_FALSE(resolve_path(blend, "\\\\server\\b.png").is_absolute());
    EXPECT_EQ(resolve_path("one.blend", "//b.png"), fs::current_path() / "b.png");
}

TEST_F(DependenciesTest, ImagesInEveryForm) {
    BlendMaker maker = with_paths();
    const auto image = [&](const std::string& name, const std::string& path, int source,
                           const BlendMaker::Values& more = {}) {
        BlendMaker::Values values = {{"id.name", "IM" + name}, {"name", path}, {"source", std::to_string(source)}};
        values.insert(more.begin(), more.end());
        maker.add("IM", 0x100, "Image", {values});
    };
    image("there", "//tex/there.png", 1);
    image("gone", "//tex/gone.png", 1);
    image("film", "//tex/film.mp4", 3);
    image("generated", "//tex/never.png", 4);
    image("viewer", "//tex/never.png", 5);
    image("packed", "//tex/never.png", 1, {{"packedfile", "5"}});
    image("packed views", "//tex/never.png", 1, {{"packedfiles.first", "5"}});
    image("empty", "", 1);
    image("frames", "//seq/f_008.png", 2);
    image("no number", "//tex/there.png", 2);
    image("no frames", "//seq/g_008.png", 2);
    image("udim", "//tex/u.<UDIM>.exr", 6);
    maker.add("DATA", 1, "ImageTile", {{{"tile_number", "1001"}}});
    maker.add("DATA", 2, "ImageTile", {{{"tile_number", "1012"}}});
    image("uvtile", "//tex/v.<UVTILE>.exr", 6);
    maker.add("DATA", 1, "ImageTile", {{{"tile_number", "1012"}}});
    image("old tiles", "//tex/u.1001.exr", 6);
    maker.add("DATA", 1, "ImageTile", {{{"tile_number", "1001"}}});
    maker.add("DATA", 2, "ImageTile", {{{"tile_number", "1002"}}});
    image("unlisted tiles", "//tex/u.<UDIM>.exr", 6);
    for (const char* name :
         {"tex/there.png", "tex/film.mp4", "seq/f_007.png", "seq/f_008.png", "seq/f_1009.png", "seq/f_0010.png",
          "seq/f_7.png", "seq/f_x.png", "seq/f_009.jpg", "tex/u.1001.exr", "tex/v.u2_v2.exr", "tex/u.10x1.exr"})
        write(name);
    const auto found = find_dependencies(write("scene.blend", maker.bytes()));
    EXPECT_EQ(found.size(), 10u);

    const Dependency there = only_one(found, "IMthere");
    EXPECT_EQ(there.asset, "//tex/there.png");
    EXPECT_EQ(there.blend, at("scene.blend"));
    EXPECT_EQ(there.resolved, at("tex/there.png"));
    EXPECT_EQ(there.kind, DependencyKind::image);
    EXPECT_EQ(there.files, all_at({"tex/there.png"}));
    EXPECT_FALSE(there.missing);
    EXPECT_FALSE(there.sequence);
    const Dependency gone = only_one(found, "IMgone");
    EXPECT_TRUE(gone.missing);
    EXPECT_EQ(gone.missing_files, all_at({"tex/gone.png"}));
    EXPECT_FALSE(only_one(found, "IMfilm").missing);
    const Dependency frames = only_one(found, "IMframes");
    EXPECT_TRUE(frames.sequence);
    EXPECT_EQ(frames.files, all_at({"seq/f_007.png", "seq/f_008.png", "seq/f_1009.png"}));
    EXPECT_EQ(only_one(found, "IMno number").files, all_at({"tex/there.png"}));
    EXPECT_TRUE(only_one(found, "IMno frames").missing);
    const Dependency udim = only_one(found, "IMudim");
    EXPECT_TRUE(udim.sequence);
    EXPECT_EQ(udim.files, all_at({"tex/u.1001.exr"}));
    EXPECT_EQ(udim.missing_files, all_at({"tex/u.1012.exr"}));
    EXPECT_TRUE(udim.missing);
    EXPECT_EQ(only_one(found, "IMuvtile").files, all_at({"tex/v.u2_v2.exr"}));
    EXPECT_EQ(only_one(found, "IMold tiles").missing_files, all_at({"tex/u.1002.exr"}));
    EXPECT_EQ(only_one(found, "IMunlisted tiles").files, all_at({"tex/u.1001.exr"}));
    EXPECT_THAT(json::text(json::write(gone)), testing::HasSubstr("\"kind\":\"image\""));
}

TEST_F(DependenciesTest, CachesOfEveryKind) {
    BlendMaker maker = with_paths();
    maker.add("CF", 1, "CacheFile", {{{"id.name", "CFone"}, {"filepath", "//a.abc"}}});
    maker.add("DATA", 2, "CacheFileLayer", {{{"filepath", "//layer.abc"}}});
    maker.add("CF", 1, "CacheFile", {{{"id.name", "CFmany"}, {"filepath", "//s_01.usd"}, {"is_sequence", "1"}}});
    maker.add("VO", 1, "Volume", {{{"id.name", "VOcloud"}, {"filepath", "//c_1.vdb"}, {"is_sequence", "1"}}});
    maker.add("VO", 1, "Volume", {{{"id.name", "VOpacked"}, {"filepath", "//never.vdb"}, {"packedfile", "3"}}});
    maker.add("TE", 1, "Object", {{{"id.name", "TEsmoke"}}});
    maker.add("DATA", 2, "VoxelData", {{{"file_format", "2"}, {"source_path", "//raw.bin"}}});
    maker.add("DATA", 3, "VoxelData", {{{"file_format", "4"}, {"source_path", "//never.bin"}}});
    maker.add("OB", 1, "Object", {{{"id.name", "OBDust"}}});
    maker.add("DATA", 2, "PointCache", {{{"flag", "65"}, {"index", "0"}}});                     // baked to the disk
    maker.add("DATA", 3, "PointCache", {{{"flag", "64"}, {"index", "1"}}});                     // not baked
    maker.add("DATA", 4, "PointCache", {{{"flag", "1"}, {"index", "2"}}});                      // in the file
    maker.add("DATA", 5, "PointCache", {{{"flag", "64"}, {"index", "3"}, {"name", "named"}}});  // there anyhow
    maker.add("DATA", 6, "PointCache", {{{"flag", "577"}, {"index", "-1"}, {"name", "out"}, {"path", "//ext"}}});
    maker.add("DATA", 7, "OceanModifierData", {{{"modifier.mode", "3"}, {"cached", "1"}, {"cachepath", "//sea"}}});
    maker.add("DATA", 8, "OceanModifierData", {{{"modifier.mode", "3"}, {"cachepath", "//never"}}});
    maker.add("DATA", 9, "MeshCacheModifierData", {{{"modifier.mode", "2"}, {"filepath", "//mesh.pc2"}}});
    maker.add("DATA", 10, "MeshCacheModifierData", {{{"modifier.mode", "1"}, {"filepath", "//unrendered.pc2"}}});
    maker.add("DATA", 11, "FluidDomainSettings", {{{"cache_flag", "2"}, {"cache_directory", "//fluid"}}});
    maker.add("DATA", 12, "FluidDomainSettings", {{{"cache_directory", "//never_baked"}}});
    maker.add("DATA", 13, "NodesModifierData", {{{"modifier.mode", "3"}, {"simulation_bake_directory", "100"}}});
    maker.add_raw("DATA", 100, std::string_view("//sim\0", 6));
    maker.add("DATA", 14, "NodesModifierBake",
              {{{"directory", "101"}}, {{"directory", "101"}, {"packed", "1"}}, {{"directory", "999"}}});
    maker.add_raw("DATA", 101, "//sim/7");
    maker.add("ME", 1, "Object", {{{"id.name", "MErock"}}});
    maker.add("DATA", 2, "CustomDataExternal", {{{"filename", "//rock.btx"}}});
    for (const char* name :
         {"a.abc", "layer.abc", "s_01.usd", "s_02.usd", "c_1.vdb", "c_12.vdb", "raw.bin", "sea/d1.exr",
          "blendcache_scene/44757374_000001_00.bphys", "blendcache_scene/44757374_000002_00.vdb",
          "blendcache_scene/44757374_000002_07.vdb", "blendcache_scene/named_000001_03.bphys", "ext/out_000009.bphys",
          "mesh.pc2", "fluid/data/f1.vdb", "fluid/config/c.uni", "sim/7/meta/1", "rock.btx"})
        write(name);
    const auto found = find_dependencies(write("scene.blend", maker.bytes()));

    ASSERT_EQ(of_block(found, "CFone").size(), 2u);
    EXPECT_EQ(of_block(found, "CFone")[1].files, all_at({"layer.abc"}));
    EXPECT_EQ(only_one(found, "CFmany").files, all_at({"s_01.usd", "s_02.usd"}));
    EXPECT_EQ(only_one(found, "VOcloud").files, all_at({"c_1.vdb", "c_12.vdb"}));
    EXPECT_EQ(only_one(found, "TEsmoke").files, all_at({"raw.bin"}));
    EXPECT_EQ(only_one(found, "MErock").kind, DependencyKind::displacement);
    const auto dust = of_block(found, "OBDust");
    std::vector<std::vector<std::string>> files;
    for (const Dependency& dependency : dust) {
        EXPECT_FALSE(dependency.missing) << dependency.asset;
        files.push_back(dependency.files);
    }
    EXPECT_THAT(
        files,
        ElementsAre(all_at({"blendcache_scene/44757374_000001_00.bphys", "blendcache_scene/44757374_000002_00.vdb"}),
                    all_at({"blendcache_scene/named_000001_03.bphys"}), all_at({"ext/out_000009.bphys"}),
                    all_at({"sea/d1.exr"}), all_at({"mesh.pc2"}), all_at({"fluid/config/c.uni", "fluid/data/f1.vdb"}),
                    all_at({"sim/7/meta/1"}), all_at({"sim/7/meta/1"})));
    fs::remove_all(at("fluid"));
    fs::remove_all(at("blendcache_scene"));
    std::set<std::string> missing;
    for (const Dependency& dependency : find_dependencies(at("scene.blend")))
        if (dependency.missing) missing.insert(dependency.asset);
    EXPECT_THAT(missing, ElementsAre("//blendcache_scene/44757374", "//fluid"));
}

TEST_F(DependenciesTest, TextsNodesStripsAndSounds) {
    BlendMaker maker = with_paths();
    maker.add("TX", 1, "Text", {{{"id.name", "TXoutside"}, {"name", "9"}}});
    maker.add_raw("DATA", 9, std::string_view("//run.py\0xxx", 12));
    maker.add("TX", 1, "Text", {{{"id.name", "TXinside"}, {"name", "9"}, {"flags", "4"}}});
    maker.add_raw("DATA", 9, "//never.py");
    maker.add("CA", 1, "Camera", {{{"id.name", "CAeye"}, {"custom_mode", "1"}, {"custom_filepath", "//lens.osl"}}});
    maker.add("CA", 1, "Camera", {{{"id.name", "CAplain"}, {"custom_filepath", "//never.osl"}}});
    maker.add("SO", 1, "bSound", {{{"id.name", "SOpacked"}, {"name", "//never.wav"}, {"newpackedfile", "3"}}});
    maker.add("SO", 1, "bSound", {{{"id.name", "SOwind"}, {"name", "//wind.wav"}}});
    maker.add("NT", 1, "Object", {{{"id.name", "NTload"}}});
    maker.add("DATA", 2, "bNode", {{{"idname", "GeometryNodeImportOBJ"}, {"inputs.first", "20"}}});
    maker.add("DATA", 20, "bNodeSocket", {{{"next", "21"}, {"default_value", "30"}}});
    maker.add("DATA", 21, "bNodeSocket", {{{"next", "20"}}});  // a circle
    maker.add("DATA", 30, "bNodeSocketValueString", {{{"value", "//rock.obj"}}});
    maker.add("DATA", 3, "bNode", {{{"idname", "GeometryNodeString"}, {"inputs.first", "20"}}});
    maker.add("SC", 1, "Object", {{{"id.name", "SCcut"}}});
    const auto strip = [&](int number, const std::string& name, int type, const std::string& folder,
                           const std::vector<BlendMaker::Values>& names, const std::string& sound = "0") {
        const std::string place = std::to_string(number);
        maker.add("DATA", 1, "Sequence",
                  {{{"name", name}, {"type", std::to_string(type)}, {"strip", place}, {"sound", sound}}});
        maker.add("DATA", number, "Strip", {{{"dir", folder}, {"stripdata", std::to_string(number + 1)}}});
        maker.add("DATA", number + 1, "StripElem", names);
    };
    strip(50, "SQframes", 0, "//cut\\", {{{"name", "b.png"}}, {{"name", "a.png"}}, {{"name", "gone.png"}}});
    strip(60, "SQstill", 0, "//cut", {{{"name", "a.png"}}});
    strip(70, "SQfilm", 3, "//cut/", {{{"name", "a.mov"}}});
    strip(80, "SQsound", 4, "//", {{{"name", "wind.wav"}}}, "7");
    strip(90, "SQold sound", 5, "//", {{{"name", "wind.wav"}}});
    strip(100, "SQeffect", 8, "//", {{{"name", "never"}}});
    for (const char* name : {"run.py", "lens.osl", "wind.wav", "rock.obj", "cut/a.png", "cut/b.png", "cut/a.mov"})
        write(name);
    const auto found = find_dependencies(write("scene.blend", maker.bytes()));
    std::vector<std::string> blocks;
    for (const Dependency& dependency : found) {
        blocks.push_back(dependency.block);
        EXPECT_EQ(dependency.missing, dependency.block == "SQframes") << dependency.block;
    }
    EXPECT_THAT(blocks,
                ElementsAre("TXoutside", "CAeye", "SOwind", "NTload", "SQframes", "SQstill", "SQfilm", "SQold sound"));
    EXPECT_TRUE(only_one(found, "TXoutside").optional);
    EXPECT_EQ(only_one(found, "TXoutside").asset, "//run.py");
    const Dependency frames = only_one(found, "SQframes");
    EXPECT_TRUE(frames.sequence);
    EXPECT_EQ(frames.files, all_at({"cut/b.png", "cut/a.png"}));
    EXPECT_EQ(frames.missing_files, all_at({"cut/gone.png"}));
    EXPECT_FALSE(only_one(found, "SQstill").sequence);
}

std::string linking(const std::vector<std::string>& paths, const std::string& image = "") {
    BlendMaker maker = with_paths();
    for (const std::string& path : paths)
        maker.add("LI", 1, "Library", {{{"id.name", "LI" + path}, {"name", path}, {"filepath", "/elsewhere"}}});
    if (!image.empty()) maker.add("IM", 1, "Image", {{{"id.name", "IM" + image}, {"name", image}, {"source", "1"}}});
    return maker.bytes();
}

TEST_F(DependenciesTest, LibrariesAreReadOnceEachAndInCircles) {
    write("a.blend", linking({"//lib/b.blend", "//lib/../lib/b.blend", "//a.blend", "//gone.blend", "//broken.blend"}));
    write("lib/b.blend", linking({"//../a.blend", "//c.blend"}, "//b.png"));
    write("lib/c.blend", linking({"//b.blend"}, "//c.png"));
    write("lib/c.png");
    write("broken.blend", "BLENDER-v304 and no more");
    const auto found = find_dependencies(at("a.blend"));
    EXPECT_EQ(found.size(), 10u);
    const Dependency inner = only_one(found, "IM//b.png");
    EXPECT_EQ(inner.blend, at("lib/b.blend"));
    EXPECT_EQ(inner.resolved, at("lib/b.png"));
    EXPECT_TRUE(inner.missing);
    EXPECT_FALSE(only_one(found, "IM//c.png").missing);
    EXPECT_TRUE(only_one(found, "LI//gone.blend").missing);
    const Dependency broken = only_one(found, "LI//broken.blend");
    EXPECT_FALSE(broken.missing);
    ASSERT_TRUE(broken.problem);
    EXPECT_THAT(*broken.problem, testing::HasSubstr("broken.blend is damaged"));
}

TEST_F(DependenciesTest, PackedLibrariesAreLeftOut) {
    BlendMaker maker = with_paths();
    maker.add("LI", 1, "Library", {{{"id.name", "LIpacked"}, {"name", "//p.blend"}, {"packedfile", "3"}}});
    maker.add("LI", 1, "Library", {{{"id.name", "LIwithin"}, {"name", "//p.blend"}, {"archive_parent_library", "3"}}});
    EXPECT_THAT(find_dependencies(write("scene.blend", maker.bytes())), IsEmpty());
}

TEST_F(DependenciesTest, ASceneOfAStrangerSeesItsFolderAlone) {
    write("in/scene.blend", linking({"//../out.blend", "//link/out.blend"}, "//there.png"));
    write("in/there.png");
    write("out.blend", linking({}, "//never.png"));
    fs::create_directory_symlink("..", at("in/link"));
    DependencyLimits limits;
    limits.only_below = at("in");
    const auto found = find_dependencies(at("in/scene.blend"), limits);
    ASSERT_EQ(found.size(), 3u);
    EXPECT_TRUE(only_one(found, "LI//../out.blend").missing);
    EXPECT_TRUE(only_one(found, "LI//link/out.blend").missing);
    EXPECT_FALSE(only_one(found, "IM//there.png").missing);
    EXPECT_EQ(find_dependencies(at("in/scene.blend")).size(), 4u);
}

TEST_F(DependenciesTest, BoundsHold) {
    for (int i = 0; i < 10; ++i)
        write("chain_" + std::to_string(i) + ".blend", linking({"//chain_" + std::to_string(i + 1) + ".blend"}));
    const auto kind_with = [&](const DependencyLimits& limits) {
        return error_of([&] { find_dependencies(at("chain_0.blend"), limits); }).kind();
    };
    EXPECT_EQ(find_dependencies(at("chain_0.blend")).size(), 10u);
    EXPECT_EQ(kind_with({.read = {}, .most_blend_files = 9, .most_text = 1u << 20, .only_below = {}}),
              Error::Kind::exhausted);
    EXPECT_EQ(kind_with({.read = {}, .most_dependencies = 9, .most_text = 1u << 20, .only_below = {}}),
              Error::Kind::exhausted);
    DependencyLimits little;
    little.most_text = 200;
    EXPECT_EQ(kind_with(little), Error::Kind::exhausted);
    EXPECT_EQ(kind_with({.read = {}, .most_files = 9, .most_text = 1u << 20, .only_below = {}}),
              Error::Kind::exhausted);
}

// A copy of the samples beside which the files lie that their truth says exist.
fs::path copy_samples(const fs::path& to, const json::Object& truth) {
    fs::copy(shared_blends() / "deps", to, fs::copy_options::recursive);
    for (const auto& entry : fs::recursive_directory_iterator(to))
        fs::permissions(entry.path(), fs::perms::owner_all, fs::perm_options::add);
    for (const auto& [name, list] : truth)
        for (const auto& must : list.get_array())
            for (const auto& file : must.at("files").get_array())
                if (const fs::path path = to / std::string(file.get_string()); !fs::exists(path))
                    std::ofstream(path) << "x";
    return to;
}

// What the truth says of one dependency, in its own words.
std::string told(const json::Object& must) {
    json::Object copy = must;
    if (copy["block"] == "-unnamed-") copy.erase("block");
    return json::canonical(copy);
}

std::string told(const Dependency& dependency, const fs::path& root, bool with_block) {
    const fs::path resolved = fs::path(dependency.resolved).lexically_relative(root);
    json::Object copy;
    std::string asset = dependency.asset;
    std::replace(asset.begin(), asset.end(), '\\', '/');
    copy["asset"] = asset;
    copy["sequence"] = dependency.sequence;
    if (with_block) copy["block"] = dependency.block;
    json::Array files;
    for (const auto& file : dependency.files)
        files.push_back(json::Value(fs::path(file).lexically_relative(root).string()));
    copy["files"] = files;
    const bool is_outside = resolved.empty() || *resolved.begin() == "..";
    copy["resolved"] = is_outside ? json::Value(nullptr) : json::Value(resolved.string());
    return json::canonical(copy);
}

TEST_F(DependenciesTest, TheSamplesNeedWhatTheyMust) {
    ATELIER_NEED_DATA(shared_blends());
    const auto truth = json::parse(read_file(shared_blends() / "deps_truth.json")).get_object();
    const fs::path root = copy_samples(at("deps"), truth);
    for (const auto& [name, list] : truth) {
        SCOPED_TRACE(std::string(name));
        std::set<std::string> found;
        for (const Dependency& dependency : find_dependencies(root / std::string(name))) {
            found.insert(told(dependency, root, true));
            found.insert(told(dependency, root, false));
            EXPECT_EQ(dependency.files.empty(), dependency.missing) << dependency.asset;
        }
        for (const auto& must : list.get_array())
            EXPECT_THAT(found, testing::Contains(told(must.get_object())));
        EXPECT_EQ(list.get_array().empty(), found.empty());
    }
}

constexpr const char* everything_program = R"(
import bpy, os, wave, shutil
here = os.path.abspath('.')
def place(name):
    path = os.path.join(here, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    return path
def save(name, **options):
    bpy.ops.wm.save_as_mainfile(filepath=place(name), relative_remap=True, **options)
def picture(name):
    image = bpy.data.images.new('drawn', 4, 4)
    image.filepath_raw = place(name)
    image.file_format = 'PNG'
    image.save()
    bpy.data.images.remove(image)

bpy.data.meshes.new('Part').use_fake_user = True
part = bpy.data.images.new('Part image', 4, 4)
picture('lib/part.png')
part.source, part.filepath, part.use_fake_user = 'FILE', place('lib/part.png'), True
save('lib/parts.blend')
bpy.ops.wm.read_factory_settings()
save('scene.blend')

for name in ['tex/one.png', 'tex/packed.png', 'seq/f_01.png', 'seq/f_02.png', 'tiles/t.1001.png', 'tiles/t.1002.png',
             'clip/c_1.png', 'clip/c_2.png', 'cut/s1.png', 'cut/s2.png', 'cut/s3.png']:
    picture(name)
def load(name, source='FILE'):
    image = bpy.data.images.load(place(name))
    image.filepath = '//' + name
    image.name, image.source, image.use_fake_user = os.path.basename(name), source, True
    return image
load('tex/one.png')
load('tex/packed.png').pack()
load('seq/f_01.png', 'SEQUENCE')
tiled = bpy.data.images.new('tiled', 4, 4, tiled=True)
tiled.source, tiled.filepath, tiled.use_fake_user = 'TILED', '//tiles/t.<UDIM>.png', True
if len(tiled.tiles) < 2: tiled.tiles.new(1002)
bpy.data.images.new('generated', 4, 4).use_fake_user = True
os.remove(place('tex/one.png'))
clip = bpy.data.movieclips.load(place('clip/c_1.png'))
clip.name, clip.use_fake_user = 'clip', True

with wave.open(place('sound/tone.wav'), 'wb') as tone:
    tone.setnchannels(1); tone.setsampwidth(2); tone.setframerate(8000); tone.writeframes(bytes(1600))
scene = bpy.context.scene
scene.sequence_editor_create()
strips = scene.sequence_editor.sequences
strips.new_sound('heard', place('sound/tone.wav'), 1, 1)
pictures = strips.new_image('seen', place('cut/s1.png'), 2, 1)
pictures.elements.append('s2.png')
pictures.elements.append('s3.png')

fonts = bpy.utils.system_resource('DATAFILES', path='fonts')
for name in sorted(os.listdir(fonts)):
    try:
        shutil.copy(os.path.join(fonts, name), place('font/' + name))
        font = bpy.data.fonts.load(place('font/' + name))
        font.name, font.use_fake_user = 'font', True
        print('HAS font/' + name)
        break
    except RuntimeError as error:
        print(error)
volume = bpy.data.volumes.new('cloud')
volume.filepath, volume.use_fake_user = '//vol/cloud.vdb', True
open(place('run.py'), 'w').write('print(1)')
bpy.data.texts.load(place('run.py'))
bpy.data.texts.new('inside').write('print(2)')

material = bpy.data.materials.new('shader')
material.use_nodes, material.use_fake_user = True, True
light = material.node_tree.nodes.new('ShaderNodeTexIES')
light.mode, light.filepath = 'EXTERNAL', '//lamp.ies'
script = material.node_tree.nodes.new('ShaderNodeScript')
script.mode, script.filepath = 'EXTERNAL', '//shade.osl'

cube = bpy.data.objects['Cube']
mesh_cache = cube.modifiers.new('mesh cache', 'MESH_CACHE')
mesh_cache.cache_format, mesh_cache.filepath = 'PC2', '//cube.pc2'
bpy.ops.mesh.primitive_grid_add(x_subdivisions=3, y_subdivisions=3)
sheet = bpy.context.object
sheet.name = 'Sheet'
cloth = sheet.modifiers.new('cloth', 'CLOTH')
cloth.point_cache.use_disk_cache = True
cloth.point_cache.frame_start, cloth.point_cache.frame_end = 1, 3
with bpy.data.libraries.load(place('lib/parts.blend'), link=True) as (source, target):
    target.meshes, target.images = ['Part'], ['Part image']
cube.data = bpy.data.meshes['Part']
bpy.data.images['Part image'].use_fake_user = True
material.node_tree.nodes.new('ShaderNodeTexImage').image = bpy.data.images['Part image']
save('scene.blend')
bpy.ops.ptcache.bake_all(bake=True)
save('scene.blend')
save('scene_packed.blend', compress=True)
)";

TEST_F(DependenciesTest, FindsWhatBlenderWrites) {
    ATELIER_NEED_PROGRAM("blender");
    const std::string answer = run_blender(folder_.path(), everything_program);
    const auto found = find_dependencies(at("scene.blend"));
    std::map<std::string, std::vector<std::string>> files;
    std::set<std::string> missing;
    for (const Dependency& dependency : found) {
        for (const auto& file : dependency.files)
            files[dependency.block].push_back(fs::path(file).lexically_relative(folder_.path()).string());
        if (dependency.missing) missing.insert(dependency.block + " " + dependency.asset);
    }
    EXPECT_THAT(missing, ElementsAre("IMone.png //tex/one.png", "MAshader //lamp.ies", "MAshader //shade.osl",
                                     "OBCube //cube.pc2", "VOcloud //vol/cloud.vdb"));
    EXPECT_THAT(files["IMf_01.png"], ElementsAre("seq/f_01.png", "seq/f_02.png"));
    EXPECT_THAT(files["IMtiled"], ElementsAre("tiles/t.1001.png", "tiles/t.1002.png"));
    EXPECT_THAT(files["MCclip"], ElementsAre("clip/c_1.png", "clip/c_2.png"));
    EXPECT_THAT(files["SOtone.wav"], ElementsAre("sound/tone.wav"));
    EXPECT_THAT(files["SQseen"], ElementsAre("cut/s1.png", "cut/s2.png", "cut/s3.png"));
    EXPECT_THAT(files["TXrun.py"], ElementsAre("run.py"));
    EXPECT_THAT(files["LIparts.blend"], ElementsAre("lib/parts.blend"));
    EXPECT_THAT(files["IMPart image"], ElementsAre("lib/part.png"));
    EXPECT_THAT(files["OBSheet"], ElementsAre("blendcache_scene/5368656574_000001_00.bphys",
                                              "blendcache_scene/5368656574_000002_00.bphys",
                                              "blendcache_scene/5368656574_000003_00.bphys"));
    EXPECT_EQ(files["VFfont"].empty(), answer.find("HAS font/") == std::string::npos);
    for (const char* none : {"IMpacked.png", "IMgenerated", "TXinside", "SQheard"})
        EXPECT_THAT(of_block(found, none), IsEmpty()) << none;
    EXPECT_EQ(find_dependencies(at("scene_packed.blend")).size(), found.size());
}

}  // namespace
}  // namespace atelier::pipelines::blender
