#include "pipelines/sky/pixels/convert.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace atelier::pipelines::sky {
namespace {

template <class Value>
Value value_at(const std::byte* row, std::size_t index) {
    Value value;
    std::memcpy(&value, row + index * sizeof value, sizeof value);
    return value;
}

std::byte same(std::uint8_t value) { return std::byte{value}; }
std::byte scaled(std::uint16_t value) { return static_cast<std::byte>((value * 255u + 32895u) >> 16); }
std::byte cut(std::uint16_t value) { return static_cast<std::byte>(value >> 8); }
std::byte clipped(std::uint16_t value) { return static_cast<std::byte>(std::min<unsigned>(value, 255)); }

// Linear light as a screen shows it.
std::byte shown(float light) {
    if (!(light > 0)) return std::byte{0};
    const float value = light <= 0.0031308f ? 12.92f * light : 1.055f * std::pow(light, 1 / 2.4f) - 0.055f;
    return static_cast<std::byte>(std::lround(std::min(value, 1.0f) * 255));
}
std::byte opacity(float value) {
    return static_cast<std::byte>(value > 0 ? std::lround(std::min(value, 1.0f) * 255) : 0);
}

template <class Value, class Colour, class Alpha>
void convert_values(int channels, bool alpha, const std::byte* from, std::byte* to, int pixels, Colour colour,
                    Alpha cover) {
    const auto given = static_cast<std::size_t>(channels);
    const std::size_t step = channels > 2 ? 1 : 0;  // grey stands for all three
    for (std::size_t at = 0; at < static_cast<std::size_t>(pixels) * given; at += given) {
        for (std::size_t i = 0; i < 3; ++i)
            *to++ = colour(value_at<Value>(from, at + i * step));
        if (alpha) *to++ = cover(value_at<Value>(from, at + given - 1));
    }
}

unsigned part_of(unsigned value, unsigned other) {
    const unsigned product = value * other + 128;
    return ((product >> 8) + product) >> 8;
}

void convert_cmyk(const std::byte* from, std::byte* to, int pixels) {
    for (int i = 0; i < pixels; ++i, from += 4) {
        const unsigned light = 255 - std::to_integer<unsigned>(from[3]);
        for (int ink = 0; ink < 3; ++ink)
            *to++ = static_cast<std::byte>(light - part_of(std::to_integer<unsigned>(from[ink]), light));
    }
}

bool has_alpha(const Shape& shape) { return !shape.cmyk && shape.channels % 2 == 0; }

}  // namespace

Mode mode_of(const Shape& shape, bool compatible) {
    if (shape.bits == 32 && shape.channels == 1) return Mode::f32;
    if (compatible && shape.bits == 8 && (shape.channels == 2 || shape.palette)) return Mode::rgb;
    return has_alpha(shape) ? Mode::rgba : Mode::rgb;
}

void convert(const Shape& shape, bool compatible, const std::byte* from, std::byte* to, int pixels) {
    const bool alpha = mode_of(shape, compatible) == Mode::rgba;
    if (shape.cmyk) return convert_cmyk(from, to, pixels);
    if (shape.bits == 32 && shape.channels == 1) {
        std::memcpy(to, from, static_cast<std::size_t>(pixels) * sizeof(float));
    } else if (shape.bits == 32) {
        convert_values<float>(shape.channels, alpha, from, to, pixels, shown, opacity);
    } else if (shape.bits == 8) {
        if (shape.channels == (alpha ? 4 : 3))
            std::memcpy(to, from, static_cast<std::size_t>(pixels) * static_cast<std::size_t>(shape.channels));
        else
            convert_values<std::uint8_t>(shape.channels, alpha, from, to, pixels, same, same);
    } else if (!compatible) {
        convert_values<std::uint16_t>(shape.channels, alpha, from, to, pixels, scaled, scaled);
    } else if (shape.channels == 1) {
        convert_values<std::uint16_t>(shape.channels, alpha, from, to, pixels, clipped, clipped);
    } else {
        convert_values<std::uint16_t>(shape.channels, alpha, from, to, pixels, cut, cut);
    }
}

void add_alpha(const std::byte* rgb, std::byte* rgba, int pixels) {
    for (int i = 0; i < pixels; ++i, rgb += 3, rgba += 4) {
        std::memcpy(rgba, rgb, 3);
        rgba[3] = std::byte{255};
    }
}

void black_to_transparent(std::byte* rgba, int pixels) {
    for (int i = 0; i < pixels; ++i, rgba += 4)
        if ((rgba[0] | rgba[1] | rgba[2]) == std::byte{0}) rgba[3] = std::byte{0};
}

std::string original_name(const Shape& shape) {
    if (shape.cmyk) return "CMYK";
    if (shape.palette) return "P";
    if (shape.two_levels) return "1";
    if (shape.bits == 8 && shape.channels < 3) return shape.channels == 1 ? "L" : "LA";
    return shape.bits == 16 && shape.channels == 1 ? "I" : "";
}

}  // namespace atelier::pipelines::sky
