#include "pipelines/blender/named_files.h"

#include <optional>
#include <set>
#include <span>
#include <unordered_map>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "pipelines/blender/dna.h"

namespace atelier::pipelines::blender {

namespace {

constexpr std::uint32_t raw_struct = 0;          // what plain bytes are written as
constexpr std::size_t most_followed = 1u << 20;  // parts of one data-block
constexpr std::size_t longest_path = 1024;       // Blender's own bound

// Numbers that stand in files; their names are Blender's.
constexpr std::int64_t IMA_SRC_SEQUENCE = 2;
constexpr std::int64_t IMA_SRC_GENERATED = 4;
constexpr std::int64_t IMA_SRC_VIEWER = 5;
constexpr std::int64_t IMA_SRC_TILED = 6;
constexpr std::int64_t MCLIP_SRC_SEQUENCE = 1;
constexpr std::int64_t TXT_ISMEM = 1 << 2;
constexpr std::int64_t NODE_EXTERNAL = 1;
constexpr std::int64_t SEQ_TYPE_IMAGE = 0;
constexpr std::int64_t SEQ_TYPE_MOVIE = 3;
constexpr std::int64_t SEQ_TYPE_SOUND_RAM = 4;
constexpr std::int64_t SEQ_TYPE_SOUND_HD = 5;
constexpr std::int64_t PTCACHE_BAKED = 1 << 0;
constexpr std::int64_t PTCACHE_DISK_CACHE = 1 << 6;
constexpr std::int64_t PTCACHE_EXTERNAL = 1 << 9;
constexpr std::int64_t MODIFIER_RENDER = 1 << 1;
constexpr std::int64_t FLUID_DOMAIN_BAKED_ALL = 1 << 1 | 1 << 3 | 1 << 5 | 1 << 7 | 1 << 9;
constexpr std::int64_t OB_FLUIDSIM_DOMAIN = 2;
constexpr std::int64_t VOXEL_IMAGE_SEQUENCE = 3;  // it and what comes after name no file of their own

// A data-block with the DATA that belongs to it.
class Owner {
public:
    Owner(BlendFile& file, const Block& block, const std::function<void(NamedFile)>& each)
        : file_(file), block_(block), each_(each) {}

    BlendFile& file() { return file_; }
    const Block& block() const { return block_; }

    // With its two letters.
    const std::string& name() {
        if (!name_) {
            const auto record = file_.record(block_);
            name_ = record ? record->text("id.name").value_or("") : "";
        }
        return *name_;
    }

    // Of the structs that pointers are followed to.
    std::optional<Block> data(std::uint64_t address) {
        if (address == 0) return std::nullopt;
        if (!by_address_) list_data();
        const auto found = by_address_->find(address);
        return found == by_address_->end() ? std::nullopt : std::optional(found->second);
    }

    // Nothing in a file is reached twice this way, unless it goes in circles.
    bool is_new(std::uint64_t address) { return seen_.insert(address).second; }

    // What a pointer of a record leads to.
    std::optional<Record> follow(const Record& record, std::string_view pointer) {
        const auto found = data(record.pointer(pointer));
        return found ? file_.record(*found) : std::nullopt;
    }

    std::string follow_text(const Record& record, std::string_view pointer) {
        const auto found = data(record.pointer(pointer));
        const std::string whole = found ? file_.content(*found, longest_path) : "";
        return whole.substr(0, whole.find('\0'));
    }

    // Leaves out what names nothing.
    void tell(NamedFile named) {
        if (named.asset.empty()) return;
        if (named.block.empty()) named.block = name();
        each_(std::move(named));
    }

private:
    void list_data() {
        const Dna& dna = file_.dna();
        std::set<std::uint32_t> wanted = {raw_struct};
        for (const char* name : {"bNodeSocket", "bNodeSocketValueString", "Strip", "StripElem"})
            if (const auto index = dna.find_struct(name)) wanted.insert(*index);
        by_address_.emplace();
        file_.each_data(block_, [&](const Block& data) {
            if (!wanted.count(data.head.struct_index) || data.head.length == 0) return true;
            if (by_address_->size() >= most_followed)
                throw Error(Error::Kind::invalid, file_.path().string() + " is damaged: " + printable(name()) +
                                                      " has more parts than any scene");
            by_address_->emplace(data.head.address, data);
            return true;
        });
    }

