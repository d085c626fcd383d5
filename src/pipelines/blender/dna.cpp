#include "pipelines/blender/dna.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "base/error.h"
#include "base/text.h"
#include "pipelines/blender/bytes.h"

namespace atelier::pipelines::blender {

namespace {

constexpr std::uint64_t largest_offset = 1ull << 32;  // no struct is as large
constexpr std::uint32_t most_names = 1u << 16;        // of fields, of types: they are numbered by 16 bits
constexpr std::size_t field_size = 4;                 // two numbers of 16 bits: type, name

[[noreturn]] void refuse(const std::string& why) {
    throw Error(Error::Kind::invalid, "the description of its structs is damaged: " + why);
}

// The product of the numbers in brackets, "[3][2]" is 6.
std::uint64_t count_of(std::string_view name) {
    std::uint64_t count = 1;
    for (std::size_t open = name.find('['); open != std::string_view::npos; open = name.find('[', open + 1)) {
        const std::size_t close = name.find(']', open);
        const auto size =
            close == std::string_view::npos ? std::nullopt : parse_int(name.substr(open + 1, close - open - 1));
        if (!size || *size < 0 || *size > std::numeric_limits<std::int32_t>::max())
            refuse("a field is called " + printable(name));
        count *= static_cast<std::uint64_t>(*size);
        if (count >= largest_offset) refuse("a field is too large");
    }
    return count;
}

// "*next" → "next", "(*free_edit)()" → "free_edit", "mat[4][4]" → "mat"
std::string_view bare(std::string_view name) {
    name.remove_prefix(std::min(name.find_first_not_of("(*"), name.size()));
    return name.substr(0, name.find_first_of("[)"));
}

struct Step {
    std::string_view name;
    std::uint64_t index = 0;
};

// One step of a path: "point_cache[1]".
Step parse_step(std::string_view text) {
    const std::size_t open = text.find('[');
    if (open == std::string_view::npos) return {text, 0};
    const auto index = parse_int(text.substr(open + 1, text.size() - open - 2));
    return {text.substr(0, open), index && *index >= 0 ? static_cast<std::uint64_t>(*index) : largest_offset};
}

}  // namespace

// Reads the four lists one after another: names, types, sizes of types, structs.
class Dna::Parser {
public:
    explicit Parser(Dna& dna) : dna_(dna), bytes_(dna.content_.data(), dna.content_.size()) {}

    void run() {
        expect("SDNA");
        expect("NAME");
        for (const std::string_view name : read_names())
            dna_.names_.push_back({bare(name), name.starts_with('*') || name.starts_with('('), count_of(name)});
        expect("TYPE");
        dna_.types_ = read_names();
        expect("TLEN");
        for (std::size_t i = 0; i < dna_.types_.size(); ++i)
            dna_.sizes_.push_back(number(2));
        expect("STRC");
        read_structs();
    }

private:
    void expect(std::string_view mark) {
        at_ = (at_ + 3) & ~std::size_t{3};
        if (at_ > bytes_.size() || bytes_.substr(at_, mark.size()) != mark) refuse("it has no " + std::string(mark));
        at_ += mark.size();
    }

    std::uint32_t number(std::size_t size) {
        if (bytes_.size() - at_ < size) refuse("it was cut short");
        const auto value = unsigned_at(bytes_, at_, size, dna_.header_.endianness);
        at_ += size;
        return static_cast<std::uint32_t>(value);
    }

    std::vector<std::string_view> read_names() {
        const std::uint32_t count = number(4);
        if (count > most_names) refuse("it has too many names");
        std::vector<std::string_view> names;
        names.reserve(count);
        for (std::uint32_t i = 0; i < count; ++i) {
            const std::size_t end = bytes_.find('\0', at_);
            if (end == std::string_view::npos) refuse("it was cut short");
            names.push_back(bytes_.substr(at_, end - at_));
            at_ = end + 1;
        }
        return names;
    }

    void read_structs() {
        const std::uint32_t count = number(4);
        if (count > (bytes_.size() - at_) / field_size) refuse("it was cut short");
        dna_.structs_.reserve(count);
        for (std::uint32_t i = 0; i < count; ++i) {
            Struct item;
            item.type = number(2);
            item.field_count = number(2);
            item.fields = static_cast<std::uint32_t>(at_);
            if (item.type >= dna_.types_.size()) refuse("a struct has no type");
            if (item.field_count > (bytes_.size() - at_) / field_size) refuse("it was cut short");
            check_fields(item);
            dna_.struct_by_name_.emplace(dna_.types_[item.type], i);
            dna_.structs_.push_back(item);
        }
    }

    void check_fields(const Struct& item) {
        std::uint64_t size = 0;
        for (std::uint32_t i = 0; i < item.field_count; ++i) {
            const std::size_t place = at_;
            if (number(2) >= dna_.types_.size() || number(2) >= dna_.names_.size())
                refuse("a field has no type or no name");
            const Field field = dna_.field_at(place);
            size += field.element * field.count;
            if (size > largest_offset) refuse("a struct is too large");
        }
    }

