// The first bytes of a .blend, and the head of each of its blocks, of all generations: 12 bytes "BLENDER-v304" with
// lengths of 32 bits, and 17 bytes "BLENDER17-01v0500" with lengths of 64 bits.
#pragma once

#include <boost/describe.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace atelier::pipelines::blender {

enum class Compression { none, gzip, zstd };
enum class ByteOrder { little, big };

struct Header {
    int version = 0;  // 304 is Blender 3.4
    int pointer_size = 8;
    ByteOrder endianness = ByteOrder::little;
    Compression compression = Compression::none;
    bool large_blocks = false;  // lengths of 64 bits, since Blender 5

    std::string version_text() const;  // "3.4"
    std::size_t size() const { return large_blocks ? 17 : 12; }
    std::size_t block_head_size() const;
};

// What stands before each block's content.
struct BlockHead {
    std::uint32_t code = 0;  // four letters, the first one lowest, whatever the byte order of the file
    std::uint32_t struct_index = 0;
    std::uint64_t address = 0;  // where it lay in Blender's memory: what pointers of the file mean
    std::uint64_t length = 0;   // bytes of content
    std::uint64_t count = 0;    // how many of the struct
};

constexpr std::size_t longest_header = 17;
constexpr std::size_t longest_block_head = 32;

constexpr std::uint32_t block_code(std::string_view letters) {
    std::uint32_t code = 0;
    for (std::size_t i = 0; i < letters.size() && i < 4; ++i)
        code |= static_cast<std::uint32_t>(static_cast<unsigned char>(letters[i])) << (8 * i);
    return code;
}

// Of the first bytes of the content (17 when there are so many); nothing when it is no .blend.
std::optional<Header> parse_header(std::string_view bytes);

// `bytes` has block_head_size() of them; nothing when a number can't be.
std::optional<BlockHead> parse_block_head(const Header& header, std::string_view bytes);

BOOST_DESCRIBE_ENUM(Compression, none, gzip, zstd)
BOOST_DESCRIBE_ENUM(ByteOrder, little, big)
BOOST_DESCRIBE_STRUCT(Header, (), (version, pointer_size, endianness, compression, large_blocks))

}  // namespace atelier::pipelines::blender
