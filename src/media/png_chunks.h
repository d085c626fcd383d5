// What a PNG holds besides its pixels, taken from one file into another. For the sources of media/ alone.
#pragma once

#include <filesystem>

namespace atelier::media {

// `to` gets the header and the pixels of `pixels` and the other pieces (gamma, colours, resolution, texts, time) of
// `like`, both of which are whole.
void rewrite_png_like(const std::filesystem::path& pixels, const std::filesystem::path& like,
                      const std::filesystem::path& to);

}  // namespace atelier::media
