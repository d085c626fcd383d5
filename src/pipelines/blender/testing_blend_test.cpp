// What testing_blend.h says: the maker of .blend files, and Blender itself.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <stdexcept>

#include "base/files.h"
#include "base/text.h"
#include "pipelines/blender/testing_blend.h"

namespace atelier::pipelines::blender::testing_support {

namespace {

const std::vector<std::pair<std::string, std::uint64_t>> scalars = {{"char", 1},   {"uchar", 1},   {"short", 2},
                                                                    {"ushort", 2}, {"int", 4},     {"float", 4},
                                                                    {"double", 8}, {"int64_t", 8}, {"void", 0}};

std::string bare(std::string name) {
    name.erase(0, name.find_first_not_of("(*"));
    return name.substr(0, name.find_first_of("[)"));
}

void pad(std::string& bytes) { bytes.resize((bytes.size() + 3) & ~std::size_t{3}, '\0'); }

std::size_t place(std::vector<std::string>& names, const std::string& name) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
    names.push_back(name);
    return names.size() - 1;
}

}  // namespace

std::string BlendMaker::number(std::uint64_t value, std::size_t size) const {
    std::string bytes;
    for (std::size_t i = 0; i < size; ++i) {
        const std::size_t shift = 8 * (generation_.order == ByteOrder::big ? size - 1 - i : i);
        bytes += static_cast<char>(value >> shift & 0xFF);
    }
    return bytes;
}

const BlendMaker::Struct* BlendMaker::find(const std::string& name) const {
    for (const Struct& item : structs_)
        if (item.name == name) return &item;
    return nullptr;
}

std::uint64_t BlendMaker::size_of(const std::string& type) const {
    for (const auto& [name, size] : scalars)
        if (name == type) return size;
    const Struct* found = find(type);
    return found != nullptr ? found->size : 0;
}

BlendMaker& BlendMaker::define(const std::string& name, const std::string& fields) {
    Struct item{name, {}, 0};
    for (const std::string_view part : split(fields, ';')) {
        const std::string text(trim(part));
        if (text.empty()) continue;
        const std::size_t space = text.find(' ');
        Field field{text.substr(0, space), text.substr(space + 1)};
        const bool is_pointer = field.name.starts_with('*') || field.name.starts_with('(');
        field.element = is_pointer ? static_cast<std::uint64_t>(generation_.pointer_size) : size_of(field.type);
        for (std::size_t open = field.name.find('['); open != std::string::npos; open = field.name.find('[', open + 1))
            field.count *= std::stoull(field.name.substr(open + 1));
        field.offset = item.size;
        item.size += field.element * field.count;
        item.fields.push_back(field);
    }
    structs_.push_back(item);
    return *this;
}

void BlendMaker::set(std::string& bytes, std::uint64_t at, const Struct& of, std::string_view path,
                     const std::string& value) const {
    const std::size_t dot = path.find('.');
    const std::string step(path.substr(0, dot));
    for (const Field& field : of.fields) {
        if (bare(field.name) != step) continue;
        const auto offset = static_cast<std::size_t>(at + field.offset);
        if (dot != std::string_view::npos) return set(bytes, offset, *find(field.type), path.substr(dot + 1), value);
        if (field.type == "char" && field.count > 1 && !field.name.starts_with('*')) {
            bytes.replace(offset, std::min<std::size_t>(value.size(), field.count), value.substr(0, field.count));
        } else {
            const auto size = static_cast<std::size_t>(field.element);
            const std::uint64_t bits = field.type == "float" && !field.name.starts_with('*')
                                           ? std::bit_cast<std::uint32_t>(std::stof(value))
                                           : static_cast<std::uint64_t>(std::stoll(value));
            bytes.replace(offset, size, number(bits, size));
        }
        return;
    }
    throw std::logic_error(of.name + " has no " + std::string(path));
}

std::string BlendMaker::head(std::string_view code, std::uint64_t address, std::size_t index, std::uint64_t count,
                             std::uint64_t length) const {
    std::string letters(code);
    letters.resize(4, '\0');
    // A big-endian Blender wrote its two letters as a number.
    if (generation_.order == ByteOrder::big && code.size() == 2) letters = std::string(2, '\0') + std::string(code);
    const auto pointer_size = static_cast<std::size_t>(generation_.pointer_size);
    if (generation_.large_blocks)
        return letters + number(index, 4) + number(address, 8) + number(length, 8) + number(count, 8);
    return letters + number(length, 4) + number(address, pointer_size) + number(index, 4) + number(count, 4);
}

