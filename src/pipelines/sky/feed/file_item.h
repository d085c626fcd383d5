// Images that tell of themselves: AVM in a picture, a FITS header beside it, or a FITS image. What the sources of local
// folders and of addresses share.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "pipelines/sky/feed/candidate.h"
#include "pipelines/sky/pixels/pixels.h"

namespace atelier::pipelines::sky {

bool has_fits_name(const std::filesystem::path& file);  // by their names
bool is_image_file(const std::filesystem::path& file);

// The header of a FITS file that has the picture's name: NAME.wcs, NAME.fits, ...
std::optional<std::filesystem::path> header_beside(const std::filesystem::path& picture);
Wcs read_header_of(const std::filesystem::path& file);
// Kept in the item, so that the file isn't needed later.
json::Value to_item(const Wcs& wcs);
std::optional<Wcs> wcs_of_item(const json::Value& item, std::string_view key);

// In the picture's parity; `header`: of a file beside, if there is one. Throws Error::invalid with the reason.
Wcs position_of_file(const std::filesystem::path& image, PixelSize size, const std::optional<Wcs>& header);
// By the file's own AVM; `name` where it has no title.
Caption caption_of_file(const std::filesystem::path& image, const std::string& name);

}  // namespace atelier::pipelines::sky