    BlendFile& file_;
    const Block& block_;
    const std::function<void(NamedFile)>& each_;
    std::optional<std::string> name_;
    std::optional<std::unordered_map<std::uint64_t, Block>> by_address_;
    std::set<std::uint64_t> seen_;
};

// The field was called "name" before it was called "filepath", and files keep the old name. Where a library has both,
// "filepath" is what the path was resolved to on another machine.
std::string path_of(const Record& record) {
    for (const char* field : {"name", "filepath", "filename"})
        if (auto path = record.text(field)) return *std::move(path);
    return {};
}

bool is_packed(const Record& record) {
    return record.pointer("packedfile") != 0 || record.pointer("newpackedfile") != 0 ||
           record.pointer("packedfiles.first") != 0;
}

void tell_file(Owner& owner, const Record& record, DependencyKind kind, Shape shape = Shape::file) {
    if (!is_packed(record)) owner.tell({.kind = kind, .asset = path_of(record), .shape = shape});
}

std::vector<std::string> tile_numbers(Owner& owner) {
    std::vector<std::string> numbers;
    const auto tile_struct = owner.file().dna().find_struct("ImageTile");
    if (!tile_struct) return numbers;
    owner.file().each_data(owner.block(), [&](const Block& data) {
        if (data.head.struct_index != *tile_struct) return true;
        const auto tile = owner.file().record(data);
        const auto number = tile ? tile->integer("tile_number") : std::nullopt;
        if (number) numbers.push_back(std::to_string(*number));
        return true;
    });
    return numbers;
}

void image(Owner& owner, const Record& record) {
    const std::int64_t source = record.integer_or("source", 1);
    if (source == IMA_SRC_GENERATED || source == IMA_SRC_VIEWER || is_packed(record)) return;
    NamedFile named{.kind = DependencyKind::image, .asset = path_of(record)};
    if (source == IMA_SRC_SEQUENCE) named.shape = Shape::numbered;
    if (source == IMA_SRC_TILED) {
        named.shape = Shape::tiles;
        named.parts = tile_numbers(owner);
    }
    owner.tell(std::move(named));
}

void movie_clip(Owner& owner, const Record& record) {
    const bool is_sequence = record.integer_or("source", 0) == MCLIP_SRC_SEQUENCE;
    tell_file(owner, record, DependencyKind::movie_clip, is_sequence ? Shape::numbered : Shape::file);
}

void sound(Owner& owner, const Record& record) { tell_file(owner, record, DependencyKind::sound); }

void font(Owner& owner, const Record& record) {
    if (path_of(record) != "<builtin>") tell_file(owner, record, DependencyKind::font);
}

void library(Owner& owner, const Record& record) {
    // A library within the file, of linked data-blocks that were packed.
    if (record.pointer("archive_parent_library") != 0) return;
    tell_file(owner, record, DependencyKind::library);
}

void cache_file(Owner& owner, const Record& record) {
    const bool is_sequence = record.integer_or("is_sequence", 0) != 0;
    tell_file(owner, record, DependencyKind::geometry_cache, is_sequence ? Shape::numbered : Shape::file);
}

void cache_file_layer(Owner& owner, const Record& record) { tell_file(owner, record, DependencyKind::geometry_cache); }

void volume(Owner& owner, const Record& record) {
    const bool is_sequence = record.integer_or("is_sequence", 0) != 0;
    tell_file(owner, record, DependencyKind::volume, is_sequence ? Shape::numbered : Shape::file);
}

void voxel_data(Owner& owner, const Record& record) {
    if (record.integer_or("file_format", 0) >= VOXEL_IMAGE_SEQUENCE) return;
    owner.tell({.kind = DependencyKind::volume, .asset = record.text("source_path").value_or("")});
}

void text(Owner& owner, const Record& record) {
    if ((record.integer_or("flags", 0) & TXT_ISMEM) != 0) return;
    owner.tell({.kind = DependencyKind::text, .asset = owner.follow_text(record, "name"), .optional = true});
}

void camera(Owner& owner, const Record& record) {
    if (record.integer_or("custom_mode", 0) != NODE_EXTERNAL) return;
    owner.tell({.kind = DependencyKind::script, .asset = record.text("custom_filepath").value_or("")});
}

void shader_script(Owner& owner, const Record& record) {
    if (record.integer_or("mode", 0) == NODE_EXTERNAL) tell_file(owner, record, DependencyKind::script);
}

void light_shape(Owner& owner, const Record& record) {
    if (record.integer_or("mode", 0) == NODE_EXTERNAL) tell_file(owner, record, DependencyKind::light_shape);
}

void displacement(Owner& owner, const Record& record) { tell_file(owner, record, DependencyKind::displacement); }

bool is_rendered(const Record& modifier) {
    return (modifier.integer_or("modifier.mode", MODIFIER_RENDER) & MODIFIER_RENDER) != 0;
}

void mesh_cache(Owner& owner, const Record& record) {
    if (is_rendered(record)) tell_file(owner, record, DependencyKind::mesh_cache);
}

void ocean(Owner& owner, const Record& record) {
    if (!is_rendered(record) || record.integer_or("cached", 0) == 0) return;
    owner.tell({.kind = DependencyKind::simulation_cache,
                .asset = record.text("cachepath").value_or(""),
                .shape = Shape::folder});
}

void tell_bake(Owner& owner, std::string folder) {
    owner.tell({.kind = DependencyKind::simulation_cache,
                .asset = std::move(folder),
                .shape = Shape::folder,
                .optional = true});  // the folder's name stays when a bake is taken back
}

void nodes_modifier(Owner& owner, const Record& record) {
    if (!is_rendered(record)) return;
    tell_bake(owner, owner.follow_text(record, "simulation_bake_directory"));
    tell_bake(owner, owner.follow_text(record, "bake_directory"));
}

void nodes_bake(Owner& owner, const Record& record) {
    if (record.pointer("packed") == 0) tell_bake(owner, owner.follow_text(record, "directory"));
}

// Blender names the files after the cache, or in hexadecimal after the object.
std::string cache_prefix(const std::string& cache_name, const std::string& block_name) {
    if (!cache_name.empty() || block_name.size() < 2) return cache_name;
    static constexpr std::string_view digits = "0123456789ABCDEF";
    std::string prefix;
    for (const char letter : block_name.substr(2)) {
        prefix += digits[static_cast<unsigned char>(letter) >> 4];
        prefix += digits[static_cast<unsigned char>(letter) & 15];
    }
    return prefix;
}

std::string in_folder(std::string folder, const std::string& name) {
    if (!folder.empty() && folder.back() != '/' && folder.back() != '\\') folder += '/';
    return folder + name;
}

void point_cache(Owner& owner, const Record& record) {
    const std::int64_t flags = record.integer_or("flag", 0);
    const bool is_external = (flags & PTCACHE_EXTERNAL) != 0;
    if (!is_external && (flags & PTCACHE_DISK_CACHE) == 0) return;
    const std::string name = record.text("name").value_or("");
    const std::string prefix = is_external ? name : cache_prefix(name, owner.name());
    const std::string folder =
        is_external ? record.text("path").value_or("") : "//blendcache_" + owner.file().path().stem().string();
    if (prefix.empty() || folder.empty()) return;
    NamedFile named{.kind = DependencyKind::point_cache,
                    .asset = in_folder(folder, prefix),
                    .shape = Shape::cache,
                    .only_if_there = !is_external && (flags & PTCACHE_BAKED) == 0};
    const std::int64_t index = record.integer_or("index", -1);
    const std::string number = index < 0 ? "" : (index < 10 ? "_0" : "_") + std::to_string(index);
    named.parts = {number + ".bphys", number + ".vdb"};
    owner.tell(std::move(named));
}

void fluid_domain(Owner& owner, const Record& record) {
    const bool is_baked = (record.integer_or("cache_flag", 0) & FLUID_DOMAIN_BAKED_ALL) != 0;
    owner.tell({.kind = DependencyKind::fluid_cache,
                .asset = record.text("cache_directory").value_or(""),
                .shape = Shape::folder,
                .only_if_there = !is_baked});
}

// The fluids of before 2.82.
void fluidsim(Owner& owner, const Record& record) {
    if (record.integer_or("type", 0) != OB_FLUIDSIM_DOMAIN) return;
    owner.tell({.kind = DependencyKind::fluid_cache,
                .asset = record.text("surfdataPath").value_or(""),
                .shape = Shape::folder,
                .only_if_there = true});
}

// A node that loads a file: its path is the value of a socket.
void node(Owner& owner, const Record& record) {
    if (!record.text("idname").value_or("").starts_with("GeometryNodeImport")) return;
    std::uint64_t address = record.pointer("inputs.first");
    while (owner.is_new(address)) {
        const auto found = owner.data(address);
        const auto socket = found ? owner.file().record(*found) : std::nullopt;
        if (!socket) return;
        const auto value = owner.follow(*socket, "default_value");
        if (value && value->struct_name() == "bNodeSocketValueString")
            owner.tell({.kind = DependencyKind::import, .asset = value->text("value").value_or("")});
        address = socket->pointer("next");
    }
}

// The names of a strip's files, in order: all frames of pictures, the one of a film or a sound.
std::vector<std::string> strip_names(Owner& owner, const Record& strip) {
    std::vector<std::string> names;
    const auto elements = owner.data(strip.pointer("stripdata"));
    if (!elements || !owner.is_new(elements->head.address)) return names;
    const std::uint64_t size = owner.file().dna().struct_size(elements->head.struct_index);
    for (std::uint64_t i = 0; size > 0 && i < elements->head.length / size; ++i) {
        const auto element = owner.file().record(*elements, i);
        const auto name = element ? element->text("name") : std::nullopt;
        if (name && !name->empty()) names.push_back(*name);
    }
    return names;
}

void strip(Owner& owner, const Record& record) {
    const std::int64_t type = record.integer_or("type", -1);
    const bool is_sound = type == SEQ_TYPE_SOUND_RAM || type == SEQ_TYPE_SOUND_HD;
    if (type != SEQ_TYPE_IMAGE && type != SEQ_TYPE_MOVIE && !is_sound) return;
    if (is_sound && record.pointer("sound") != 0) return;  // the sound is a data-block of its own
    const auto content = owner.follow(record, "strip");
    if (!content) return;
    std::vector<std::string> names = strip_names(owner, *content);
    if (names.empty()) return;
    NamedFile named{.block = record.text("name").value_or(""),
                    .kind = DependencyKind::strip,
                    .asset = in_folder(content->text("dir").value_or(""), names.front())};
    if (named.block.empty()) named.block = owner.name();
    if (type == SEQ_TYPE_IMAGE && names.size() > 1) {
        named.shape = Shape::listed;
        named.parts = std::move(names);
    }
    owner.tell(std::move(named));
}

using Teller = void (*)(Owner&, const Record&);

struct TellerOf {
    std::string_view name;
    Teller tell;
};

// Data-blocks.
constexpr TellerOf block_tellers[] = {
    {"Image", image},          {"MovieClip", movie_clip}, {"bSound", sound}, {"VFont", font},    {"Library", library},
    {"CacheFile", cache_file}, {"Volume", volume},        {"Text", text},    {"Camera", camera},
};

// What belongs to one.
constexpr TellerOf data_tellers[] = {
    {"CacheFileLayer", cache_file_layer},
    {"VoxelData", voxel_data},
    {"NodeShaderScript", shader_script},
    {"NodeShaderTexIES", light_shape},
    {"CustomDataExternal", displacement},
    {"MeshCacheModifierData", mesh_cache},
    {"OceanModifierData", ocean},
    {"NodesModifierData", nodes_modifier},
    {"NodesModifierBake", nodes_bake},
    {"PointCache", point_cache},
    {"FluidDomainSettings", fluid_domain},
    {"FluidsimSettings", fluidsim},
    {"bNode", node},
    {"Sequence", strip},
};

// By the number that a struct has in this file.
class Tellers {
public:
    Tellers(const Dna& dna, std::span<const TellerOf> table) : by_struct_(dna.struct_count(), nullptr) {
        for (const TellerOf& row : table)
            if (const auto index = dna.find_struct(row.name)) by_struct_[*index] = row.tell;
    }

    Teller of(const Block& block) const {
        const std::uint32_t index = block.head.struct_index;
        return index < by_struct_.size() ? by_struct_[index] : nullptr;
    }

private:
    std::vector<Teller> by_struct_;
};

}  // namespace

void each_named_file(BlendFile& file, const std::function<void(NamedFile)>& each) {
    const Tellers of_blocks(file.dna(), block_tellers);
    const Tellers of_data(file.dna(), data_tellers);
    for (const Block& block : file.blocks()) {
        Owner owner(file, block, each);
        if (const Teller tell = of_blocks.of(block))
            if (const auto record = file.record(block)) tell(owner, *record);
        file.each_data(block, [&](const Block& data) {
            const Teller tell = of_data.of(data);
            if (tell == nullptr) return true;
            for (std::uint64_t i = 0; const auto record = file.record(data, i); ++i)
                tell(owner, *record);
            return true;
        });
    }
}

}  // namespace atelier::pipelines::blender
