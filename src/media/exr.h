// OpenEXR with all its channels, in their own types: libvips reads it in half precision, without layers, and can't
// write it. For the sources of media/ alone.
#pragma once

#include <filesystem>
#include <vector>

#include "media/picture.h"

namespace atelier::media {

// Header and table of rows; an unfinished file is refused.
PictureInfo probe_exr(const std::filesystem::path& path);

void join_exr_parts(const std::vector<PicturePart>& parts, const std::filesystem::path& to);

// Floating-point channels are averaged, whole numbers (of objects, say) are the first picture's.
void average_exr_pictures(const std::vector<std::filesystem::path>& pictures, const std::filesystem::path& to);

}  // namespace atelier::media
