// A .blend's own description of its structs (its "DNA"): which fields, of which type, where. All that is read of a
// block is read through it, so that a field is found in files of any version, byte order and pointer size, and what a
// version doesn't have is simply absent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pipelines/blender/blend_header.h"

namespace atelier::pipelines::blender {

struct Field {
    std::string_view type;
    std::string_view name;  // without stars and brackets
    bool is_pointer = false;
    std::uint64_t offset = 0;
    std::uint64_t element = 0;  // bytes of one
    std::uint64_t count = 1;    // of an array, all dimensions together
};

class Dna {
public:
    // `content`: of the block DNA1. Throws Error::invalid with what is wrong.
    Dna(const Header& header, std::string content);
    Dna(Dna&&) = default;
    Dna(const Dna&) = delete;  // its names are views into its content

    const Header& header() const { return header_; }
    std::size_t struct_count() const { return structs_.size(); }
    std::optional<std::uint32_t> find_struct(std::string_view name) const;
    std::string_view struct_name(std::uint32_t index) const;  // empty when there is no such
    std::uint64_t struct_size(std::uint32_t index) const;     // 0 when there is no such

    // "r.im_format.imtype", "point_cache[1].flag"; an index counts the elements of all dimensions.
    std::optional<Field> find_field(std::uint32_t struct_index, std::string_view path) const;
    bool has_field(std::string_view struct_name, std::string_view path) const;

private:
    struct Name {
        std::string_view bare;  // without stars and brackets
        bool is_pointer = false;
        std::uint64_t count = 1;
    };
    struct Struct {
        std::uint32_t type = 0;
        std::uint32_t fields = 0;  // where they stand in the content
        std::uint32_t field_count = 0;
    };
    class Parser;

    std::optional<Field> search_field(std::uint32_t struct_index, std::string_view path) const;
    std::optional<Field> own_field(std::uint32_t struct_index, std::string_view name) const;
    Field field_at(std::size_t place) const;  // offset 0

    Header header_;
    std::vector<char> content_;  // not a string: its bytes stay where they are when it moves
    std::vector<Name> names_;
    std::vector<std::string_view> types_;
    std::vector<std::uint32_t> sizes_;  // of types
    std::vector<Struct> structs_;
    std::unordered_map<std::string_view, std::uint32_t> struct_by_name_;
    // What was asked before, by struct: one that has very many fields is searched once for each path.
    mutable std::unordered_map<std::uint32_t, std::map<std::string, std::optional<Field>, std::less<>>> known_;
};

// One struct's bytes. What it doesn't have, or has as something else, is absent; a pointer that isn't there is 0.
class Record {
public:
    Record(const Dna& dna, std::uint32_t struct_index, std::string bytes)
        : dna_(&dna), struct_index_(struct_index), bytes_(std::move(bytes)) {}

    std::string_view struct_name() const { return dna_->struct_name(struct_index_); }
    bool has(std::string_view path) const { return find(path).has_value(); }
    std::optional<std::int64_t> integer(std::string_view path) const;
    std::int64_t integer_or(std::string_view path, std::int64_t otherwise) const;
    std::optional<double> number(std::string_view path) const;  // of an integer too
    std::optional<std::string> text(std::string_view path) const;
    std::uint64_t pointer(std::string_view path) const;

private:
    std::optional<Field> find(std::string_view path) const;  // only one that lies within the bytes

    const Dna* dna_;
    std::uint32_t struct_index_;
    std::string bytes_;
};

}  // namespace atelier::pipelines::blender
