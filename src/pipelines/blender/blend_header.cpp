#include "pipelines/blender/blend_header.h"

#include "pipelines/blender/bytes.h"

namespace atelier::pipelines::blender {

namespace {

constexpr std::string_view magic = "BLENDER";

std::optional<int> digits_at(std::string_view bytes, std::size_t offset, std::size_t count) {
    if (bytes.size() < offset + count) return std::nullopt;
    int number = 0;
    for (const char digit : bytes.substr(offset, count)) {
        if (digit < '0' || digit > '9') return std::nullopt;
        number = number * 10 + (digit - '0');
    }
    return number;
}

// "17-01v0500": the size of the header, 64 bits, the form of the file, little-endian, the version.
std::optional<Header> parse_large(std::string_view rest) {
    const auto form = digits_at(rest, 3, 2);
    const auto version = digits_at(rest, 6, 4);
    if (digits_at(rest, 0, 2) != static_cast<int>(longest_header) || form != 1 || !version) return std::nullopt;
    if (rest[2] != '-' || rest[5] != 'v') return std::nullopt;
    Header header;
    header.version = *version;
    header.large_blocks = true;
    return header;
}

// "-v304": the size of pointers, the byte order, the version.
std::optional<Header> parse_small(std::string_view rest) {
    const auto version = digits_at(rest, 2, 3);
    if (!version || (rest[0] != '-' && rest[0] != '_') || (rest[1] != 'v' && rest[1] != 'V')) return std::nullopt;
    Header header;
    header.version = *version;
    header.pointer_size = rest[0] == '-' ? 8 : 4;
    header.endianness = rest[1] == 'v' ? ByteOrder::little : ByteOrder::big;
    return header;
}

// Data-blocks have two letters, and a big-endian Blender wrote those as a number: "\0\0SC" is "SC\0\0".
std::uint32_t code_of(std::string_view letters) {
    const bool is_shifted = letters[0] == '\0' && letters[1] == '\0';
    return block_code(is_shifted ? letters.substr(2) : letters);
}

}  // namespace

std::string Header::version_text() const { return std::to_string(version / 100) + "." + std::to_string(version % 100); }

std::size_t Header::block_head_size() const {
    return large_blocks ? longest_block_head : 16 + static_cast<std::size_t>(pointer_size);
}

std::optional<Header> parse_header(std::string_view bytes) {
    if (!bytes.starts_with(magic)) return std::nullopt;
    const std::string_view rest = bytes.substr(magic.size());
    if (rest.size() < 5) return std::nullopt;
    return rest[0] == '-' || rest[0] == '_' ? parse_small(rest) : parse_large(rest);
}

std::optional<BlockHead> parse_block_head(const Header& header, std::string_view bytes) {
    if (bytes.size() < header.block_head_size()) return std::nullopt;
    const ByteOrder order = header.endianness;
    const auto pointer_size = static_cast<std::size_t>(header.pointer_size);
    std::int64_t struct_index = 0;
    std::int64_t length = 0;
    std::int64_t count = 0;
    BlockHead head;
    head.code = code_of(bytes.substr(0, 4));
    if (header.large_blocks) {
        struct_index = signed_at(bytes, 4, 4, order);
        head.address = unsigned_at(bytes, 8, 8, order);
        length = signed_at(bytes, 16, 8, order);
        count = signed_at(bytes, 24, 8, order);
    } else {
        length = signed_at(bytes, 4, 4, order);
        head.address = unsigned_at(bytes, 8, pointer_size, order);
        struct_index = signed_at(bytes, 8 + pointer_size, 4, order);
        count = signed_at(bytes, 12 + pointer_size, 4, order);
    }
    if (head.code == 0 || struct_index < 0 || length < 0 || count < 0) return std::nullopt;
    head.struct_index = static_cast<std::uint32_t>(struct_index);
    head.length = static_cast<std::uint64_t>(length);
    head.count = static_cast<std::uint64_t>(count);
    return head;
}

}  // namespace atelier::pipelines::blender
