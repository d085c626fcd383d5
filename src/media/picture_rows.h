// A picture's pixels, row after row from the top: one way to read them, whichever decoder knows the format. For the
// sources of media/ alone.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "media/picture.h"

namespace atelier::media {

class PictureRows {
public:
    virtual ~PictureRows() = default;
    const PictureInfo& info() const { return info_; }
    std::size_t row_values() const {
        return static_cast<std::size_t>(info_.width) * static_cast<std::size_t>(info_.channels);
    }

    // The next row: row_values() values, channel beside channel, in whole steps of the depth (0 to 255, 0 to 65535) or
    // in linear light. At most info().height times. Throws Error::invalid that names the file.
    virtual void read(float* row) = 0;

protected:
    PictureInfo info_;
};

// Opens any picture; probes it first.
std::unique_ptr<PictureRows> open_picture(const std::filesystem::path& path);

std::unique_ptr<PictureRows> open_vips_picture(const std::filesystem::path& path, PictureKind kind);
std::unique_ptr<PictureRows> open_pnm_picture(const std::filesystem::path& path);
std::unique_ptr<PictureRows> open_exr_picture(const std::filesystem::path& path);

// The largest value of a depth: 255, 65535, 1.
double largest_value(ChannelDepth depth);

[[noreturn]] void refuse_picture(const std::filesystem::path& path, const std::string& why);

}  // namespace atelier::media
