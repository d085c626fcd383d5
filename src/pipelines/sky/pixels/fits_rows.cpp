#include "pipelines/sky/pixels/fits_rows.h"

#include <cstring>
#include <vector>

#include "base/error.h"
#include "pipelines/sky/pixels/decoder.h"
#include "pipelines/sky/place/wcs.h"

namespace atelier::pipelines::sky {

namespace fs = std::filesystem;

namespace {

// The lowest row is the first, unless its position says otherwise.
bool is_bottom_up(const FitsHeader& header) {
    try {
        return !has_wcs(header) || !read_wcs(header).top_down();
    } catch (const Error&) {
        return true;  // a position that can't be used is told by who needs it
    }
}

class FitsRows final : public PixelRows {
public:
    FitsRows(const fs::path& path, const Crop& crop) : file_(path), unit_(image_unit(file_, path)), crop_(crop) {
        const FitsUnit& unit = file_.units()[unit_];
        check_size(unit.width, unit.height, path);
        check_crop(crop, unit.width, unit.height, path);
        width_ = unit.width - crop.left - crop.right;
        height_ = unit.height - crop.top - crop.bottom;
        type_ = unit.value_type();
        mode_ = mode_of_values(type_);
        bottom_up_ = is_bottom_up(unit.header);
        next_ = bottom_up_ ? unit.height - 1 - crop.top : crop.top;
        values_.resize(static_cast<std::size_t>(unit.width) * fits_bytes(type_));
    }

    void read(std::byte* row) override {
        file_.read_values(unit_, next_, values_.data());
        next_ += bottom_up_ ? -1 : 1;
        const std::byte* const from = values_.data() + static_cast<std::size_t>(crop_.left) * fits_bytes(type_);
        std::memcpy(row, from, row_bytes());
    }

private:
    FitsFile file_;
    std::size_t unit_;
    Crop crop_;
    FitsType type_ = FitsType::f32;
    bool bottom_up_ = true;
    int next_ = 0;
    std::vector<std::byte> values_;
};

}  // namespace

Mode mode_of_values(FitsType type) {
    switch (type) {
        case FitsType::u8: return Mode::u8;
        case FitsType::i16: return Mode::i16;
        case FitsType::i32: return Mode::i32;
        case FitsType::f32: return Mode::f32;
        case FitsType::i64:
        case FitsType::f64: return Mode::f64;
    }
    return Mode::f64;
}

bool is_fits(const fs::path& path) {
    const std::string bytes = first_bytes(path);
    return bytes.starts_with("SIMPLE  =") || bytes.starts_with("\x1f\x8b");
}

std::size_t image_unit(const FitsFile& file, const fs::path& name_for_errors) {
    for (std::size_t unit = 0; unit < file.units().size(); ++unit)
        if (file.units()[unit].is_image) return unit;
    throw Error(Error::Kind::not_found, name_for_errors.string() + " holds no image",
                "its tables can't be shown as one");
}

std::unique_ptr<PixelRows> open_fits_rows(const fs::path& path, const Crop& crop) {
    return std::make_unique<FitsRows>(path, crop);
}

PixelSize size_of_fits(const fs::path& path) {
    const FitsFile file(path);
    const FitsUnit& unit = file.units()[image_unit(file, path)];
    return {unit.width, unit.height};
}

}  // namespace atelier::pipelines::sky
