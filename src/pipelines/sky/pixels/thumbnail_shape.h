// Which part of an image its thumbnail shows, and how large that becomes. For the sources of pixels/ alone.
#pragma once

namespace atelier::pipelines::sky {

struct ThumbnailShape {
    int left = 0, top = 0, width = 0, height = 0;  // the part: its middle, in the thumbnail's proportions
    int result_width = 0, result_height = 0;       // never larger than the part
};

ThumbnailShape thumbnail_shape(int width, int height);

}  // namespace atelier::pipelines::sky
