#include "pipelines/sky/pyramid/png_tile.h"

#include <libdeflate.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "base/error.h"
#include "pipelines/sky/pyramid/png_filter.h"

namespace atelier::pipelines::sky {
namespace {

constexpr std::string_view signature = "\x89PNG\r\n\x1a\n";
constexpr std::size_t head_size = 13;  // of IHDR
constexpr std::size_t around = 12;     // length, name and sum of a chunk
constexpr std::size_t side = tile_side;

void put32(std::uint32_t value, char* to) {
    for (int i = 0; i < 4; ++i)
        to[i] = static_cast<char>(value >> (24 - 8 * i));
}

std::uint32_t get32(const char* from) {
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i)
        value = value << 8 | static_cast<unsigned char>(from[i]);
    return value;
}

// Closes a chunk whose name and `size` bytes of content stand behind `chunk` already; gives the place behind it.
char* close_chunk(char* chunk, std::size_t size) {
    put32(static_cast<std::uint32_t>(size), chunk);
    put32(libdeflate_crc32(0, chunk + 4, size + 4), chunk + 8 + size);
    return chunk + around + size;
}

char* put_head(char* to, std::size_t width, std::size_t height, bool alpha) {
    std::memcpy(to, signature.data(), signature.size());
    char* const chunk = to + signature.size();
    std::memcpy(chunk + 4, "IHDR", 4);
    put32(static_cast<std::uint32_t>(width), chunk + 8);
    put32(static_cast<std::uint32_t>(height), chunk + 12);
    const std::array<char, 5> kind = {8, static_cast<char>(alpha ? 6 : 2), 0, 0, 0};
    std::memcpy(chunk + 16, kind.data(), kind.size());
    return close_chunk(chunk, head_size);
}

bool is_opaque(Mode mode, const std::byte* pixels, std::size_t count) {
    if (mode == Mode::rgb) return true;
    std::byte all{0xff};
    for (std::size_t i = 0; i < count; ++i)
        all &= pixels[4 * i + 3];
    return all == std::byte{0xff};
}

void drop_alpha(const std::uint8_t* from, std::size_t width, std::uint8_t* to) {
    for (std::size_t x = 0; x < width; ++x)
        std::memcpy(to + 3 * x, from + 4 * x, 3);
}

struct Freed {
    void operator()(libdeflate_compressor* compressor) const { libdeflate_free_compressor(compressor); }
    void operator()(libdeflate_decompressor* decompressor) const { libdeflate_free_decompressor(decompressor); }
};

struct Shape {
    std::size_t pixel = 0;  // bytes
    std::size_t row() const { return side * pixel; }
};

std::optional<Shape> read_head(std::string_view bytes) {
    const std::size_t start = signature.size();
    if (bytes.size() < start + around + head_size || !bytes.starts_with(signature)) return std::nullopt;
    if (get32(bytes.data() + start) != head_size || bytes.substr(start + 4, 4) != "IHDR") return std::nullopt;
    const char* const head = bytes.data() + start + 8;
    const bool plain = get32(head) == side && get32(head + 4) == side && head[8] == 8 && head[10] == 0 &&
                       head[11] == 0 && head[12] == 0;
    if (!plain || (head[9] != 2 && head[9] != 6)) return std::nullopt;
    return Shape{head[9] == 2 ? 3u : 4u};
}

// The content of all IDAT chunks; nothing when a chunk is damaged, or tells of transparency otherwise.
std::optional<std::string> read_data(std::string_view bytes) {
    std::string data;
    for (std::size_t at = signature.size(); bytes.size() - at >= around;) {
        const std::size_t size = get32(bytes.data() + at);
        if (size > bytes.size() - at - around) return std::nullopt;
        const std::string_view name = bytes.substr(at + 4, 4);
        if (libdeflate_crc32(0, bytes.data() + at + 4, size + 4) != get32(bytes.data() + at + 8 + size))
            return std::nullopt;
        if (name == "IDAT") data += bytes.substr(at + 8, size);
        if (name == "tRNS") return std::nullopt;
        if (name == "IEND") return data;
        at += around + size;
    }
    return std::nullopt;
}

}  // namespace

