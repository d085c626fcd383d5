#include "pipelines/sky/pyramid/shrink.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

#include "base/error.h"
#include "pipelines/sky/pyramid/tile_bytes.h"

namespace atelier::pipelines::sky {
namespace {

constexpr std::size_t side = tile_side;
constexpr std::size_t half = side / 2;

std::uint8_t byte_at(const std::byte* at) { return std::to_integer<std::uint8_t>(*at); }

// Two rows of opaque pixels to half a row. `rounding`: 0 rounds down.
void shrink_rgb(const std::byte* upper, const std::byte* lower, unsigned rounding, std::byte* to, std::size_t step) {
    for (std::size_t x = 0; x < half; ++x, upper += 6, lower += 6, to += step)
        for (std::size_t i = 0; i < 3; ++i) {
            const unsigned sum =
                unsigned{byte_at(upper + i)} + byte_at(upper + i + 3) + byte_at(lower + i) + byte_at(lower + i + 3);
            to[i] = static_cast<std::byte>((sum + rounding) >> 2);
        }
}

// The original's way: what is transparent is black, and all channels are alike.
void shrink_rgba_plainly(const std::byte* upper, const std::byte* lower, std::byte* to) {
    for (std::size_t x = 0; x < half; ++x, upper += 8, lower += 8, to += 4) {
        std::array<unsigned, 4> sums{};
        for (const std::byte* pixel : {upper, upper + 4, lower, lower + 4})
            if (pixel[3] != std::byte{0})
                for (std::size_t i = 0; i < 4; ++i)
                    sums[i] += byte_at(pixel + i);
        for (std::size_t i = 0; i < 4; ++i)
            to[i] = static_cast<std::byte>(sums[i] >> 2);
    }
}

// A colour counts as much as it covers.
void shrink_rgba(const std::byte* upper, const std::byte* lower, std::byte* to) {
    for (std::size_t x = 0; x < half; ++x, upper += 8, lower += 8, to += 4) {
        std::array<unsigned, 3> sums{};
        unsigned cover = 0;
        for (const std::byte* pixel : {upper, upper + 4, lower, lower + 4}) {
            const unsigned alpha = byte_at(pixel + 3);
            cover += alpha;
            for (std::size_t i = 0; i < 3; ++i)
                sums[i] += alpha * byte_at(pixel + i);
        }
        if (cover == 0) continue;
        for (std::size_t i = 0; i < 3; ++i)
            to[i] = static_cast<std::byte>((2 * sums[i] + cover) / (2 * cover));
        to[3] = static_cast<std::byte>((cover + 2) >> 2);
    }
}

void shrink_picture(const TilePixels& child, Averaging averaging, std::byte* to, Mode parent) {
    const std::size_t row = side * pixel_bytes(child.mode), parent_row = side * pixel_bytes(parent);
    for (std::size_t y = 0; y < half; ++y, to += parent_row) {
        const std::byte* const upper = child.bytes.data() + 2 * y * row;
        if (child.mode == Mode::rgb) {
            shrink_rgb(upper, upper + row, averaging == Averaging::compatible ? 0 : 2, to, pixel_bytes(parent));
            if (parent == Mode::rgba)
                for (std::size_t x = 0; x < half; ++x)
                    to[4 * x + 3] = std::byte{255};
        } else if (averaging == Averaging::compatible) {
            shrink_rgba_plainly(upper, upper + row, to);
        } else {
            shrink_rgba(upper, upper + row, to);
        }
    }
}

template <class Value>
void shrink_numbers(const TilePixels& child, Averaging averaging, std::byte* to) {
    const auto value_at = [&](std::size_t x, std::size_t y) {
        Value value;
        std::memcpy(&value, child.bytes.data() + (y * side + x) * sizeof value, sizeof value);
        // The original lays whole numbers over zeros, and the greater one stays.
        if constexpr (std::is_integral_v<Value>)
            if (averaging == Averaging::compatible) value = std::max(value, Value{0});
        return value;
    };
    for (std::size_t y = 0; y < side; y += 2, to += side * sizeof(Value))
        for (std::size_t x = 0; x < side; x += 2) {
            const Value mean = mean_of_four<Value>(
                {value_at(x, y), value_at(x + 1, y), value_at(x, y + 1), value_at(x + 1, y + 1)}, averaging);
            std::memcpy(to + x / 2 * sizeof mean, &mean, sizeof mean);
        }
}

template <class Value>
void fill(TilePixels& pixels, Value value) {
    for (std::size_t at = 0; at < pixels.bytes.size(); at += sizeof value)
        std::memcpy(pixels.bytes.data() + at, &value, sizeof value);
}

template <class Value>
std::optional<std::pair<double, double>> range_of_numbers(const TilePixels& pixels) {
    double least = std::numeric_limits<double>::infinity(), greatest = -least;
    for (std::size_t at = 0; at < pixels.bytes.size(); at += sizeof(Value)) {
        Value value;
        std::memcpy(&value, pixels.bytes.data() + at, sizeof value);
        least = std::min(least, static_cast<double>(value));  // a NaN is never less
        greatest = std::max(greatest, static_cast<double>(value));
    }
    if (!std::isfinite(least) || !std::isfinite(greatest)) return std::nullopt;
    return std::pair(least, greatest);
}

}  // namespace

template <class Value>
Value mean_of_four(const std::array<Value, 4>& values, Averaging averaging) {
    if constexpr (std::is_floating_point_v<Value>) {
        std::array<Value, 4> counted = values;
        int count = 0;
        for (Value& value : counted) {
            if (std::isnan(value))
                value = 0;
            else
                ++count;
        }
        if (count == 0) return std::numeric_limits<Value>::quiet_NaN();
        return ((counted[0] + counted[1]) + (counted[2] + counted[3])) / static_cast<Value>(count);
    } else {
        std::int64_t sum = 0;
        for (const Value value : values)
            sum += value;
        if (averaging == Averaging::compatible) return static_cast<Value>(sum / 4);
        return static_cast<Value>((sum + 2) >> 2);
    }
}

template std::uint8_t mean_of_four(const std::array<std::uint8_t, 4>&, Averaging);
template std::int16_t mean_of_four(const std::array<std::int16_t, 4>&, Averaging);
template std::int32_t mean_of_four(const std::array<std::int32_t, 4>&, Averaging);
template float mean_of_four(const std::array<float, 4>&, Averaging);
template double mean_of_four(const std::array<double, 4>&, Averaging);

TilePixels empty_tile(Mode mode) {
    TilePixels pixels{mode, std::vector<std::byte>(side * side * pixel_bytes(mode)), {}};
    if (mode == Mode::f32) fill(pixels, std::numeric_limits<float>::quiet_NaN());
    if (mode == Mode::f64) fill(pixels, std::numeric_limits<double>::quiet_NaN());
    return pixels;
}

std::optional<std::pair<double, double>> range_of(const TilePixels& pixels) {
    switch (pixels.mode) {
        case Mode::u8: return range_of_numbers<std::uint8_t>(pixels);
        case Mode::i16: return range_of_numbers<std::int16_t>(pixels);
        case Mode::i32: return range_of_numbers<std::int32_t>(pixels);
        case Mode::f32: return range_of_numbers<float>(pixels);
        case Mode::f64: return range_of_numbers<double>(pixels);
        default: return std::nullopt;
    }
}

void ParentTile::begin(Mode mode) {
    if (pixels_.bytes.empty()) {
        pixels_ = empty_tile(mode);
        return;
    }
    if (pixels_.mode == mode || (pixels_.mode == Mode::rgba && mode == Mode::rgb)) return;
    if (pixels_.mode != Mode::rgb || mode != Mode::rgba)
        throw Error(Error::Kind::invalid, "tiles of different kinds stand beside each other");
    make_room_for_alpha();
}

// The quarters that are there already are opaque.
void ParentTile::make_room_for_alpha() {
    TilePixels wide = empty_tile(Mode::rgba);
    for (std::size_t y = 0; y < side; ++y)
        for (std::size_t x = 0; x < side; ++x) {
            if (!has_[y / half * 2 + x / half]) continue;
            const std::size_t at = y * side + x;
            std::memcpy(wide.bytes.data() + 4 * at, pixels_.bytes.data() + 3 * at, 3);
            wide.bytes[4 * at + 3] = std::byte{255};
        }
    wide.range = pixels_.range;
    pixels_ = std::move(wide);
}

void ParentTile::put(int which, const TilePixels& child) {
    begin(child.mode);
    const auto quarter = static_cast<std::size_t>(which);
    const std::size_t start = (quarter / 2 * half * side + quarter % 2 * half) * pixel_bytes(pixels_.mode);
    std::byte* const to = pixels_.bytes.data() + start;
    switch (child.mode) {
        case Mode::u8: shrink_numbers<std::uint8_t>(child, averaging_, to); break;
        case Mode::i16: shrink_numbers<std::int16_t>(child, averaging_, to); break;
        case Mode::i32: shrink_numbers<std::int32_t>(child, averaging_, to); break;
        case Mode::f32: shrink_numbers<float>(child, averaging_, to); break;
        case Mode::f64: shrink_numbers<double>(child, averaging_, to); break;
        default: shrink_picture(child, averaging_, to, pixels_.mode);
    }
    has_[quarter] = true;
    if (!child.range) return;
    if (!pixels_.range) pixels_.range = child.range;
    pixels_.range->first = std::min(pixels_.range->first, child.range->first);
    pixels_.range->second = std::max(pixels_.range->second, child.range->second);
}

std::optional<TilePixels> ParentTile::take() {
    if (pixels_.bytes.empty()) return std::nullopt;
    if (pixels_.mode == Mode::rgb && std::find(has_.begin(), has_.end(), false) != has_.end()) make_room_for_alpha();
    return std::move(pixels_);
}

std::optional<TilePixels> parent_of(const std::optional<TilePixels> (&children)[4], Averaging averaging) {
    ParentTile parent(averaging);
    for (int which = 0; which < 4; ++which)
        if (children[which]) parent.put(which, *children[which]);
    auto pixels = parent.take();
    if (pixels && is_empty(*pixels)) return std::nullopt;
    return pixels;
}

}  // namespace atelier::pipelines::sky
