// AVM: what an image says of itself in its XMP, where it lies on the sky above all. Found in JPEG, PNG, TIFF or
// anywhere in a file; what is wrong is said in words that a person can act on.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipelines/sky/place/wcs.h"

namespace atelier::pipelines::sky {

// One value of a tag; lists and nested ones as the XMP has them.
struct Avm {
    std::string title, description, credit, reference_url;
    std::vector<double> reference_value, reference_dimension, reference_pixel, scale, cd_matrix;
    std::optional<double> rotation;
    std::string coordinate_frame, equinox, projection, quality;
    std::vector<std::pair<std::string, std::vector<std::string>>> tags;  // all of them, for check-avm, in its order
};

std::optional<std::string> find_xmp(const std::filesystem::path& path);  // the packet
Avm parse_avm(std::string_view xmp);                                     // throws Error::invalid: malformed, and what
std::optional<Avm> read_avm(const std::filesystem::path& path);
bool has_position(const Avm& avm);
// In the picture's parity (top-down), for an image of this size. Throws Error::invalid with the reason.
Wcs wcs_of(const Avm& avm, int width, int height);

}  // namespace atelier::pipelines::sky
