// For tests alone: images of every kind, made on the spot, and what open_pixels makes of them.
#pragma once

#include <png.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "pipelines/sky/pixels/pixels.h"

namespace atelier::pipelines::sky {

struct PngImage {
    int width = 1;
    int height = 1;
    int kind = PNG_COLOR_TYPE_RGB;
    int bits = 8;
    std::vector<unsigned char> bytes;        // rows as PNG has them: 16 bits with the high byte first
    std::vector<png_color> colours = {};     // of a palette
    std::vector<unsigned char> covers = {};  // of a palette: alpha
    std::vector<unsigned short> clear = {};  // grey, or red, green, blue: that is transparent
    bool interlaced = false;
};

inline void write_png(const std::filesystem::path& path, const PngImage& image) {
    std::FILE* const file = std::fopen(path.c_str(), "wb");
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
    png_infop info = png_create_info_struct(png);
    png_init_io(png, file);
    png_set_IHDR(png, info, static_cast<png_uint_32>(image.width), static_cast<png_uint_32>(image.height), image.bits,
                 image.kind, image.interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    if (!image.colours.empty()) png_set_PLTE(png, info, image.colours.data(), static_cast<int>(image.colours.size()));
    if (!image.covers.empty())
        png_set_tRNS(png, info, image.covers.data(), static_cast<int>(image.covers.size()), nullptr);
    if (!image.clear.empty()) {
        png_color_16 clear{};
        clear.gray = clear.red = image.clear.front();
        if (image.clear.size() == 3) clear.green = image.clear[1], clear.blue = image.clear[2];
        png_set_tRNS(png, info, nullptr, 0, &clear);
    }
    png_write_info(png, info);
    const std::size_t row = image.bytes.size() / static_cast<std::size_t>(image.height);
    std::vector<png_bytep> rows;
    for (int y = 0; y < image.height; ++y)
        rows.push_back(const_cast<png_bytep>(image.bytes.data()) + static_cast<std::size_t>(y) * row);
    png_write_image(png, rows.data());
    png_write_end(png, nullptr);
    png_destroy_write_struct(&png, &info);
    std::fclose(file);
}

inline void write_bytes(const std::filesystem::path& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

struct ReadImage {
    int width = 0, height = 0;
    Mode mode = Mode::rgb;
    std::vector<int> values;  // bytes, as numbers
};

inline ReadImage read_image(const std::filesystem::path& path, const Reading& reading = {}) {
    const auto rows = open_pixels(path, reading);
    ReadImage image{rows->width(), rows->height(), rows->mode(), {}};
    std::vector<std::byte> row(rows->row_bytes());
    for (int y = 0; y < rows->height(); ++y) {
        rows->read(row.data());
        for (const std::byte byte : row)
            image.values.push_back(std::to_integer<int>(byte));
    }
    return image;
}

}  // namespace atelier::pipelines::sky
