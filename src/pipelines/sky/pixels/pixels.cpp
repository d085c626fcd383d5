#include "pipelines/sky/pixels/pixels.h"

#include <fcntl.h>
#include <unistd.h>

#include <vector>

#include "base/error.h"
#include "base/files.h"
#include "media/picture.h"
#include "pipelines/sky/pixels/convert.h"
#include "pipelines/sky/pixels/decoder.h"
#include "pipelines/sky/pixels/fits_rows.h"
#include "pipelines/sky/pixels/icc.h"
#include "pipelines/sky/pixels/jpeg.h"
#include "pipelines/sky/pixels/media_picture.h"
#include "pipelines/sky/pixels/png.h"

namespace atelier::pipelines::sky {

namespace fs = std::filesystem;

namespace {

std::unique_ptr<Decoder> open_decoder(const fs::path& path, bool compatible) {
    const auto kind = media::kind_by_content(first_bytes(path));
    if (kind == media::PictureKind::jpeg) return open_jpeg(path);
    if (kind == media::PictureKind::png) return open_png(path, !compatible);
    return open_media_picture(path);
}

// A picture: cropped, to RGB or RGBA, black made transparent, colours changed.
class Picture final : public PixelRows {
public:
    Picture(const fs::path& path, const Reading& reading)
        : decoder_(open_decoder(path, reading.compatible)), reading_(reading) {
        const Shape& shape = decoder_->shape();
        check_crop(reading.crop, shape.width, shape.height, path);
        width_ = shape.width - reading.crop.left - reading.crop.right;
        height_ = shape.height - reading.crop.top - reading.crop.bottom;
        own_mode_ = mode_ = mode_of(shape, reading.compatible);
        if (mode_ == Mode::rgb && reading.black_to_transparent) mode_ = Mode::rgba;
        raw_.resize(shape.row_bytes());
        if (own_mode_ != mode_) opaque_.resize(static_cast<std::size_t>(width_) * pixel_bytes(own_mode_));
        if (is_picture(mode_)) prepare_colours(path);
        warn_of_conversion();
        for (int skipped = 0; skipped < reading.crop.top; ++skipped)
            decoder_->read(raw_.data());
    }

    void read(std::byte* row) override {
        const Shape& shape = decoder_->shape();
        if (goes_straight()) {
            decoder_->read(row);
        } else {
            decoder_->read(raw_.data());
            to_mode(raw_.data() + static_cast<std::size_t>(reading_.crop.left) * shape.row_bytes() /
                                      static_cast<std::size_t>(shape.width),
                    row);
        }
        if (colours_ && !inks_) colours_->change(row, row, width_);
    }

private:
    // The decoder's rows are those that are wanted.
    bool goes_straight() const {
        const Shape& shape = decoder_->shape();
        return shape.width == width_ && own_mode_ == mode_ && shape.bits == 8 && !shape.cmyk &&
               static_cast<std::size_t>(shape.channels) == pixel_bytes(mode_) && !reading_.black_to_transparent;
    }

    void to_mode(const std::byte* from, std::byte* to) {
        std::byte* const own = own_mode_ == mode_ ? to : opaque_.data();
        if (inks_)
            colours_->change(from, own, width_);
        else
            convert(decoder_->shape(), reading_.compatible, from, own, width_);
        if (own_mode_ != mode_) add_alpha(own, to, width_);
        if (reading_.black_to_transparent && mode_ == Mode::rgba) black_to_transparent(to, width_);
    }

    void prepare_colours(const fs::path& path) {
        const Shape& shape = decoder_->shape();
        if (!reading_.to_srgb || decoder_->icc_profile().empty()) return;
        inks_ = shape.cmyk;
        const auto from = inks_                 ? ColourChange::From::cmyk
                          : shape.channels <= 2 ? ColourChange::From::grey
                                                : ColourChange::From::rgb;
        colours_ = ColourChange::open(decoder_->icc_profile(), from, inks_ ? own_mode_ : mode_, path);
        if (colours_) return;
        inks_ = false;
        warn("the colour profile of " + path.string() + " is made for other kinds of pixels and is left out");
    }

    void warn_of_conversion() const {
        const std::string name = reading_.compatible ? original_name(decoder_->shape()) : "";
        if (!name.empty()) warn("trying to convert image file to RGB from unexpected bitmode \"" + name + "\"");
    }

    void warn(const std::string& text) const {
        if (reading_.warn) reading_.warn(text);
    }

    std::unique_ptr<Decoder> decoder_;
    Reading reading_;
    Mode own_mode_ = Mode::rgb;  // before black becomes transparent
    std::vector<std::byte> raw_;
    std::vector<std::byte> opaque_;
    std::unique_ptr<ColourChange> colours_;
    bool inks_ = false;  // the profile is that of inks: it makes the colours, too
};

}  // namespace

std::size_t pixel_bytes(Mode mode) {
    switch (mode) {
        case Mode::rgb: return 3;
        case Mode::rgba: return 4;
        case Mode::u8: return 1;
        case Mode::i16: return 2;
        case Mode::i32: return 4;
        case Mode::f32: return 4;
        case Mode::f64: return 8;
    }
    return 0;
}

std::string first_bytes(const fs::path& path) {
    const Fd file = open_file(path, O_RDONLY);
    std::string bytes(32, '\0');
    const ssize_t count = ::pread(file.get(), bytes.data(), bytes.size(), 0);
    if (count < 0) throw Error::from_errno("cannot read " + path.string());
    bytes.resize(static_cast<std::size_t>(count));
    return bytes;
}

void check_crop(const Crop& crop, int width, int height, const fs::path& path) {
    const auto fits = [](int one, int other, int size) {
        return one >= 0 && other >= 0 && std::int64_t{one} + other < size;
    };
    if (!fits(crop.top, crop.bottom, height) || !fits(crop.left, crop.right, width))
        throw Error(Error::Kind::invalid,
                    "nothing is left of " + path.string() + ", which has " + std::to_string(width) + " times " +
                        std::to_string(height) + " pixels",
                    "cut less of it");
}

void check_size(std::int64_t width, std::int64_t height, const fs::path& path) {
    if (width < 1 || height < 1) refuse(path, "it has no pixels");
    if (width > largest_side || height > largest_side ||
        static_cast<std::uint64_t>(width) * static_cast<std::uint64_t>(height) > most_pixels)
        throw Error(Error::Kind::exhausted, path.string() + " is too large: " + std::to_string(width) + " times " +
                                                std::to_string(height) + " pixels");
}

void refuse(const fs::path& path, const std::string& why) {
    throw Error(Error::Kind::invalid, path.string() + " can't be read: " + why);
}

std::unique_ptr<PixelRows> open_pixels(const fs::path& path, const Reading& reading) {
    if (is_fits(path)) return open_fits_rows(path, reading.crop);
    return std::make_unique<Picture>(path, reading);
}

PixelSize size_of(const fs::path& path) {
    if (is_fits(path)) return size_of_fits(path);
    const Shape shape = open_decoder(path, false)->shape();
    return {shape.width, shape.height};
}

}  // namespace atelier::pipelines::sky
