// A .blend, read without Blender: its header, its scenes with their render settings, and any struct of any block by the
// file's own description of its structs. Reads what it needs, not the file: the bodies of blocks are skipped. Not for
// several threads at once.
#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pipelines/blender/blend_header.h"
#include "pipelines/blender/image_formats.h"

namespace atelier::pipelines::blender {

class Dna;
class Record;

struct ViewLayer {
    std::string name;
    bool render = true;
};

// A scene with its render settings. Names and paths are as they stand in the file, which need not be UTF-8.
struct Scene {
    std::string name;
    int start = 1;
    int end = 1;
    int step = 1;
    int current_frame = 1;
    int width = 0;  // before the percentage
    int height = 0;
    int percentage = 100;
    int fps = 25;
    double fps_base = 1;                      // frames per second are fps / fps_base
    std::optional<std::string> engine;        // "CYCLES"; none before Blender 2.5
    std::string output;                       // as written, "//" is the file's folder
    int image_type = 0;                       // the number in the file
    int image_depth = 0;                      // Blender's flag for the bits of a channel: 2 for 8, 16 for 16
    std::optional<std::string> image_format;  // its name in RenderOutputType; none: a number of no format that is known
    std::optional<std::string> image_argument;  // what `-F` takes for it; none: Blender no longer writes it
    bool film = false;                          // one file for all frames
    std::optional<std::string> camera;          // the object's name; none: it can't be rendered
    std::vector<ViewLayer> view_layers;

    std::int64_t frame_count() const;
    int rendered_width() const;  // after the percentage
    int rendered_height() const;
    double frames_per_second() const { return fps / fps_base; }
};

// Of more than this no honest file has. A test has smaller ones.
struct ReadLimits {
    std::uint64_t free_content = 1ull << 30;  // of a compressed file: so much content in any case,
    std::uint64_t content_per_byte = 64;      // and so much for each byte of the file
    std::uint64_t largest_dna = 4ull << 20;
    std::size_t most_blocks = 4u << 20;  // those that are kept: all but plain DATA
};

// A block that is no plain DATA: a data-block of Blender's (scene, object, image …), or one of the file's own.
struct Block {
    BlockHead head;
    std::uint64_t content = 0;  // where it begins in the (uncompressed) file
};

class BlendFile {
public:
    // Reads the header, the heads of all blocks and the structs' description. Throws Error::invalid for what is no
    // .blend or is damaged, Error::not_found when there is none.
    explicit BlendFile(const std::filesystem::path& path, const ReadLimits& limits = {});
    ~BlendFile();
    BlendFile(BlendFile&&) noexcept;
    BlendFile& operator=(BlendFile&&) noexcept;

    // The scene that Blender would render. Throws Error::not_found when the file has none (a library of parts).
    static Scene get_current_scene(const std::filesystem::path& path);

    const std::filesystem::path& path() const;
    const Header& header() const;
    const Dna& dna() const;
    std::vector<Scene> scenes();
    std::optional<Scene> current_scene();

    // For whoever reads more than scenes (dependencies.cpp). Blocks that are no DATA, in the file's order.
    const std::vector<Block>& blocks() const;
    const Block* find_block(std::uint64_t address);
    // One of a block's structs; none when its struct is unknown or the content too short.
    std::optional<Record> record(const Block& block, std::uint64_t index = 0);
    std::string content(const Block& block, std::size_t limit);  // so much of it at most
    // Calls `each` for the DATA blocks that belong to a block, in the file's order, until it returns false.
    void each_data(const Block& owner, const std::function<bool(const Block&)>& each);

private:
    class Reader;
    std::unique_ptr<Reader> reader_;
};

BOOST_DESCRIBE_STRUCT(ViewLayer, (), (name, render))
BOOST_DESCRIBE_STRUCT(Scene, (),
                      (name, start, end, step, current_frame, width, height, percentage, fps, fps_base, engine, output,
                       image_type, image_depth, image_format, image_argument, film, camera, view_layers))

}  // namespace atelier::pipelines::blender
