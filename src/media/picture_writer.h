// Pictures out of rows: PNG (8 and 16 bits) and JPEG by libvips. Memory stays flat: rows lie in a file beside until the
// picture is written. For the sources of media/ alone.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "base/files.h"
#include "media/file_beside.h"
#include "media/picture.h"

namespace atelier::media {

class PictureWriter {
public:
    // info tells size, channels and depth (8 or 16 bits).
    PictureWriter(const std::filesystem::path& to, const PictureInfo& info);

    // The next row, of whole values in the range of the depth, channel beside channel.
    void write(const float* row);

    // After the last row. Durable when it returns.
    void finish_png();
    // What a PNG holds besides its pixels (gamma, colours, texts) is taken over from another.
    void finish_png_like(const std::filesystem::path& other);
    void finish_jpeg(int quality);

private:
    void save(const char* operation, const std::filesystem::path& to, const char* option, int value);

    PictureInfo info_;
    FileBeside rows_;
    FileBeside picture_;
    Fd file_;
    std::vector<std::uint8_t> narrow_;
    std::vector<std::uint16_t> wide_;
};

}  // namespace atelier::media
