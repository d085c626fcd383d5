// Tiles and images of the sky as bytes: the first one chooses the reader. Nothing but Error may come out, and a tile
// that was read can be written.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "pipelines/sky/pixels/jpeg.h"
#include "pipelines/sky/pyramid/number_tile.h"
#include "pipelines/sky/pyramid/png_tile.h"

namespace {

using namespace atelier::pipelines::sky;

constexpr int most_rows = 64;

void check(bool holds) {
    if (!holds) std::abort();
}

void read_png(std::string_view bytes) {
    const auto pixels = decode_plain_png(bytes);
    if (!pixels) return;
    PngEncoder encoder(1);
    const auto again = decode_plain_png(encoder.encode(*pixels));
    check(again.has_value());
    if (again->mode == pixels->mode) check(again->bytes == pixels->bytes);
}

void read_number_tile(const TilePixels& pixels, std::string (*write)(const TilePixels&),
                      TilePixels (*read)(std::string_view)) {
    const TilePixels again = read(write(pixels));
    check(again.mode == pixels.mode && again.bytes == pixels.bytes);
}

void read_jpeg(std::string_view bytes) {
    const auto decoder = open_jpeg_bytes(std::string(bytes));
    std::vector<std::byte> row(decoder->shape().row_bytes());
    for (int y = 0; y < std::min(decoder->shape().height, most_rows); ++y)
        decoder->read(row.data());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
    try {
        switch (data[0] % 4) {
            case 0: read_png(bytes); break;
            case 1: read_number_tile(read_fits(bytes), write_fits, read_fits); break;
            case 2: read_number_tile(read_npy(bytes), write_npy, read_npy); break;
            default: read_jpeg(bytes);
        }
    } catch (const atelier::Error&) {
    }
    return 0;
}