struct PngEncoder::State {
    std::unique_ptr<libdeflate_compressor, Freed> compressor;
    std::array<std::vector<std::uint8_t>, 2> rows;  // the one that is filtered, and the one above it
    std::vector<std::uint8_t> filtered;
    std::vector<char> file;

    void make_room(std::size_t row, std::size_t height) {
        for (auto& memory : rows)
            memory.assign(row + 2 * filter_margin, 0);
        const std::size_t most = height * (row + 1);
        filtered.resize(std::max(filtered.size(), most));
        file.resize(std::max(file.size(), signature.size() + 3 * around + head_size +
                                              libdeflate_zlib_compress_bound(compressor.get(), most)));
    }
};

PngEncoder::PngEncoder(int effort) : state_(std::make_unique<State>()) {
    state_->compressor.reset(libdeflate_alloc_compressor(std::clamp(effort, 0, 9)));
    if (!state_->compressor) throw Error(Error::Kind::exhausted, "there is no memory to compress tiles");
}

PngEncoder::~PngEncoder() = default;

std::string_view PngEncoder::encode(const TilePixels& pixels) {
    return encode(pixels.mode, pixels.bytes.data(), tile_side, tile_side);
}

std::string_view PngEncoder::encode(Mode mode, const std::byte* pixels, int width, int height) {
    const auto across = static_cast<std::size_t>(width), down = static_cast<std::size_t>(height);
    const bool alpha = !is_opaque(mode, pixels, across * down);
    const std::size_t given = across * pixel_bytes(mode), row = across * (alpha ? 4 : 3);
    if (width < 1 || height < 1 || row > longest_row)
        throw Error(Error::Kind::internal, "a picture is too large to be written as a tile");
    state_->make_room(row, down);
    const auto* from = reinterpret_cast<const std::uint8_t*>(pixels);
    std::uint8_t* to = state_->filtered.data();
    for (std::size_t y = 0; y < down; ++y, from += given, to += row + 1) {
        std::uint8_t* const now = state_->rows[y % 2].data() + filter_margin;
        if (given == row)
            std::memcpy(now, from, row);
        else
            drop_alpha(from, across, now);
        filter_row(now, state_->rows[(y + 1) % 2].data() + filter_margin, row, row / across, to);
    }
    char* const data = put_head(state_->file.data(), across, down, alpha);
    const auto room = static_cast<std::size_t>(state_->file.data() + state_->file.size() - data) - 2 * around;
    std::memcpy(data + 4, "IDAT", 4);
    const std::size_t size =
        libdeflate_zlib_compress(state_->compressor.get(), state_->filtered.data(), down * (row + 1), data + 8, room);
    char* const end = close_chunk(data, size);
    std::memcpy(end + 4, "IEND", 4);
    return {state_->file.data(), static_cast<std::size_t>(close_chunk(end, 0) - state_->file.data())};
}

std::optional<TilePixels> decode_plain_png(std::string_view bytes) {
    const auto shape = read_head(bytes);
    if (!shape) return std::nullopt;
    const auto data = read_data(bytes);
    if (!data) return std::nullopt;
    const std::size_t row = shape->row();
    const std::size_t size = side * (row + 1);
    std::vector<std::uint8_t> filtered(size + filter_margin);
    const std::unique_ptr<libdeflate_decompressor, Freed> decompressor(libdeflate_alloc_decompressor());
    if (!decompressor || libdeflate_zlib_decompress(decompressor.get(), data->data(), data->size(), filtered.data(),
                                                    size, nullptr) != LIBDEFLATE_SUCCESS)
        return std::nullopt;
    TilePixels pixels{shape->pixel == 3 ? Mode::rgb : Mode::rgba, std::vector<std::byte>(side * row), {}};
    const std::vector<std::uint8_t> nothing(row + filter_margin);
    const std::uint8_t* above = nothing.data();
    for (std::size_t y = 0; y < side; ++y) {
        auto* const to = reinterpret_cast<std::uint8_t*>(pixels.bytes.data()) + y * row;
        const std::uint8_t* const from = filtered.data() + y * (row + 1);
        if (!unfilter_row(from[0], from + 1, above, row, shape->pixel, to)) return std::nullopt;
        above = to;
    }
    return pixels;
}

}  // namespace atelier::pipelines::sky
