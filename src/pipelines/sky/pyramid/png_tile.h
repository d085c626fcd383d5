// A tile as PNG, written and read without libpng: a filter for each row, deflate by libdeflate, and a tile without
// transparency as RGB. Other small pictures are written the same way.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "pipelines/sky/pyramid/tile_folder.h"

namespace atelier::pipelines::sky {

// For one thread at a time.
class PngEncoder {
public:
    explicit PngEncoder(int effort);
    ~PngEncoder();
    std::string_view encode(const TilePixels& pixels);  // rgb or rgba; valid until the next call
    // Up to 4096 pixels wide.
    std::string_view encode(Mode mode, const std::byte* pixels, int width, int height);

private:
    struct State;
    std::unique_ptr<State> state_;
};

// Nothing when it is a PNG of another kind than the encoder writes (palettes, 16 bits, interlaced), or damaged: then
// libpng is asked.
std::optional<TilePixels> decode_plain_png(std::string_view bytes);

}  // namespace atelier::pipelines::sky
