// Numbers out of bytes of either byte order. Whoever asks has checked that the bytes are there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "pipelines/blender/blend_header.h"

namespace atelier::pipelines::blender {

inline std::uint64_t unsigned_at(std::string_view bytes, std::size_t offset, std::size_t size, ByteOrder order) {
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < size; ++i) {
        const std::size_t at = order == ByteOrder::big ? offset + i : offset + size - 1 - i;
        number = number << 8 | static_cast<unsigned char>(bytes[at]);
    }
    return number;
}

inline std::int64_t signed_at(std::string_view bytes, std::size_t offset, std::size_t size, ByteOrder order) {
    const unsigned unused = 64 - 8 * static_cast<unsigned>(size);
    return static_cast<std::int64_t>(unsigned_at(bytes, offset, size, order) << unused) >> unused;
}

}  // namespace atelier::pipelines::blender
