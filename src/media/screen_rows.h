// A picture as a screen shows it, row after row: red, green and blue from 0 to 1, tone-mapped, over black. What
// thumbnails, contact sheets and tone-mapped films are made of. For the sources of media/ alone.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "media/look.h"
#include "media/picture_rows.h"

namespace atelier::media {

// The curve as a table. Values that are no numbers are black.
class ToneMapper {
public:
    ToneMapper(const ToneMapping& mapping, ChannelDepth depth);
    float operator()(float value) const;

private:
    ChannelDepth depth_;
    std::vector<float> table_;  // by the value, of floating point by its 16 bits of half precision
};

class ScreenRows {
public:
    ScreenRows(const std::filesystem::path& path, const ToneMapping& mapping);
    int width() const { return picture_->info().width; }
    int height() const { return picture_->info().height; }
    const std::vector<float>& next();  // 3 values a pixel

private:
    std::unique_ptr<PictureRows> picture_;
    ToneMapper tone_;
    std::vector<float> raw_;
    std::vector<float> row_;
};

// All of it, made smaller to a size by averages of areas; 3 values a pixel.
std::vector<float> shrink(ScreenRows& picture, int width, int height);

}  // namespace atelier::media
