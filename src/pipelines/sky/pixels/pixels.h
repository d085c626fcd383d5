// An image's pixels, row by row from the top, whatever file they come from: PNG, JPEG, TIFF, WebP, JPEG 2000, OpenEXR,
// FITS. It is decoded once, and memory doesn't grow with its height. Files come from strangers: size and frames are
// checked before anything is allocated, and a damaged one is an Error::invalid that names it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string_view>

namespace atelier::pipelines::sky {

// rgb, rgba: 8 bits a channel. The others are one channel of FITS or OpenEXR.
enum class Mode { rgb, rgba, u8, i16, i32, f32, f64 };

std::size_t pixel_bytes(Mode mode);
constexpr bool is_picture(Mode mode) { return mode == Mode::rgb || mode == Mode::rgba; }

struct Crop {
    int top = 0, right = 0, bottom = 0, left = 0;
};

struct Reading {
    Crop crop;
    bool black_to_transparent = false;  // before colours are changed
    bool to_srgb = true;                // by the file's ICC profile, if it has one
    bool compatible = false;            // as toasty does: alpha of grey dropped, 16 bits cut off, ...
    std::function<void(std::string_view)> warn;
};

class PixelRows {
public:
    virtual ~PixelRows() = default;
    int width() const { return width_; }
    int height() const { return height_; }
    Mode mode() const { return mode_; }
    std::size_t row_bytes() const { return static_cast<std::size_t>(width_) * pixel_bytes(mode_); }
    // The next row; at most height() times.
    virtual void read(std::byte* row) = 0;

protected:
    int width_ = 0;
    int height_ = 0;
    Mode mode_ = Mode::rgb;
};

// FITS: the first unit, or `unit`, top-down (rows reversed where its parity is that of FITS).
std::unique_ptr<PixelRows> open_pixels(const std::filesystem::path& path, const Reading& reading);

struct PixelSize {
    int width = 0;
    int height = 0;
};
PixelSize size_of(const std::filesystem::path& path);  // by its head alone

}  // namespace atelier::pipelines::sky
