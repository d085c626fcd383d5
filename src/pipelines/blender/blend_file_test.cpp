#include "pipelines/blender/blend_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <fstream>

#include "archive/zstd.h"
#include "base/files.h"
#include "base/json_struct.h"
#include "base/testing.h"
#include "pipelines/blender/dna.h"
#include "pipelines/blender/testing_blend.h"

namespace atelier::pipelines::blender {
namespace {

namespace fs = std::filesystem;
using atelier::testing_support::error_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing_support::BlendMaker;
using testing_support::Generation;
using testing_support::run_blender;
using testing_support::shared_blends;

std::string gzip(const std::string& bytes) {
    z_stream stream{};
    deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    std::string packed(deflateBound(&stream, bytes.size()) + 64, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    return packed;
}

std::string zstd(const std::string& bytes) {
    std::string packed(ZSTD_compressBound(bytes.size()), '\0');
    packed.resize(ZSTD_compress(packed.data(), packed.size(), bytes.data(), bytes.size(), 1));
    return packed;
}

// Each piece by itself: members of gzip, frames of zstd.
template <class Pack>
std::string in_pieces(const std::string& bytes, std::size_t size, const Pack& pack) {
    std::string packed;
    for (std::size_t at = 0; at < bytes.size(); at += size)
        packed += pack(bytes.substr(at, size));
    return packed;
}

class BlendFileTest : public testing::Test {
protected:
    fs::path write(const std::string& name, std::string_view bytes) {
        std::ofstream(folder_.path() / name, std::ios::binary) << bytes;
        return folder_.path() / name;
    }
    Error error_for(std::string_view bytes) {
        return error_of([&] { BlendFile file(write("hostile.blend", bytes)); });
    }

    TemporaryFolder folder_;
};

// A file with two scenes of which the second is the current one.
BlendMaker two_scenes(Generation generation) {
    BlendMaker maker = BlendMaker::with_scene(generation);
    maker.add("GLOB", 0x10, "FileGlobal", {{{"curscene", "8192"}}});
    maker.add("SC", 0x1000, "Scene", {{{"id.name", "SCFirst"}, {"r.sfra", "1"}, {"r.efra", "2"}}});
    maker.add("SC", 0x2000, "Scene",
              {{{"id.name", "SCSecond"},
                {"camera", "12288"},
                {"r.im_format.imtype", "23"},
                {"r.cfra", "7"},
                {"r.sfra", "-3"},
                {"r.efra", "100"},
                {"r.frame_step", "4"},
                {"r.size", "50"},
                {"r.frs_sec", "30"},
                {"r.frs_sec_base", "1.001"},
                {"r.xsch", "1280"},
                {"r.ysch", "721"},
                {"r.pic", "//frames/"},
                {"r.engine", "CYCLES"}}});
    maker.add("DATA", 0x2100, "ViewLayer", {{{"name", "Front"}, {"flag", "1"}}});
    maker.add("DATA", 0x2200, "ViewLayer", {{{"name", "Back"}, {"flag", "0"}}});
    maker.add("ID", 0x3000, "ID", {{{"name", "OBFar camera"}}});
    return maker;
}

void expect_second(const Scene& scene) {
    EXPECT_EQ(scene.name, "Second");
    EXPECT_EQ(scene.start, -3);
    EXPECT_EQ(scene.end, 100);
    EXPECT_EQ(scene.step, 4);
    EXPECT_EQ(scene.current_frame, 7);
    EXPECT_EQ(scene.frame_count(), 26);
    EXPECT_EQ(scene.width, 1280);
    EXPECT_EQ(scene.height, 721);
    EXPECT_EQ(scene.percentage, 50);
    EXPECT_EQ(scene.rendered_width(), 640);
    EXPECT_EQ(scene.rendered_height(), 360);
    EXPECT_EQ(scene.fps, 30);
    EXPECT_NEAR(scene.frames_per_second(), 29.97, 0.001);
    EXPECT_EQ(scene.engine, "CYCLES");
    EXPECT_EQ(scene.output, "//frames/");
    EXPECT_EQ(scene.image_type, 23);
    EXPECT_EQ(scene.image_format, "OPEN_EXR");
    EXPECT_EQ(scene.camera, "Far camera");
    ASSERT_EQ(scene.view_layers.size(), 2u);
    EXPECT_EQ(scene.view_layers[0].name, "Front");
    EXPECT_TRUE(scene.view_layers[0].render);
    EXPECT_FALSE(scene.view_layers[1].render);
}

TEST_F(BlendFileTest, ReadsEveryGeneration) {
    for (const Generation generation :
         {Generation{4, ByteOrder::little, false, 248}, Generation{4, ByteOrder::big, false, 260},
          Generation{8, ByteOrder::little, false, 304}, Generation{8, ByteOrder::big, false, 279},
          Generation{8, ByteOrder::little, true, 500}}) {
        const fs::path path = write("one.blend", two_scenes(generation).bytes());
        BlendFile file(path);
        EXPECT_EQ(file.header().version, generation.version);
        EXPECT_EQ(file.header().pointer_size, generation.pointer_size);
        EXPECT_EQ(file.header().endianness, generation.order);
        EXPECT_EQ(file.header().large_blocks, generation.large_blocks);
        EXPECT_EQ(file.header().compression, Compression::none);
        ASSERT_EQ(file.scenes().size(), 2u);
        EXPECT_EQ(file.scenes()[0].name, "First");
        EXPECT_FALSE(file.scenes()[0].camera);
        expect_second(BlendFile::get_current_scene(path));
    }
}

TEST_F(BlendFileTest, TakesTheFirstSceneWhenTheCurrentOneIsntThere) {
    BlendMaker maker = BlendMaker::with_scene();
    maker.add("GLOB", 0x10, "FileGlobal", {{{"curscene", "999"}}});
    maker.add("SC", 0x1000, "Scene", {{{"id.name", "SCOne"}}});
    maker.add("SC", 0x2000, "Scene", {{{"id.name", "SCTwo"}}});
    EXPECT_EQ(BlendFile::get_current_scene(write("one.blend", maker.bytes())).name, "One");
}

TEST_F(BlendFileTest, AFileWithoutScenesIsRead) {
    const fs::path path = write("parts.blend", BlendMaker::with_scene().bytes());
    EXPECT_THAT(BlendFile(path).scenes(), testing::IsEmpty());
    EXPECT_FALSE(BlendFile(path).current_scene());
    EXPECT_EQ(error_of([&] { BlendFile::get_current_scene(path); }).kind(), Error::Kind::not_found);
}

TEST_F(BlendFileTest, OddSettingsAreKeptWithinSense) {
    BlendMaker maker = BlendMaker::with_scene();
    maker.add("SC", 0x1000, "Scene",
              {{{"id.name", "SCOdd"},
                {"r.sfra", "9"},
                {"r.efra", "8"},
                {"r.frame_step", "-2"},
                {"r.frs_sec_base", "nan"},
                {"r.im_format.imtype", "255"},
                {"camera", "77"}}});
    const Scene scene = BlendFile::get_current_scene(write("odd.blend", maker.bytes()));
    EXPECT_EQ(scene.frame_count(), 0);
    EXPECT_EQ(scene.step, 1);
    EXPECT_EQ(scene.fps_base, 1);
    EXPECT_EQ(scene.image_type, 255);
    EXPECT_FALSE(scene.image_format);
    EXPECT_FALSE(scene.image_argument);
    EXPECT_FALSE(scene.camera);
    EXPECT_THAT(json::text(json::write(scene)), HasSubstr("\"image_type\":255"));
    Scene longest;
    longest.start = std::numeric_limits<int>::min();
    longest.end = std::numeric_limits<int>::max();
    EXPECT_EQ(longest.frame_count(), std::int64_t{1} << 32);
}

TEST_F(BlendFileTest, EveryCompressionGivesTheSame) {
    // Large enough for several pieces of the cache, with the scenes in the middle and a body that is skipped.
    BlendMaker maker = BlendMaker::with_scene();
    std::string body(12u << 20, '\0');
    for (std::size_t i = 0; i < body.size(); i += 3)
        body[i] = static_cast<char>(i * 2654435761u >> 13);
    maker.add_raw("DATA", 0x1, body);
    maker.add("SC", 0x1000, "Scene", {{{"id.name", "SCOne"}, {"r.efra", "5"}, {"camera", "8192"}}});
    maker.add_raw("DATA", 0x2, body);
    maker.add("DATA", 0x2100, "ViewLayer", {{{"name", "Last"}, {"flag", "1"}}});
    maker.add("ID", 0x2000, "ID", {{{"name", "OBEye"}}});
    const std::string bytes = maker.bytes();
    const fs::path plain = write("plain.blend", bytes);
    archive::compress_file(plain, folder_.path() / "table.blend");
    const std::size_t piece = 300'001;
    const std::vector<std::pair<fs::path, Compression>> files = {
        {plain, Compression::none},
        {write("gzip.blend", gzip(bytes)), Compression::gzip},
        {write("members.blend", in_pieces(bytes, piece, gzip)), Compression::gzip},
        {write("zstd.blend", zstd(bytes)), Compression::zstd},
        {write("frames.blend", in_pieces(bytes, piece, zstd)), Compression::zstd},
        {folder_.path() / "table.blend", Compression::zstd}};
    for (const auto& [path, compression] : files) {
        BlendFile file(path);
        EXPECT_EQ(file.header().compression, compression);
        // Several times, so that the cache has lost the beginning.
        for (int round = 0; round < 3; ++round) {
            const auto scenes = file.scenes();
            ASSERT_EQ(scenes.size(), 1u) << path;
            EXPECT_EQ(scenes[0].end, 5);
            EXPECT_EQ(scenes[0].camera, "Eye");
            ASSERT_EQ(scenes[0].view_layers.size(), 1u) << path;
            EXPECT_EQ(scenes[0].view_layers[0].name, "Last");
        }
    }
}

TEST_F(BlendFileTest, WhatUnpacksToTooMuchIsRefused) {
    const std::string bytes = BlendMaker::with_scene().add_raw("DATA", 1, std::string(8u << 20, '\0')).bytes();
    ReadLimits limits;
    limits.free_content = 1u << 20;
    limits.content_per_byte = 2;
    for (const std::string& packed : {gzip(bytes), zstd(bytes), in_pieces(bytes, 1u << 20, zstd)}) {
        const fs::path path = write("bomb.blend", packed);
        const Error error = error_of([&] { BlendFile file(path, limits); });
        EXPECT_EQ(error.kind(), Error::Kind::invalid);
        EXPECT_NO_THROW(BlendFile{path});
    }
}

TEST_F(BlendFileTest, ATableOfFramesThatLiesIsRefused) {
    const fs::path plain =
        write("plain.blend", BlendMaker::with_scene().add_raw("DATA", 1, std::string(9u << 20, 'x')).bytes());
    const fs::path path = folder_.path() / "table.blend";
    archive::compress_file(plain, path);
    std::string bytes = read_file(path);
    const std::size_t foot = bytes.size() - 9;
    bytes[foot - 8 * 3 + 4] ^= 1;  // the content's size of the first of three frames
    EXPECT_EQ(error_for(bytes).kind(), Error::Kind::invalid);
}

TEST_F(BlendFileTest, WhatIsNoBlendIsSaid) {
    EXPECT_EQ(error_of([&] { BlendFile file(folder_.path() / "none.blend"); }).kind(), Error::Kind::not_found);
    EXPECT_EQ(error_of([&] { BlendFile file(folder_.path()); }).kind(), Error::Kind::invalid);
    ASSERT_EQ(::mkfifo((folder_.path() / "pipe").c_str(), 0600), 0);
    EXPECT_EQ(error_of([&] { BlendFile file(folder_.path() / "pipe"); }).kind(), Error::Kind::invalid);
    for (const std::string bytes :
         {"", "B", "BLENDER", "BLENDER-v30", "BLENDER-x304", "BLENDER17-02v0500", "BLENDER16-01v0500", "hello, world",
          "\x1F\x8B", "\x28\xB5\x2F\xFD", "BLENDER-v304", "BLENDER17-01v0500"}) {
        const Error error = error_for(bytes);
        EXPECT_EQ(error.kind(), Error::Kind::invalid) << bytes;
        EXPECT_THAT(error.what(), HasSubstr("hostile.blend"));
    }
}

TEST_F(BlendFileTest, ABlockThatCantBeIsRefused) {
    const std::string good = two_scenes({}).bytes();
    for (std::size_t size = 0; size < good.size(); size += size < 100 ? 1 : 7)
        ASSERT_EQ(error_for(std::string_view(good).substr(0, size)).kind(), Error::Kind::invalid) << size;
    const auto with = [&](std::size_t at, const std::string& bytes) {
        std::string changed = good;
        changed.replace(at, bytes.size(), bytes);
        return changed;
    };
    constexpr std::size_t first_head = 12;
    EXPECT_THAT(error_for(with(first_head, std::string(4, '\0'))).what(), HasSubstr("wrong head"));
    EXPECT_THAT(error_for(with(first_head + 4, "\xFF\xFF\xFF\xFF")).what(), HasSubstr("wrong head"));
    EXPECT_THAT(error_for(with(first_head + 4, "\xFF\xFF\xFF\x7F")).what(), HasSubstr("longer than the file"));
    EXPECT_THAT(error_for(with(first_head + 16, "\xFF\xFF\xFF\xFF")).what(), HasSubstr("wrong head"));
    EXPECT_NO_THROW(BlendFile{write("good.blend", with(first_head + 16, "\xFF\xFF\xFF\x7F"))});  // of no known struct
    std::string without = good;
    without.replace(without.find("DNA1"), 4, "DATA");
    EXPECT_THAT(error_for(without).what(), HasSubstr("no description"));
    EXPECT_THAT(error_for(BlendMaker::with_scene().add_raw("DNA1", 0, "SDNA").bytes()).what(), HasSubstr("NAME"));
    BlendMaker many = BlendMaker::with_scene();
    for (int i = 0; i < 10; ++i)
        many.add_raw("OB", 1, "");
    ReadLimits limits;
    limits.most_blocks = 9;
    EXPECT_EQ(error_of([&] { BlendFile file(write("many.blend", many.bytes()), limits); }).kind(),
              Error::Kind::invalid);
}

TEST_F(BlendFileTest, TheSamplesGiveWhatTheyMust) {
    ATELIER_NEED_DATA(shared_blends());
    const auto truth = json::parse(read_file(shared_blends() / "truth.json"));
    for (const auto& [name, must] : truth.get_object()) {
        SCOPED_TRACE(std::string(name));
        const fs::path path = shared_blends() / "scenes" / std::string(name);
        const auto& expected = must.get_object();
        if (expected.contains("error")) {
            EXPECT_EQ(error_of([&] { BlendFile file(path); }).kind(), Error::Kind::invalid);
            continue;
        }
        BlendFile file(path);
        EXPECT_EQ(file.header().version, expected.at("version").to_number<int>());
        EXPECT_EQ(file.header().pointer_size, expected.at("pointer_size").to_number<int>());
        EXPECT_EQ(file.header().endianness == ByteOrder::big, expected.at("big_endian").get_bool());
        std::vector<std::string> names;
        for (const Scene& scene : file.scenes())
            names.push_back(scene.name);
        if (file.header().endianness == ByteOrder::big) {
            // The truth's readers overlook the shifted codes of a big-endian file; Blender finds its scene.
            EXPECT_THAT(names, ElementsAre("Scene"));
            continue;
        }
        EXPECT_EQ(names, json::read<std::vector<std::string>>(expected.at("scenes")));
        const auto scene = file.current_scene();
        ASSERT_TRUE(scene);
        const auto number = [&](const char* key, double otherwise) {
            return expected.at(key).is_null() ? otherwise : expected.at(key).to_number<double>();
        };
        EXPECT_EQ(scene->name, expected.at("current_scene").get_string());
        EXPECT_EQ(scene->start, number("frame_start", 0));
        EXPECT_EQ(scene->end, number("frame_end", 0));
        EXPECT_EQ(scene->step, number("frame_step", 1));
        EXPECT_EQ(scene->width, number("width", 0));
        EXPECT_EQ(scene->height, number("height", 0));
        EXPECT_EQ(scene->percentage, number("percentage", 0));
        EXPECT_EQ(scene->fps, number("fps", 0));
        EXPECT_EQ(scene->fps_base, number("fps_base", 1));
        EXPECT_EQ(scene->engine, json::read<std::optional<std::string>>(expected.at("engine")));
        EXPECT_EQ(scene->output, expected.at("output").get_string());
        EXPECT_EQ(scene->image_type, number("imtype", 0));
        EXPECT_FALSE(scene->view_layers.empty());
    }
}

constexpr const char* two_scenes_program = R"(
import bpy, os
def save(name, **options):
    bpy.ops.wm.save_as_mainfile(filepath=os.path.abspath(name), **options)
first = bpy.context.scene
first.name = 'First'
second = bpy.data.scenes.new('Zweite Szene')
render = second.render
second.frame_start, second.frame_end, second.frame_step = 10, 90, 5
second.frame_set(33)
render.resolution_x, render.resolution_y, render.resolution_percentage = 4096, 1716, 25
render.fps, render.fps_base = 24, 1.001
render.engine = 'CYCLES'
render.filepath = '//out/shot_####'
eye = bpy.data.objects.new('Eye', bpy.data.cameras.new('Eye'))
second.collection.objects.link(eye)
second.camera = eye
second.view_layers[0].name = 'Main'
second.view_layers.new('Unseen').use = False
bpy.context.window.scene = second
formats = bpy.types.ImageFormatSettings.bl_rna.properties['file_format'].enum_items_static
for item in formats:
    render.image_settings.file_format = item.identifier
    save('format_%s.blend' % item.identifier)
    print('FORMAT', item.identifier, item.value, render.is_movie_format)
render.image_settings.file_format = 'OPEN_EXR'
save('plain.blend')
save('packed.blend', compress=True)
)";

TEST_F(BlendFileTest, ReadsWhatBlenderWrites) {
    ATELIER_NEED_PROGRAM("blender");
    const std::string answer = run_blender(folder_.path(), two_scenes_program);
    for (const auto& [name, compression] :
         {std::pair("plain.blend", Compression::none), std::pair("packed.blend", Compression::zstd)}) {
        BlendFile file(folder_.path() / name);
        EXPECT_EQ(file.header().compression, compression);
        EXPECT_EQ(file.header().version_text(), "3.4");
        ASSERT_EQ(file.scenes().size(), 2u);
        const Scene scene = *file.current_scene();
        EXPECT_EQ(scene.name, "Zweite Szene");
        EXPECT_EQ(scene.start, 10);
        EXPECT_EQ(scene.end, 90);
        EXPECT_EQ(scene.step, 5);
        EXPECT_EQ(scene.current_frame, 33);
        EXPECT_EQ(scene.rendered_width(), 1024);
        EXPECT_EQ(scene.rendered_height(), 429);
        EXPECT_EQ(scene.fps, 24);
        EXPECT_NEAR(scene.fps_base, 1.001, 1e-6);
        EXPECT_EQ(scene.engine, "CYCLES");
        EXPECT_EQ(scene.output, "//out/shot_####");
        EXPECT_EQ(scene.image_argument, "OPEN_EXR");
        EXPECT_EQ(scene.camera, "Eye");
        ASSERT_EQ(scene.view_layers.size(), 2u);
        EXPECT_EQ(scene.view_layers[1].name, "Unseen");
        EXPECT_FALSE(scene.view_layers[1].render);
    }
    // Every format that this Blender knows, by its name in Python.
    int formats = 0;
    for (const ImageFormat& format : image_formats()) {
        if (format.bpy_name.empty()) continue;
        SCOPED_TRACE(format.name);
        const std::string name(format.bpy_name);
        const Scene scene = BlendFile::get_current_scene(folder_.path() / ("format_" + name + ".blend"));
        EXPECT_EQ(scene.image_format, format.name);
        EXPECT_EQ(scene.image_argument, format.argument);
        EXPECT_THAT(answer, HasSubstr("FORMAT " + name + " " + std::to_string(format.number()) + " " +
                                      (format.film ? "True" : "False")));
        ++formats;
    }
    std::size_t told = 0;
    for (std::size_t at = answer.find("FORMAT "); at != std::string::npos; at = answer.find("FORMAT ", at + 1))
        ++told;
    EXPECT_EQ(formats, static_cast<int>(told));
}

TEST(ImageFormats, AreFoundByNumberAndByEveryName) {
    for (const ImageFormat& format : image_formats()) {
        EXPECT_EQ(find_image_format(format.number()), &format);
        EXPECT_EQ(&image_format(format.type), &format);
        EXPECT_EQ(json::write(format.type).get_string(), format.name);
        for (const std::string_view name : {format.name, format.argument, format.bpy_name})
            EXPECT_EQ(find_image_format(name), name.empty() ? nullptr : &format) << name;
    }
    EXPECT_EQ(find_image_format("exr")->type, RenderOutputType::OPEN_EXR);
    EXPECT_EQ(find_image_format("MULTILAYER")->type, RenderOutputType::OPEN_EXR_MULTILAYER);
    EXPECT_EQ(find_image_format(""), nullptr);
    EXPECT_EQ(find_image_format("GIF"), nullptr);
    EXPECT_EQ(find_image_format(6), nullptr);
    EXPECT_EQ(find_image_format(-1), nullptr);
}

}  // namespace
}  // namespace atelier::pipelines::blender
