// The numbers of a FITS image as rows, top-down.
#pragma once

#include "pipelines/sky/fits/fits_file.h"
#include "pipelines/sky/pixels/pixels.h"

namespace atelier::pipelines::sky {

bool is_fits(const std::filesystem::path& path);  // by its first bytes; also when it is packed by gzip

Mode mode_of_values(FitsType type);

// The first unit that is an image. Throws Error::not_found when none is.
std::size_t image_unit(const FitsFile& file, const std::filesystem::path& name_for_errors = "the FITS file");

std::unique_ptr<PixelRows> open_fits_rows(const std::filesystem::path& path, const Crop& crop);
PixelSize size_of_fits(const std::filesystem::path& path);

}  // namespace atelier::pipelines::sky
