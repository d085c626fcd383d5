// Pictures by libvips: reading those whose magic bytes say what they are, writing PNG and JPEG.
#include <fcntl.h>

#include <algorithm>

#include "base/error.h"
#include "media/picture_head.h"
#include "media/picture_rows.h"
#include "media/picture_writer.h"
#include "media/png_chunks.h"
#include "media/vips_library.h"

namespace atelier::media {
namespace {

constexpr int rows_at_once = 16;

const char* loader_of(PictureKind kind) {
    switch (kind) {
        case PictureKind::png: return "pngload";
        case PictureKind::jpeg: return "jpegload";
        case PictureKind::tiff: return "tiffload";
        case PictureKind::webp: return "webpload";
        case PictureKind::hdr: return "radload";
        case PictureKind::jp2: return "jp2kload";
        case PictureKind::gif: return "gifload";
        default: return nullptr;
    }
}

std::string complaint(const std::string& else_text) {
    const std::string text = vips_complaint();
    vips_library().error_clear();
    return text.empty() ? else_text : text;
}

VipsImagePointer load(const std::filesystem::path& path, PictureKind kind) {
    VipsImage* image = nullptr;
    const int failed = vips_library().call(loader_of(kind), path.c_str(), &image, "access", VIPS_ACCESS_SEQUENTIAL,
                                           "fail_on", VIPS_FAIL_ON_ERROR, nullptr);
    if (failed != 0) refuse_picture(path, "it can't be decoded (" + complaint("no reason is told") + ")");
    return VipsImagePointer(image);
}

// Radiance files come packed; everything else as it is.
VipsImagePointer unpack(VipsImagePointer image, const std::filesystem::path& path) {
    const VipsLibrary& vips = vips_library();
    VipsImage* plain = nullptr;
    if (vips.call("rad2float", image.get(), &plain, nullptr) != 0)
        refuse_picture(path, "it can't be decoded (" + complaint("no reason is told") + ")");
    return VipsImagePointer(plain);
}

class VipsRows : public PictureRows {
public:
    VipsRows(std::filesystem::path path, PictureKind kind, Inks inks)
        : path_(std::move(path)), image_(load(path_, kind)) {
        if (inks == Inks::refused && is_cmyk()) refuse_picture(path_, "it is in the colours of a printer (CMYK)");
        const VipsLibrary& vips = vips_library();
        info_.kind = kind;
        info_.bytes = std::filesystem::file_size(path_);
        check_size();
        if (kind == PictureKind::hdr) image_ = unpack(std::move(image_), path_);
        info_.width = vips.image_get_width(image_.get());
        info_.height = vips.image_get_height(image_.get());
        info_.channels = vips.image_get_bands(image_.get());
        info_.depth = depth();
        if (info_.channels < 1 || info_.channels > 4)
            refuse_picture(path_, "it has " + std::to_string(info_.channels) + " channels");
        region_.reset(vips.region_new(image_.get()));
    }

    std::string icc_profile() const override {
        const VipsLibrary& vips = vips_library();
        const void* bytes = nullptr;
        std::size_t size = 0;
        if (vips.image_get_typeof(image_.get(), VIPS_META_ICC_NAME) == 0 ||
            vips.image_get_blob(image_.get(), VIPS_META_ICC_NAME, &bytes, &size) != 0)
            return {};
        return {static_cast<const char*>(bytes), size};
    }

    bool is_cmyk() const override {
        return vips_library().image_get_interpretation(image_.get()) == VIPS_INTERPRETATION_CMYK;
    }

    void read(float* row) override {
        const int inside = next_ % rows_at_once;
        if (inside == 0) prepare();
        const void* const from =
            region_->data + static_cast<std::ptrdiff_t>(next_ - region_->valid.top) * region_->bpl;  // from x = 0
        ++next_;
        switch (info_.depth) {
            case ChannelDepth::eight: return copy(static_cast<const std::uint8_t*>(from), row);
            case ChannelDepth::sixteen: return copy(static_cast<const std::uint16_t*>(from), row);
            case ChannelDepth::real: return copy(static_cast<const float*>(from), row);
        }
    }

private:
    void check_size() const {
        try {
            check_picture_size(vips_library().image_get_width(image_.get()),
                               vips_library().image_get_height(image_.get()));
        } catch (const PictureProblem& problem) {
            refuse_picture(path_, problem.text);
        }
    }

