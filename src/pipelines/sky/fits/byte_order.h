// FITS keeps numbers with their highest byte first; here they are turned into this machine's, or back.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace atelier::pipelines::sky {

inline std::uint16_t swapped(std::uint16_t value) { return __builtin_bswap16(value); }
inline std::uint32_t swapped(std::uint32_t value) { return __builtin_bswap32(value); }
inline std::uint64_t swapped(std::uint64_t value) { return __builtin_bswap64(value); }

template <class Word>
void swap_words(std::byte* bytes, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        Word word;
        std::memcpy(&word, bytes + i * sizeof word, sizeof word);
        word = swapped(word);
        std::memcpy(bytes + i * sizeof word, &word, sizeof word);
    }
}

// `count` numbers of `size` bytes each, in place; its own inverse.
inline void turn_bytes(std::byte* bytes, std::size_t count, std::size_t size) {
    if constexpr (std::endian::native == std::endian::big) return;
    if (size == 2) swap_words<std::uint16_t>(bytes, count);
    if (size == 4) swap_words<std::uint32_t>(bytes, count);
    if (size == 8) swap_words<std::uint64_t>(bytes, count);
}

template <class Number>
Number number_at(const std::byte* bytes, std::size_t index) {
    Number number;
    std::memcpy(&number, bytes + index * sizeof number, sizeof number);
    return number;
}

}  // namespace atelier::pipelines::sky
