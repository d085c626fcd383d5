#include "base/base64.h"

#include <array>
#include <cstdint>

#include "base/error.h"

namespace atelier {

namespace {

constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::array<int, 256> make_values() {
    std::array<int, 256> values;
    values.fill(-1);
    for (std::size_t i = 0; i < letters.size(); ++i)
        values[static_cast<unsigned char>(letters[i])] = static_cast<int>(i);
    return values;
}

}  // namespace

std::string base64_of(std::string_view bytes) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        std::uint32_t group = 0;
        for (std::size_t i = 0; i < 3; ++i)
            group = group << 8 | (at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0u);
        for (std::size_t i = 0; i < 4; ++i)
            text += at + i <= bytes.size() ? letters[group >> (18 - 6 * i) & 63] : '=';
    }
    return text;
}

std::string from_base64(std::string_view text) {
    static const std::array<int, 256> values = make_values();
    if (text.size() % 4 != 0) throw Error(Error::Kind::invalid, "this is no base 64: its length is no multiple of 4");
    std::size_t padding = 0;
    while (padding < 2 && text.ends_with('=')) {
        text.remove_suffix(1);
        ++padding;
    }
    std::string bytes;
    bytes.reserve(text.size() / 4 * 3 + 2);
    std::uint32_t group = 0;
    int bits = 0;
    for (const char letter : text) {
        const int value = values[static_cast<unsigned char>(letter)];
        if (value < 0) throw Error(Error::Kind::invalid, "this is no base 64: a letter can't be");
        group = group << 6 | static_cast<std::uint32_t>(value);
        bits += 6;
        if (bits < 8) continue;
        bits -= 8;
        bytes += static_cast<char>(group >> bits & 255);
    }
    if ((group & ((1u << bits) - 1)) != 0) throw Error(Error::Kind::invalid, "this is no base 64: bits are left over");
    return bytes;
}

}  // namespace atelier
