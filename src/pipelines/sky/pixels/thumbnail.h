// The small picture of an image that a list of WorldWide Telescope shows: 96 by 45, JPEG.
#pragma once

#include <filesystem>
#include <string>

#include "pipelines/sky/pixels/pixels.h"

namespace atelier::pipelines::sky {

// Takes the rows that are read anyway: the image isn't decoded a second time.
class ThumbnailMaker {
public:
    ThumbnailMaker(int width, int height, Mode mode);
    ~ThumbnailMaker();
    void add(const std::byte* row);
    std::string jpeg(bool upside_down = false);  // after the last row; upside_down: the first was the lowest

private:
    struct State;
    std::unique_ptr<State> state_;
};

std::string placeholder_thumbnail();  // black

}  // namespace atelier::pipelines::sky
