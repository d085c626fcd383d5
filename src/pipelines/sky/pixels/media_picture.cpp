#include "pipelines/sky/pixels/media_picture.h"

#include <cstring>
#include <vector>

#include "media/picture_rows.h"

namespace atelier::pipelines::sky {
namespace {

int bits_of(media::ChannelDepth depth) {
    switch (depth) {
        case media::ChannelDepth::eight: return 8;
        case media::ChannelDepth::sixteen: return 16;
        case media::ChannelDepth::real: return 32;
    }
    return 8;
}

template <class Value>
void narrow(const std::vector<float>& from, std::byte* to) {
    for (const float value : from) {
        const auto narrowed = static_cast<Value>(value);
        std::memcpy(to, &narrowed, sizeof narrowed);
        to += sizeof narrowed;
    }
}

class MediaDecoder final : public Decoder {
public:
    explicit MediaDecoder(const std::filesystem::path& path)
        : rows_(media::open_picture(path, media::Inks::allowed)), values_(rows_->row_values()) {
        const media::PictureInfo& info = rows_->info();
        shape_.width = info.width;
        shape_.height = info.height;
        shape_.channels = info.channels;
        shape_.bits = bits_of(info.depth);
        shape_.cmyk = rows_->is_cmyk();
        icc_profile_ = rows_->icc_profile();
        if (shape_.cmyk && (shape_.bits != 8 || shape_.channels != 4))
            refuse(path, "it is in the colours of a printer, and not in 8 bits of four inks");
    }

    void read(std::byte* row) override {
        rows_->read(values_.data());
        switch (shape_.bits) {
            case 8: return narrow<std::uint8_t>(values_, row);
            case 16: return narrow<std::uint16_t>(values_, row);
            default: return narrow<float>(values_, row);
        }
    }

private:
    std::unique_ptr<media::PictureRows> rows_;
    std::vector<float> values_;
};

}  // namespace

std::unique_ptr<Decoder> open_media_picture(const std::filesystem::path& path) {
    return std::make_unique<MediaDecoder>(path);
}

}  // namespace atelier::pipelines::sky
