// A tile to the bytes of its file and back, for each format.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "pipelines/sky/pyramid/tile_folder.h"

namespace atelier::pipelines::sky {

// For one thread at a time. A picture fits PNG and JPEG (which has no transparency), a channel of numbers fits FITS and
// NPY; else it throws Error::invalid.
class TileEncoder {
public:
    TileEncoder(TileFormat format, int effort);
    ~TileEncoder();
    std::string_view encode(const TilePixels& pixels);  // valid until the next call

private:
    struct State;
    std::unique_ptr<State> state_;
};

// Throws Error::invalid that names the file: damaged, or not 256 pixels wide and high.
TilePixels decode_tile(TileFormat format, std::string_view bytes, const std::filesystem::path& path);

// The same after it was written and read again: JPEG changes it a little.
TilePixels as_read(TileFormat format, TilePixels pixels);

// Nothing can be seen in it: all is transparent, or no number.
bool is_empty(const TilePixels& pixels);

}  // namespace atelier::pipelines::sky
