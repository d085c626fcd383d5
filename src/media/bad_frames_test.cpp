#include "media/bad_frames.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <map>

#include "base/testing.h"
#include "media/testing.h"
#include "process/child.h"

namespace atelier::media {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Frame → its reasons.
std::map<int, std::vector<BadReason>> reasons_of(const std::vector<BadFrame>& bad) {
    std::map<int, std::vector<BadReason>> reasons;
    for (const BadFrame& frame : bad)
        for (const auto& reason : frame.reasons)
            reasons[frame.frame].push_back(reason.kind);
    return reasons;
}

Formula plain(float red, float green, float blue) {
    return [=](int, int, int channel) { return channel == 0 ? red : channel == 1 ? green : blue; };
}

struct BadFramesTest : testing::Test {
    std::map<int, std::vector<BadReason>> check(const char* frames, const char* pattern = "frame_####.png") const {
        return reasons_of(find_bad_frames({folder.path(), FramePattern::parse(pattern)}, parse_frames(frames)));
    }
    const TemporaryFolder folder;
};

TEST_F(BadFramesTest, GoodFramesAreNone) {
    EXPECT_THAT(find_bad_frames(write_frames(folder.path(), parse_frames("1-12")), parse_frames("1-12")), IsEmpty());
    EXPECT_THAT(find_bad_frames(write_frames(folder.path(), {1}), {1}), IsEmpty());
    EXPECT_THAT(find_bad_frames(write_frames(folder.path(), {1}), {}), IsEmpty());
}

TEST_F(BadFramesTest, EachKindIsFound) {
    const FrameFiles files = write_frames(folder.path(), parse_frames("1-12"));
    std::filesystem::remove(files.path_of(2));
    cut_file(files.path_of(3), 0.7);
    flip_byte(files.path_of(4), std::filesystem::file_size(files.path_of(4)) / 2);
    write_png(files.path_of(6), 32, 48, moving(6));
    write_png(files.path_of(9), 64, 48, plain(0, 0, 0));
    std::size_t told = 0;
    const auto bad = find_bad_frames(files, parse_frames("1-12"), {}, [&](std::size_t done) { told = done; });
    const auto reasons = reasons_of(bad);
    EXPECT_EQ(told, 11u);
    EXPECT_THAT(reasons.at(2), ElementsAre(BadReason::missing));
    EXPECT_THAT(reasons.at(3), ElementsAre(BadReason::broken));
    EXPECT_THAT(reasons.at(4), ElementsAre(BadReason::broken));
    EXPECT_THAT(reasons.at(6), ElementsAre(BadReason::size));
    EXPECT_THAT(reasons.at(9), ElementsAre(BadReason::black, BadReason::file_size));
    EXPECT_EQ(reasons.size(), 5u);
    EXPECT_THAT(bad[1].reasons[0].text, HasSubstr("frame_0003.png"));
    EXPECT_THAT(bad[3].reasons[0].text, HasSubstr("32x48"));
}

TEST_F(BadFramesTest, BlackWithAlphaIsBlackAndADarkPixelIsNot) {
    write_png(
        folder.path() / "frame_0001.png", 8, 8, [](int, int, int i) { return i == 3 ? 255.f : 0.f; }, 4);
    write_png(folder.path() / "frame_0002.png", 8, 8, [](int x, int y, int) { return x == 3 && y == 3 ? 1.f : 0.f; });
    write_png(
        folder.path() / "frame_0003.png", 8, 8, [](int, int, int) { return 0.f; }, 1);
    EXPECT_THAT(check("1-3"), ElementsAre(testing::Pair(1, ElementsAre(BadReason::black)),
                                          testing::Pair(3, ElementsAre(BadReason::black))));
}

TEST_F(BadFramesTest, ExrWithValuesThatAreNoNumbers) {
    for (const int frame : {1, 2, 3, 4})
        write_exr(folder.path() / ("e" + std::to_string(frame) + ".exr"), 16, 16, {"R", "G", "B"},
                  [&](int x, int y, int) {
                      if (frame == 3 && x == 5 && y == 5) return std::numeric_limits<float>::quiet_NaN();
                      if (frame == 4) return std::numeric_limits<float>::infinity();
                      return float(x + y) / 7;
                  });
    const auto reasons = check("1-4", "e#.exr");
    EXPECT_THAT(reasons.at(3), ElementsAre(BadReason::not_finite));
    EXPECT_THAT(reasons.at(4), testing::Contains(BadReason::not_finite));
    EXPECT_EQ(reasons.size(), 2u);
}

// What Blender 3.4 makes of the missing texture's (1, 0, 1), by view transform and look: as light, and lit on a glossy
// surface.
TEST_F(BadFramesTest, PinkOfAMissingTexture) {
    const std::vector<std::array<float, 3>> pinks = {
        {255, 0, 255},  {206, 0, 206},   {207, 0, 207},   {220, 0, 220},  {193, 0, 193}, {194, 0, 193},  // light
        {255, 98, 255}, {210, 108, 210}, {224, 102, 224}, {197, 113, 197}};                              // lit
    for (const auto& pink : pinks) {
        write_png(folder.path() / "frame_0001.png", 40, 40, [&](int x, int y, int channel) {
            return x < 4 && y < 4 ? pink[static_cast<std::size_t>(channel)] : 70.f;
        });
        EXPECT_THAT(check("1"), ElementsAre(testing::Pair(1, ElementsAre(BadReason::pink))))
            << pink[0] << " " << pink[1];
    }
    write_exr(folder.path() / "frame_0001.exr", 8, 8, {"R", "G", "B"}, plain(1, 0, 0.9995f));
    EXPECT_THAT(check("1", "frame_####.exr"), ElementsAre(testing::Pair(1, ElementsAre(BadReason::pink))));
}

TEST_F(BadFramesTest, OtherColoursAreNotPink) {
    const std::vector<std::array<float, 3>> colours = {{255, 255, 255}, {255, 0, 0},     {0, 0, 255},   {128, 128, 128},
                                                       {255, 192, 203}, {199, 21, 133},  {128, 0, 200}, {255, 105, 180},
                                                       {60, 0, 60},     {220, 160, 220}, {75, 0, 130}};
    for (const auto& colour : colours) {
        write_png(folder.path() / "frame_0001.png", 20, 20, plain(colour[0], colour[1], colour[2]));
        EXPECT_THAT(check("1"), IsEmpty()) << colour[0] << " " << colour[1] << " " << colour[2];
    }
    // A pixel of it here and there is a scene's own.
    write_png(folder.path() / "frame_0001.png", 100, 100,
              [](int x, int y, int i) { return x == y && x < 10 ? (i == 1 ? 0.f : 255.f) : 70.f; });
    EXPECT_THAT(check("1"), IsEmpty());
}

TEST_F(BadFramesTest, WhatBlenderPaintsIsPink) {
    const char* script = R"(
import bpy, sys
bpy.ops.wm.read_factory_settings(use_empty=True)
scene = bpy.context.scene
bpy.ops.mesh.primitive_plane_add(size=4)
material = bpy.data.materials.new('m'); material.use_nodes = True
bpy.context.object.data.materials.append(material)
tree = material.node_tree
image = bpy.data.images.new('gone', 8, 8); image.source = 'FILE'; image.filepath = '//does_not_exist.png'
texture = tree.nodes.new('ShaderNodeTexImage'); texture.image = image
tree.links.new(texture.outputs[0], tree.nodes['Principled BSDF'].inputs[0])
bpy.ops.object.camera_add(location=(0, 0, 8)); scene.camera = bpy.context.object
bpy.ops.object.light_add(type='SUN', location=(2, 2, 5)); bpy.context.object.data.energy = 3
scene.render.engine = 'CYCLES'; scene.cycles.samples = 4; scene.cycles.use_denoising = False
scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = 64, 36, 100
for number, (transform, kind) in enumerate([('Standard', 'PNG'), ('Filmic', 'PNG'), ('Filmic', 'OPEN_EXR')]):
    scene.view_settings.view_transform = transform
    scene.render.image_settings.file_format = kind
    scene.render.filepath = sys.argv[-1] + '/frame_%04d' % number
    bpy.ops.render.render(write_still=True)
)";
    ATELIER_NEED_PROGRAM("blender");
    write_file_durably(folder.path() / "make.py", script);
    const auto end = process::run_child({"blender", "-b", "--factory-startup", "--python-exit-code", "3", "--python",
                                         folder.path() / "make.py", "--", folder.path()});
    ASSERT_EQ(end.code, 0) << end.complaints;
    for (const char* name : {"frame_####.png", "frame_####.exr"})
        for (const int frame : list_frames({folder.path(), FramePattern::parse(name)}))
            EXPECT_THAT(check(std::to_string(frame).c_str(), name),
                        ElementsAre(testing::Pair(frame, ElementsAre(BadReason::pink))))
                << name;
    EXPECT_THAT(list_frames({folder.path(), FramePattern::parse("frame_####.png")}), ElementsAre(0, 1));
    EXPECT_THAT(list_frames({folder.path(), FramePattern::parse("frame_####.exr")}), ElementsAre(2));
}

}  // namespace
}  // namespace atelier::media
