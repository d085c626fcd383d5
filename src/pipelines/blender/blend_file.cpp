#include "pipelines/blender/blend_file.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "pipelines/blender/blend_source.h"
#include "pipelines/blender/dna.h"

namespace atelier::pipelines::blender {

namespace fs = std::filesystem;

namespace {

constexpr std::uint32_t data_code = block_code("DATA");
constexpr std::uint32_t dna_code = block_code("DNA1");
constexpr std::uint32_t end_code = block_code("ENDB");
constexpr std::uint32_t global_code = block_code("GLOB");
constexpr std::uint32_t object_code = block_code("OB");
constexpr std::uint32_t linked_code = block_code("ID");  // stands for a data-block of another file
constexpr std::uint32_t scene_code = block_code("SC");

constexpr std::size_t most_scenes = 4096;
constexpr std::size_t most_view_layers = 4096;  // of a scene

constexpr std::int64_t layer_is_rendered = 1;          // ViewLayer.flag
constexpr std::int64_t layer_is_disabled = 1ll << 17;  // SceneRenderLayer.layflag

int clamp_to_int(std::int64_t number) {
    return static_cast<int>(
        std::clamp<std::int64_t>(number, std::numeric_limits<int>::min(), std::numeric_limits<int>::max()));
}

}  // namespace

// What BlendFile has open, and the walk over the blocks.
class BlendFile::Reader {
public:
    Reader(const fs::path& path, const ReadLimits& limits) : source_(path, limits) {
        read_header();
        read_blocks(limits);
    }

    const fs::path& path() const { return source_.path(); }
    const Header& header() const { return header_; }
    const Dna& dna() const { return *dna_; }
    const std::vector<Block>& blocks() const { return blocks_; }

    // The block whose head is at the offset. Throws when there is none, or it isn't all there.
    Block block_at(std::uint64_t offset) {
        std::array<char, longest_block_head> bytes;
        const std::size_t size = header_.block_head_size();
        if (source_.read(offset, bytes.data(), size) < size) refuse_damaged(path(), "it was cut short");
        const auto head = parse_block_head(header_, {bytes.data(), size});
        if (!head) refuse_damaged(path(), "the block at byte " + std::to_string(offset) + " has a wrong head");
        const Block block{*head, offset + size};
        if (head->length > std::numeric_limits<std::int64_t>::max() - block.content || !source_.may_reach(end(block)))
            refuse_damaged(path(), "the block at byte " + std::to_string(offset) + " is longer than the file");
        return block;
    }

    // The first one with the address.
    const Block* find(std::uint64_t address) {
        if (by_address_.empty()) {
            for (std::size_t i = 0; i < blocks_.size(); ++i)
                by_address_.emplace_back(blocks_[i].head.address, i);
            std::sort(by_address_.begin(), by_address_.end());
        }
        const auto found = std::lower_bound(by_address_.begin(), by_address_.end(), std::pair(address, std::size_t{0}));
        return found == by_address_.end() || found->first != address ? nullptr : &blocks_[found->second];
    }

    static std::uint64_t end(const Block& block) { return block.content + block.head.length; }

    std::string content(const Block& block, std::uint64_t skip, std::uint64_t size) {
        if (skip > block.head.length) return {};
        const std::uint64_t there = std::min(size, block.head.length - skip);
        std::string bytes = source_.read(block.content + skip, static_cast<std::size_t>(there));
        if (bytes.size() < there) refuse_damaged(path(), "it was cut short");
        return bytes;
    }

private:
    void read_header() {
        const std::string start = source_.read(0, longest_header);
        const auto header = parse_header(start);
        if (!header && start.starts_with("BLENDER"))
            throw Error(Error::Kind::invalid,
                        path().string() + " has a header of no known form: it is damaged, or of a newer Blender");
        if (!header) throw Error(Error::Kind::invalid, path().string() + " is no .blend file");
        header_ = *header;
        header_.compression = source_.compression();
    }

