// What a format's decoder gives before anything is made of it: rows as the file has them. open_pixels makes RGB or RGBA
// of them, by the rules of Reading. For the sources of pixels/ alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "pipelines/sky/pixels/pixels.h"

namespace atelier::pipelines::sky {

struct Shape {
    int width = 0;
    int height = 0;
    int channels = 3;  // 1 grey, 2 grey and alpha, 3 colour, 4 colour and alpha; of cmyk 4
    int bits = 8;      // of a channel: 8, or 16 in this machine's byte order; 32: floating point, linear light
    bool cmyk = false;
    bool palette = false;     // colours of which stood in a table
    bool two_levels = false;  // grey of one bit
    std::size_t row_bytes() const {
        return static_cast<std::size_t>(width) * static_cast<std::size_t>(channels) * static_cast<std::size_t>(bits) /
               8;
    }
};

class Decoder {
public:
    virtual ~Decoder() = default;
    const Shape& shape() const { return shape_; }
    const std::string& icc_profile() const { return icc_profile_; }  // empty: none
    virtual void read(std::byte* row) = 0;                           // the next row

protected:
    Shape shape_;
    std::string icc_profile_;
};

constexpr int largest_side = 1'000'000;
constexpr std::uint64_t most_pixels = std::uint64_t{1} << 34;
constexpr std::uint64_t most_memory = std::uint64_t{1} << 30;  // of a decoder that can't go row by row

std::string first_bytes(const std::filesystem::path& path);  // enough for every format's magic ones

void check_crop(const Crop& crop, int width, int height, const std::filesystem::path& path);
void check_size(std::int64_t width, std::int64_t height, const std::filesystem::path& path);
[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& why);

}  // namespace atelier::pipelines::sky
