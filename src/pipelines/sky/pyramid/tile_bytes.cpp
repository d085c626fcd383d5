#include "pipelines/sky/pyramid/tile_bytes.h"

#include <cmath>
#include <cstring>
#include <optional>

#include "base/error.h"
#include "pipelines/sky/pixels/jpeg.h"
#include "pipelines/sky/pyramid/number_tile.h"
#include "pipelines/sky/pyramid/png_tile.h"

namespace atelier::pipelines::sky {
namespace {

constexpr int jpeg_quality = 75;  // the original's
constexpr std::size_t tile_pixels = std::size_t{tile_side} * tile_side;

[[noreturn]] void refuse(TileFormat format, const TilePixels& pixels) {
    throw Error(Error::Kind::invalid, std::string("tiles of ") + (is_picture(pixels.mode) ? "colours" : "numbers") +
                                          " can't be written as " + std::string(extension_of(format)));
}

std::string encode_jpeg_tile(const TilePixels& pixels) {
    const std::byte* colours = pixels.bytes.data();
    std::vector<std::byte> opaque;
    if (pixels.mode == Mode::rgba) {
        opaque.resize(tile_pixels * 3);
        for (std::size_t i = 0; i < tile_pixels; ++i)
            std::memcpy(opaque.data() + 3 * i, colours + 4 * i, 3);
        colours = opaque.data();
    }
    return encode_jpeg(colours, tile_side, tile_side, jpeg_quality);
}

template <class Value>
bool all_nan(const TilePixels& pixels) {
    for (std::size_t at = 0; at < pixels.bytes.size(); at += sizeof(Value)) {
        Value value;
        std::memcpy(&value, pixels.bytes.data() + at, sizeof value);
        if (!std::isnan(value)) return false;
    }
    return true;
}

bool all_transparent(const TilePixels& pixels) {
    for (std::size_t at = 3; at < pixels.bytes.size(); at += 4)
        if (pixels.bytes[at] != std::byte{0}) return false;
    return true;
}

// Of whatever kind, by its decoder.
TilePixels decode_picture(const std::filesystem::path& path) {
    Reading reading;
    reading.to_srgb = false;
    const auto rows = open_pixels(path, reading);
    if (!is_picture(rows->mode()) || rows->width() != tile_side || rows->height() != tile_side)
        throw Error(Error::Kind::invalid, path.string() + " is no tile: it is not a picture of 256 times 256 pixels");
    TilePixels pixels{rows->mode(), std::vector<std::byte>(rows->row_bytes() * tile_side), {}};
    for (int y = 0; y < tile_side; ++y)
        rows->read(pixels.bytes.data() + static_cast<std::size_t>(y) * rows->row_bytes());
    return pixels;
}

}  // namespace

struct TileEncoder::State {
    TileFormat format;
    std::optional<PngEncoder> png;
    std::string bytes;
};

TileEncoder::TileEncoder(TileFormat format, int effort) : state_(std::make_unique<State>()) {
    state_->format = format;
    if (format == TileFormat::png) state_->png.emplace(effort);
}

TileEncoder::~TileEncoder() = default;

std::string_view TileEncoder::encode(const TilePixels& pixels) {
    const bool for_pictures = state_->format == TileFormat::png || state_->format == TileFormat::jpeg;
    if (for_pictures != is_picture(pixels.mode)) refuse(state_->format, pixels);
    if (state_->png) return state_->png->encode(pixels);
    switch (state_->format) {
        case TileFormat::fits: state_->bytes = write_fits(pixels); break;
        case TileFormat::npy: state_->bytes = write_npy(pixels); break;
        default: state_->bytes = encode_jpeg_tile(pixels);
    }
    return state_->bytes;
}

TilePixels decode_tile(TileFormat format, std::string_view bytes, const std::filesystem::path& path) {
    if (format == TileFormat::png)
        if (auto pixels = decode_plain_png(bytes)) return *std::move(pixels);
    if (format == TileFormat::png || format == TileFormat::jpeg) return decode_picture(path);
    try {
        return format == TileFormat::fits ? read_fits(bytes) : read_npy(bytes);
    } catch (const Error& error) {
        throw Error(error.kind(), path.string() + " can't be read: " + error.what(), error.hint());
    }
}

TilePixels as_read(TileFormat format, TilePixels pixels) {
    if (format != TileFormat::jpeg) return pixels;
    const auto rows = open_jpeg_bytes(encode_jpeg_tile(pixels));
    TilePixels read{Mode::rgb, std::vector<std::byte>(tile_pixels * 3), {}};
    for (std::size_t y = 0; y < std::size_t{tile_side}; ++y)
        rows->read(read.bytes.data() + y * rows->shape().row_bytes());
    return read;
}

bool is_empty(const TilePixels& pixels) {
    switch (pixels.mode) {
        case Mode::rgba: return all_transparent(pixels);
        case Mode::f32: return all_nan<float>(pixels);
        case Mode::f64: return all_nan<double>(pixels);
        default: return false;
    }
}

}  // namespace atelier::pipelines::sky
