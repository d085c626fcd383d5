// A picture's pixels, row after row from the top: one way to read them, whichever decoder knows the format. For the
// sources of media/, and for crafts that make other pictures of them.
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

    virtual std::string icc_profile() const { return {}; }  // empty: none
    virtual bool is_cmyk() const { return false; }

    // The next row: row_values() values, channel beside channel, in whole steps of the depth (0 to 255, 0 to 65535) or
    // in linear light. At most info().height times. Throws Error::invalid that names the file.
    virtual void read(float* row) = 0;

protected:
    PictureInfo info_;
};

// Whether a picture may be in the colours of a printer: who allows them, asks is_cmyk().
enum class Inks { refused, allowed };

// Opens any picture; probes it first.
std::unique_ptr<PictureRows> open_picture(const std::filesystem::path& path, Inks inks = Inks::refused);

std::unique_ptr<PictureRows> open_vips_picture(const std::filesystem::path& path, PictureKind kind,
                                               Inks inks = Inks::refused);
std::unique_ptr<PictureRows> open_pnm_picture(const std::filesystem::path& path);
std::unique_ptr<PictureRows> open_exr_picture(const std::filesystem::path& path);

// The largest value of a depth: 255, 65535, 1.
double largest_value(ChannelDepth depth);

[[noreturn]] void refuse_picture(const std::filesystem::path& path, const std::string& why);

}  // namespace atelier::media
