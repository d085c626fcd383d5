// What a picture's first bytes say, and whether its outer structure goes up to the file's end: formats whose frame can
// be walked without decoding. Pure: bytes by a function, so that hostile ones can be fed to it. For picture.h.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "media/picture.h"

namespace atelier::media {

struct PictureBytes {
    std::uint64_t size = 0;
    std::function<std::string(std::uint64_t offset, std::size_t count)> read;  // fewer bytes at the end
};

// What is wrong with a picture, without its name: the caller knows that.
struct PictureProblem {
    std::string text;  // "it ends too early"
};

// Throws PictureProblem. Nothing for kinds that only their decoder can tell of (TIFF, WEBP, HDR, JPEG 2000, GIF,
// OpenEXR).
std::optional<PictureInfo> read_picture_head(PictureKind kind, const PictureBytes& bytes);

// Of PPM and PGM in their binary forms.
struct PnmHead {
    PictureInfo info;
    std::uint64_t pixels_at = 0;
    int largest = 255;  // the value that is white
};
PnmHead read_pnm_head(const PictureBytes& bytes);  // throws PictureProblem

// Throws PictureProblem when no decoder should be asked to hold that much.
void check_picture_size(std::int64_t width, std::int64_t height);

}  // namespace atelier::media