void BlendMaker::add_block(std::string_view code, std::uint64_t address, std::size_t index, std::uint64_t count,
                           std::string_view content) {
    blocks_ += head(code, address, index, count, content.size());
    blocks_ += content;
}

BlendMaker& BlendMaker::add(std::string_view code, std::uint64_t address, const std::string& name,
                            const std::vector<Values>& items) {
    const Struct& of = *find(name);
    std::string content(static_cast<std::size_t>(of.size) * items.size(), '\0');
    for (std::size_t i = 0; i < items.size(); ++i)
        for (const auto& [path, value] : items[i])
            set(content, i * of.size, of, path, value);
    add_block(code, address, static_cast<std::size_t>(&of - structs_.data()), items.size(), content);
    return *this;
}

BlendMaker& BlendMaker::add_raw(std::string_view code, std::uint64_t address, std::string_view bytes) {
    add_block(code, address, 0, 1, bytes);
    return *this;
}

std::string BlendMaker::dna() const {
    std::vector<std::string> types;
    std::vector<std::string> names;
    for (const auto& [name, size] : scalars)
        types.push_back(name);
    std::string list;
    for (const Struct& item : structs_) {
        list += number(place(types, item.name), 2) + number(item.fields.size(), 2);
        for (const Field& field : item.fields)
            list += number(place(types, field.type), 2) + number(place(names, field.name), 2);
    }
    std::string bytes = "SDNANAME" + number(names.size(), 4);
    for (const auto& name : names)
        bytes += name + '\0';
    pad(bytes);
    bytes += "TYPE" + number(types.size(), 4);
    for (const auto& type : types)
        bytes += type + '\0';
    pad(bytes);
    bytes += "TLEN";
    for (const auto& type : types)
        bytes += number(size_of(type), 2);
    pad(bytes);
    return bytes + "STRC" + number(structs_.size(), 4) + list;
}

std::string BlendMaker::bytes() const {
    const std::string version = std::to_string(generation_.version);
    const std::string start = generation_.large_blocks
                                  ? "BLENDER17-01v" + std::string(4 - version.size(), '0') + version
                                  : std::string("BLENDER") + (generation_.pointer_size == 8 ? '-' : '_') +
                                        (generation_.order == ByteOrder::big ? 'V' : 'v') + version;
    const std::string structs = dna();
    return start + blocks_ + head("DNA1", 0, 0, 1, structs.size()) + structs + head("ENDB", 0, 0, 0, 0);
}

BlendMaker BlendMaker::with_scene(Generation generation) {
    BlendMaker maker(generation);
    maker.define("Link", "void *next; void *prev")
        .define("ListBase", "void *first; void *last")
        .define("ID", "void *next; char name[66]; short us; int flag")
        .define("ImageFormatData", "char imtype; char depth; char _pad[2]")
        .define("RenderData",
                "ImageFormatData im_format; int cfra; int sfra; int efra; int frame_step; short size; short frs_sec; "
                "float frs_sec_base; int xsch; int ysch; char pic[64]; char engine[32]")
        .define("ViewLayer", "ViewLayer *next; char name[64]; short flag; short _pad[3]")
        .define("Scene", "ID id; void *camera; RenderData r; ListBase view_layers")
        .define("FileGlobal", "char subvstr[4]; int _pad; void *curscene");
    return maker;
}

std::string run_blender(const std::filesystem::path& folder, const std::string& python, const std::string& options) {
    write_file_durably(folder / "program.py", python);
    const auto answer = folder / "answer.txt";
    const std::string command = "cd " + shell_quote(folder.string()) +
                                " && timeout 300 blender -b --factory-startup --python-exit-code 3 " + options +
                                " --python program.py > answer.txt 2>&1";
    const int status = std::system(command.c_str());
    const std::string text = read_file(answer);
    EXPECT_EQ(status, 0) << text;
    return text;
}

}  // namespace atelier::pipelines::blender::testing_support
