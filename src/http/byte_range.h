// The part of a file that a Range header asks for.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace atelier::http {

struct ByteRange {
    std::uint64_t first = 0;
    std::uint64_t size = 0;
};

// The whole when the header asks for several ranges or isn't understood; nothing when it lies beyond the end.
std::optional<ByteRange> parse_range(std::string_view text, std::uint64_t size);

}  // namespace atelier::http
