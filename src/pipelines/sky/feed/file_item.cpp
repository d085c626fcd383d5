#include "pipelines/sky/feed/file_item.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "pipelines/sky/feed/item.h"
#include "pipelines/sky/fits/fits_file.h"
#include "pipelines/sky/place/avm.h"

namespace atelier::pipelines::sky {

namespace fs = std::filesystem;

namespace {

constexpr std::array<std::string_view, 4> fits_names{"fits", "fit", "fts", "fz"};
constexpr std::array<std::string_view, 7> picture_names{"jpg", "png", "tif", "tiff", "webp", "jp2", "exr"};
constexpr double tolerated_aspect = 0.005;
constexpr int largest_side = 1'000'000'000;

template <std::size_t size>
bool is_among(const std::array<std::string_view, size>& names, const fs::path& file) {
    return std::find(names.begin(), names.end(), image_extension(file.filename().string())) != names.end();
}

// A header that was made for another size of the same picture.
Wcs fitted(const Wcs& wcs, PixelSize size) {
    if (wcs.width <= 0 || wcs.height <= 0 || (wcs.width == size.width && wcs.height == size.height)) return wcs;
    const double wanted = static_cast<double>(size.width) / size.height;
    const double given = static_cast<double>(wcs.width) / wcs.height;
    if (std::abs(wanted - given) / (wanted + given) > tolerated_aspect)
        throw Error(Error::Kind::invalid, fmt::format("its header is for an image of {} x {} pixels, it has {} x {}",
                                                      wcs.width, wcs.height, size.width, size.height));
    return wcs.scaled(static_cast<double>(size.width) / wcs.width);
}

}  // namespace

bool has_fits_name(const fs::path& file) { return is_among(fits_names, file); }
bool is_image_file(const fs::path& file) { return has_fits_name(file) || is_among(picture_names, file); }

std::optional<fs::path> header_beside(const fs::path& picture) {
    for (const char* extension : {".wcs", ".fits", ".fit", ".fts"}) {
        const fs::path beside = fs::path(picture).replace_extension(extension);
        if (beside != picture && fs::is_regular_file(beside)) return beside;
    }
    return std::nullopt;
}

Wcs read_header_of(const fs::path& file) {
    const FitsFile fits(file);
    if (fits.units().empty()) throw Error(Error::Kind::invalid, file.string() + " has no header");
    Wcs wcs = read_wcs(fits.units().front().header);
    const FitsHeader& header = fits.units().front().header;
    const auto side = [&](const char* of_picture, const char* of_data) {
        const auto told = header.whole(of_picture);
        return static_cast<int>(
            std::clamp<std::int64_t>(told ? *told : header.whole(of_data).value_or(0), 0, largest_side));
    };
    wcs.width = side("IMAGEW", "NAXIS1");
    wcs.height = side("IMAGEH", "NAXIS2");
    return wcs;
}

json::Value to_item(const Wcs& wcs) {
    return json::Object{{"crval", json::Array{wcs.crval1, wcs.crval2}},
                        {"crpix", json::Array{wcs.crpix1, wcs.crpix2}},
                        {"cd", json::Array{wcs.cd11, wcs.cd12, wcs.cd21, wcs.cd22}},
                        {"size", json::Array{wcs.width, wcs.height}}};
}

std::optional<Wcs> wcs_of_item(const json::Value& item, std::string_view key) {
    const json::Value* kept = find(item, key);
    if (kept == nullptr) return std::nullopt;
    const auto crval = numbers_at(*kept, "crval"), crpix = numbers_at(*kept, "crpix"), cd = numbers_at(*kept, "cd"),
               size = numbers_at(*kept, "size");
    if (crval.size() != 2 || crpix.size() != 2 || cd.size() != 4 || size.size() != 2) return std::nullopt;
    Wcs wcs{crval[0], crval[1], crpix[0], crpix[1], cd[0], cd[1], cd[2], cd[3]};
    wcs.width = static_cast<int>(std::clamp<double>(size[0], 0, largest_side));
    wcs.height = static_cast<int>(std::clamp<double>(size[1], 0, largest_side));
    return wcs;
}

// A picture of the sky isn't mirrored: where a header has the parity of FITS, its rows count from the bottom.
Wcs position_of_file(const fs::path& image, PixelSize size, const std::optional<Wcs>& header) {
    if (header || has_fits_name(image)) {
        const Wcs wcs = fitted(header ? *header : read_header_of(image), size);
        return wcs.top_down() ? wcs : wcs.flipped(size.height);
    }
    const auto avm = read_avm(image);
    if (!avm || !has_position(*avm))
        throw Error(
            Error::Kind::invalid,
            avm ? "its AVM says nothing of where it lies on the sky" : "it has no AVM, and no FITS header beside it",
            "`atelier sky check-avm` shows what it has; solve it (astrometry.net) and lay NAME.wcs beside it");
    return wcs_of(*avm, size.width, size.height);
}

Caption caption_of_file(const fs::path& image, const std::string& name) {
    Caption caption;
    if (!has_fits_name(image)) {
        if (const auto avm = read_avm(image)) {
            caption.title = avm->title;
            caption.description = avm->description;
            caption.credits = avm->credit;
            caption.credits_url = avm->reference_url;
        }
    }
    if (caption.title.empty()) caption.title = name;
    return caption;
}

}  // namespace atelier::pipelines::sky