    Dna& dna_;
    std::string_view bytes_;
    std::size_t at_ = 0;
};

Dna::Dna(const Header& header, std::string content) : header_(header), content_(content.begin(), content.end()) {
    Parser(*this).run();
}

std::optional<std::uint32_t> Dna::find_struct(std::string_view name) const {
    const auto found = struct_by_name_.find(name);
    return found == struct_by_name_.end() ? std::nullopt : std::optional(found->second);
}

std::string_view Dna::struct_name(std::uint32_t index) const {
    return index < structs_.size() ? types_[structs_[index].type] : std::string_view();
}

std::uint64_t Dna::struct_size(std::uint32_t index) const {
    return index < structs_.size() ? sizes_[structs_[index].type] : 0;
}

Field Dna::field_at(std::size_t place) const {
    const std::string_view bytes(content_.data(), content_.size());
    const std::uint64_t type = unsigned_at(bytes, place, 2, header_.endianness);
    const Name& name = names_[unsigned_at(bytes, place + 2, 2, header_.endianness)];
    Field field;
    field.type = types_[type];
    field.name = name.bare;
    field.is_pointer = name.is_pointer;
    field.element = name.is_pointer ? static_cast<std::uint64_t>(header_.pointer_size) : sizes_[type];
    field.count = name.count;
    return field;
}

std::optional<Field> Dna::own_field(std::uint32_t struct_index, std::string_view name) const {
    const Struct& item = structs_[struct_index];
    std::uint64_t offset = 0;
    for (std::uint32_t i = 0; i < item.field_count; ++i) {
        Field field = field_at(item.fields + i * field_size);
        field.offset = offset;
        if (field.name == name) return field;
        offset += field.element * field.count;
    }
    return std::nullopt;
}

std::optional<Field> Dna::find_field(std::uint32_t struct_index, std::string_view path) const {
    if (struct_index >= structs_.size()) return std::nullopt;
    auto& known = known_[struct_index];
    auto found = known.find(path);
    if (found == known.end()) found = known.emplace(path, search_field(struct_index, path)).first;
    return found->second;
}

std::optional<Field> Dna::search_field(std::uint32_t struct_index, std::string_view path) const {
    std::uint64_t offset = 0;
    for (;;) {
        const std::size_t dot = path.find('.');
        const Step step = parse_step(path.substr(0, dot));
        auto field = own_field(struct_index, step.name);
        if (!field || step.index >= std::max<std::uint64_t>(field->count, 1)) return std::nullopt;
        offset += field->offset + step.index * field->element;
        field->offset = offset;
        field->count -= std::min(field->count, step.index);
        if (dot == std::string_view::npos) return field;
        const auto inner = field->is_pointer ? std::nullopt : find_struct(field->type);
        if (!inner) return std::nullopt;
        struct_index = *inner;
        path.remove_prefix(dot + 1);
    }
}

bool Dna::has_field(std::string_view struct_name, std::string_view path) const {
    const auto index = find_struct(struct_name);
    return index && find_field(*index, path).has_value();
}

std::optional<Field> Record::find(std::string_view path) const {
    const auto field = dna_->find_field(struct_index_, path);
    if (!field || field->offset > bytes_.size() || field->element > bytes_.size() - field->offset) return std::nullopt;
    return field;
}

std::optional<std::int64_t> Record::integer(std::string_view path) const {
    const auto field = find(path);
    if (!field || field->is_pointer || field->count == 0) return std::nullopt;
    if (field->type == "float" || field->type == "double" || dna_->find_struct(field->type)) return std::nullopt;
    const auto size = static_cast<std::size_t>(field->element);
    if (size != 1 && size != 2 && size != 4 && size != 8) return std::nullopt;
    const auto offset = static_cast<std::size_t>(field->offset);
    const bool is_unsigned = field->type.starts_with('u') || field->type == "bool";
    if (is_unsigned && size < 8)
        return static_cast<std::int64_t>(unsigned_at(bytes_, offset, size, dna_->header().endianness));
    return signed_at(bytes_, offset, size, dna_->header().endianness);
}

std::int64_t Record::integer_or(std::string_view path, std::int64_t otherwise) const {
    return integer(path).value_or(otherwise);
}

std::optional<double> Record::number(std::string_view path) const {
    const auto field = find(path);
    if (!field || field->is_pointer || field->count == 0) return std::nullopt;
    const auto offset = static_cast<std::size_t>(field->offset);
    const auto bits = [&](std::size_t size) { return unsigned_at(bytes_, offset, size, dna_->header().endianness); };
    if (field->type == "float" && field->element == 4)
        return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits(4))));
    if (field->type == "double" && field->element == 8) return std::bit_cast<double>(bits(8));
    const auto whole = integer(path);
    return whole ? std::optional(static_cast<double>(*whole)) : std::nullopt;
}

std::optional<std::string> Record::text(std::string_view path) const {
    const auto field = find(path);
    if (!field || field->is_pointer || field->element != 1) return std::nullopt;
    const auto size = std::min<std::uint64_t>(field->count, bytes_.size() - field->offset);
    const std::string_view whole =
        std::string_view(bytes_).substr(static_cast<std::size_t>(field->offset), static_cast<std::size_t>(size));
    return std::string(whole.substr(0, whole.find('\0')));
}

std::uint64_t Record::pointer(std::string_view path) const {
    const auto field = find(path);
    if (!field || !field->is_pointer || field->count == 0) return 0;
    return unsigned_at(bytes_, static_cast<std::size_t>(field->offset), static_cast<std::size_t>(field->element),
                       dna_->header().endianness);
}

}  // namespace atelier::pipelines::blender