    void read_blocks(const ReadLimits& limits) {
        Block block = block_at(header_.size());
        for (; block.head.code != end_code; block = block_at(end(block))) {
            if (block.head.code == data_code) continue;
            if (block.head.code == dna_code) {
                read_dna(block, limits);
                continue;
            }
            if (blocks_.size() >= limits.most_blocks) refuse_damaged(path(), "it has more data-blocks than any scene");
            blocks_.push_back(block);
        }
        if (!dna_) refuse_damaged(path(), "it has no description of its structs");
    }

    void read_dna(const Block& block, const ReadLimits& limits) {
        if (dna_) refuse_damaged(path(), "it has two descriptions of its structs");
        if (block.head.length > limits.largest_dna)
            refuse_damaged(path(), "the description of its structs is too large");
        try {
            dna_ = std::make_unique<Dna>(header_, content(block, 0, block.head.length));
        } catch (const Error& error) {
            refuse_damaged(path(), error.what());
        }
    }

    BlendSource source_;
    Header header_;
    std::unique_ptr<Dna> dna_;
    std::vector<Block> blocks_;
    std::vector<std::pair<std::uint64_t, std::size_t>> by_address_;  // sorted, made when it is first asked for
};

namespace {

// A name of a data-block without its two letters.
std::optional<std::string> name_of(const std::optional<Record>& record) {
    auto name = record ? record->text("id.name") : std::nullopt;
    // A placeholder of a linked data-block is an ID itself.
    if (record && !name) name = record->text("name");
    if (!name || name->size() < 2) return std::nullopt;
    return name->substr(2);
}

void read_frames(const Record& record, Scene& scene) {
    scene.start = clamp_to_int(record.integer_or("r.sfra", scene.start));
    scene.end = clamp_to_int(record.integer_or("r.efra", scene.end));
    scene.step = std::max(1, clamp_to_int(record.integer_or("r.frame_step", 1)));
    scene.current_frame = clamp_to_int(record.integer_or("r.cfra", scene.start));
    scene.fps = clamp_to_int(record.integer_or("r.frs_sec", scene.fps));
    const double base = record.number("r.frs_sec_base").value_or(1);
    scene.fps_base = std::isfinite(base) && base > 0 ? base : 1;
}

void read_picture(const Record& record, Scene& scene) {
    scene.width = clamp_to_int(record.integer_or("r.xsch", 0));
    scene.height = clamp_to_int(record.integer_or("r.ysch", 0));
    scene.percentage = clamp_to_int(record.integer_or("r.size", 100));
    scene.engine = record.text("r.engine");
    scene.output = record.text("r.pic").value_or("");
    // Since 2.6 it stands with the other settings of the format; a char, so that 255 comes out as -1.
    const auto type = record.integer("r.im_format.imtype");
    scene.image_type = clamp_to_int(type ? *type & 0xFF : record.integer_or("r.imtype", 0));
    scene.image_depth = clamp_to_int(record.integer_or("r.im_format.depth", 0) & 0xFF);
    const ImageFormat* format = find_image_format(scene.image_type);
    if (format == nullptr) return;
    scene.image_format = std::string(format->name);
    if (format->can_be_rendered()) scene.image_argument = std::string(format->argument);
    scene.film = format->film;
}

void read_view_layers(BlendFile& file, const Block& block, Scene& scene) {
    const bool is_new = file.dna().has_field("Scene", "view_layers");
    const auto wanted = file.dna().find_struct(is_new ? "ViewLayer" : "SceneRenderLayer");
    if (!wanted) return;
    file.each_data(block, [&](const Block& data) {
        if (data.head.struct_index != *wanted) return true;
        const auto layer = file.record(data);
        if (!layer) return true;
        if (scene.view_layers.size() >= most_view_layers)
            refuse_damaged(file.path(), "a scene has more view layers than any");
        const bool render = is_new ? (layer->integer_or("flag", layer_is_rendered) & layer_is_rendered) != 0
                                   : (layer->integer_or("layflag", 0) & layer_is_disabled) == 0;
        scene.view_layers.push_back({layer->text("name").value_or(""), render});
        return true;
    });
}

std::optional<std::string> camera_name(BlendFile& file, std::uint64_t address) {
    const Block* block = file.find_block(address);
    if (block == nullptr || (block->head.code != object_code && block->head.code != linked_code)) return std::nullopt;
    return name_of(file.record(*block));
}

std::optional<Scene> read_scene(BlendFile& file, const Block& block) {
    const auto record = file.record(block);
    const auto name = name_of(record);
    if (!name || record->struct_name() != "Scene") return std::nullopt;
    Scene scene;
    scene.name = *name;
    read_frames(*record, scene);
    read_picture(*record, scene);
    scene.camera = camera_name(file, record->pointer("camera"));
    read_view_layers(file, block, scene);
    return scene;
}

}  // namespace

std::int64_t Scene::frame_count() const {
    const std::int64_t last = end;
    return last < start ? 0 : (last - start) / std::max(step, 1) + 1;
}

int Scene::rendered_width() const { return clamp_to_int(std::int64_t{width} * percentage / 100); }

int Scene::rendered_height() const { return clamp_to_int(std::int64_t{height} * percentage / 100); }

BlendFile::BlendFile(const fs::path& path, const ReadLimits& limits)
    : reader_(std::make_unique<Reader>(path, limits)) {}
BlendFile::~BlendFile() = default;
BlendFile::BlendFile(BlendFile&&) noexcept = default;
BlendFile& BlendFile::operator=(BlendFile&&) noexcept = default;

Scene BlendFile::get_current_scene(const fs::path& path) {
    BlendFile file(path);
    if (auto scene = file.current_scene()) return *std::move(scene);
    throw Error(Error::Kind::not_found, path.string() + " has no scene", "it is a library of parts: nothing to render");
}

const fs::path& BlendFile::path() const { return reader_->path(); }

const Header& BlendFile::header() const { return reader_->header(); }

const Dna& BlendFile::dna() const { return reader_->dna(); }

const std::vector<Block>& BlendFile::blocks() const { return reader_->blocks(); }

std::vector<Scene> BlendFile::scenes() {
    std::vector<Scene> scenes;
    for (const Block& block : blocks()) {
        if (block.head.code != scene_code) continue;
        if (scenes.size() >= most_scenes) refuse_damaged(path(), "it has more scenes than any");
        if (auto scene = read_scene(*this, block)) scenes.push_back(*std::move(scene));
    }
    return scenes;
}

std::optional<Scene> BlendFile::current_scene() {
    std::uint64_t current = 0;
    for (const Block& block : blocks())
        if (block.head.code == global_code)
            if (const auto global = record(block)) current = global->pointer("curscene");
    // Blender takes the first one when what is named isn't there.
    const Block* chosen = nullptr;
    for (const Block& block : blocks()) {
        if (block.head.code != scene_code) continue;
        if (chosen == nullptr || block.head.address == current) chosen = &block;
        if (block.head.address == current) break;
    }
    return chosen != nullptr ? read_scene(*this, *chosen) : std::nullopt;
}

const Block* BlendFile::find_block(std::uint64_t address) { return address == 0 ? nullptr : reader_->find(address); }

std::optional<Record> BlendFile::record(const Block& block, std::uint64_t index) {
    const std::uint64_t size = dna().struct_size(block.head.struct_index);
    if (size == 0 || index >= block.head.length / size) return std::nullopt;
    return Record(dna(), block.head.struct_index, reader_->content(block, index * size, size));
}

std::string BlendFile::content(const Block& block, std::size_t limit) { return reader_->content(block, 0, limit); }

void BlendFile::each_data(const Block& owner, const std::function<bool(const Block&)>& each) {
    for (Block block = reader_->block_at(Reader::end(owner)); block.head.code == data_code;
         block = reader_->block_at(Reader::end(block)))
        if (!each(block)) return;
}

}  // namespace atelier::pipelines::blender
