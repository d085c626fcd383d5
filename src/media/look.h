// Pictures for people: thumbnails and contact sheets of frames, with light that fits a screen. A frame of 32 or 16 bits
// is brought to 8 by a tone mapping.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string_view>
#include <vector>

namespace atelier::media {

// From linear light to what a screen shows. The values of 16-bit pictures are taken as meant for a screen already: the
// standard curve without an exposure leaves them as they are.
struct ToneMapping {
    enum class Curve { standard, filmic };  // standard: cut at white, sRGB; filmic: highlights roll off
    Curve curve = Curve::standard;
    double exposure = 0;  // in stops
    bool operator==(const ToneMapping&) const = default;
};

ToneMapping parse_tone_mapping(std::string_view text);  // "standard", "filmic", "filmic+1.5", "standard-2"

struct ThumbnailOptions {
    int width = 320;  // it fits into this, keeps its proportions, and is never enlarged
    int height = 320;
    ToneMapping tone_mapping = {};
    int jpeg_quality = 85;
};

// A JPEG or a PNG, by the name of `to`; what is transparent lies over black. Written durably.
void make_thumbnail(const std::filesystem::path& from, const std::filesystem::path& to,
                    const ThumbnailOptions& options = {});

struct SheetFrame {
    std::filesystem::path path;
    bool marked = false;  // a red border; a frame that can't be read gets a cell of red
};

struct SheetOptions {
    int columns = 0;  // 0: about as wide as high
    int cell_width = 160;
    int cell_height = 120;
    std::size_t max_cells = 400;  // of more frames some are left out evenly, never the first or the last
    ToneMapping tone_mapping = {};
    int jpeg_quality = 85;
};

// One picture of many frames; holds the sheet and one frame's rows in memory, whatever their number.
void make_contact_sheet(const std::vector<SheetFrame>& frames, const std::filesystem::path& to,
                        const SheetOptions& options = {});

}  // namespace atelier::media