    ChannelDepth depth() const {
        switch (vips_library().image_get_format(image_.get())) {
            case VIPS_FORMAT_UCHAR: return ChannelDepth::eight;
            case VIPS_FORMAT_USHORT: return ChannelDepth::sixteen;
            case VIPS_FORMAT_FLOAT: return ChannelDepth::real;
            default: refuse_picture(path_, "its channels are neither of 8 or 16 bits nor floating point");
        }
    }

    void prepare() {
        const VipsRect rows{0, next_, info_.width, std::min(rows_at_once, info_.height - next_)};
        if (vips_library().region_prepare(region_.get(), &rows) != 0)
            refuse_picture(path_, "it is damaged or ends too early (" + complaint("no reason is told") + ")");
    }

    template <class Value>
    void copy(const Value* from, float* to) const {
        std::transform(from, from + row_values(), to, [](Value value) { return static_cast<float>(value); });
    }

    std::filesystem::path path_;
    VipsImagePointer image_;
    VipsRegionPointer region_;
    int next_ = 0;
};

VipsInterpretation interpretation_of(const PictureInfo& info) {
    const bool grey = info.channels < 3;
    if (info.depth == ChannelDepth::eight) return grey ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB;
    return grey ? VIPS_INTERPRETATION_GREY16 : VIPS_INTERPRETATION_RGB16;
}

}  // namespace

std::unique_ptr<PictureRows> open_vips_picture(const std::filesystem::path& path, PictureKind kind, Inks inks) {
    return std::make_unique<VipsRows>(path, kind, inks);
}

PictureWriter::PictureWriter(const std::filesystem::path& to, const PictureInfo& info)
    : info_(info), rows_(to), picture_(to), file_(open_file(rows_.path(), O_WRONLY)) {
    const auto values = static_cast<std::size_t>(info.width) * static_cast<std::size_t>(info.channels);
    if (info.depth == ChannelDepth::eight)
        narrow_.resize(values);
    else
        wide_.resize(values);
}

void PictureWriter::write(const float* row) {
    const auto put = [&](auto& values) {
        using Value = typename std::decay_t<decltype(values)>::value_type;
        for (std::size_t i = 0; i < values.size(); ++i)
            values[i] = static_cast<Value>(row[i]);
        write_all(file_.get(), {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Value)},
                  rows_.path());
    };
    if (info_.depth == ChannelDepth::eight)
        put(narrow_);
    else
        put(wide_);
}

void PictureWriter::save(const char* operation, const std::filesystem::path& to, const char* option, int value) {
    const VipsLibrary& vips = vips_library();
    VipsImage* raw = nullptr;
    const int opened = vips.call("rawload", rows_.path().c_str(), &raw, info_.width, info_.height, info_.channels,
                                 "format", info_.depth == ChannelDepth::eight ? VIPS_FORMAT_UCHAR : VIPS_FORMAT_USHORT,
                                 "interpretation", interpretation_of(info_), nullptr);
    const VipsImagePointer image(raw);
    if (opened != 0 || vips.call(operation, image.get(), to.c_str(), option, value, nullptr) != 0)
        throw Error(Error::Kind::internal, "cannot write " + to.string() + ": " + complaint("libvips tells no reason"));
}

void PictureWriter::finish_png() {
    save("pngsave", picture_.path(), "compression", 6);
    picture_.keep();
}

void PictureWriter::finish_png_like(const std::filesystem::path& other) {
    FileBeside plain(picture_.path());
    save("pngsave", plain.path(), "compression", 6);
    rewrite_png_like(plain.path(), other, picture_.path());
    picture_.keep();
}

void PictureWriter::finish_jpeg(int quality) {
    save("jpegsave", picture_.path(), "Q", quality);
    picture_.keep();
}

}  // namespace atelier::media
