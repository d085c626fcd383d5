// Pictures in files: what they are, whether they are whole, and what is made from them by pixels: joined parts,
// averages, comparisons. Rows are read one after another, so memory stays flat while a picture is looked at. Files come
// from outside: sizes are checked before anything is allocated, only decoders that stand here are used, and a damaged
// file is an Error that names it. All functions may be called from several threads.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace atelier::media {

enum class PictureKind { png, jpeg, tiff, webp, hdr, exr, jp2, gif, ppm, bmp, targa, sgi, dpx, cineon };

std::string_view to_string(PictureKind kind);                                // "PNG", "OpenEXR"
std::optional<PictureKind> kind_by_name(const std::filesystem::path& path);  // by the extension
std::optional<PictureKind> kind_by_content(std::string_view first_bytes);    // by the magic bytes

enum class ChannelDepth { eight, sixteen, real };  // bits of a channel; real: floating point, linear light

struct PictureInfo {
    PictureKind kind = PictureKind::png;
    int width = 0;
    int height = 0;
    int channels = 0;  // 1 grey, 2 grey and alpha, 3 colour, 4 colour and alpha; of an OpenEXR: what is shown of it
    ChannelDepth depth = ChannelDepth::eight;
    std::uint64_t bytes = 0;  // of the file
    bool operator==(const PictureInfo&) const = default;
};

// A picture that claims more is refused before it is decoded.
constexpr int max_picture_side = 100'000;
constexpr std::uint64_t max_picture_pixels = std::uint64_t{1} << 29;

// The head of the file, and its structure up to its end as far as that can be seen without decoding: an empty,
// truncated, too large or misnamed file (a JPEG called .png) is an Error::invalid that names it.
PictureInfo probe_picture(const std::filesystem::path& path);

// Decodes all of it.
PictureInfo verify_picture(const std::filesystem::path& path);

// Of all pixels, in parts of the largest value (of an OpenEXR: in linear light).
struct PictureStatistics {
    PictureInfo info;
    struct Channel {
        double least = 0;
        double greatest = 0;
        double mean = 0;  // of the finite values
    };
    std::vector<Channel> channels;
    std::uint64_t not_finite = 0;  // pixels with a NaN or an infinity
    std::uint64_t pink = 0;        // pixels in the colour of a missing texture
    std::uint64_t pixels = 0;
};

PictureStatistics measure_picture(const std::filesystem::path& path);

// How many pixels differ, and by how much at most (in parts of the largest value; infinite where one isn't finite and
// the other is). Sizes and numbers of channels must be the same, else Error::conflict.
struct PictureDifference {
    std::uint64_t pixels = 0;
    double greatest = 0;
};

PictureDifference compare_pictures(const std::filesystem::path& one, const std::filesystem::path& other);

struct Area {
    int x = 0;
    int y = 0;
    int width = 0;
    int height = 0;
};

// A part of a whole: a tile, a band of rows. `take` is what counts of the part's picture, if not all of it (POV-Ray's
// parts have the size of the whole).
struct PicturePart {
    std::filesystem::path path;
    int x = 0;  // where its left upper corner comes to in the whole
    int y = 0;
    std::optional<Area> take;
};

// One picture of them, with the same pixels, in the same depth: PNG of 8 or 16 bits, or OpenEXR with all its channels.
// The parts have to be alike and to fill the whole without a hole or an overlap, else Error::invalid. What else the
// file holds (gamma, texts, attributes) is the first part's. Written durably.
void join_parts(const std::vector<PicturePart>& parts, const std::filesystem::path& to);

// The mean of pictures of the same size: exact for OpenEXR (summed in double), rounded for PNG. Written durably.
void average_pictures(const std::vector<std::filesystem::path>& pictures, const std::filesystem::path& to);

}  // namespace atelier::media
