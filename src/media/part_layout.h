// Where the parts of a whole lie: checked once that they fill it exactly. For the sources of media/ alone.
#pragma once

#include <vector>

#include "media/picture.h"

namespace atelier::media {

struct PlacedPart {
    std::size_t part = 0;  // which one
    Area from;             // of its own picture
    int x = 0;             // in the whole
    int y = 0;
};

struct PartLayout {
    int width = 0;
    int height = 0;
    std::vector<PlacedPart> placed;  // by rows, then by columns
};

// `infos` are the parts' own sizes. Throws Error::invalid for holes, overlaps, areas outside, unlike parts.
PartLayout lay_out_parts(const std::vector<PicturePart>& parts, const std::vector<PictureInfo>& infos);

}  // namespace atelier::media
