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

// A tag whose value can't be; it counts as missing.
struct AvmProblem {
    std::string tag;       // "Spatial.Scale"
    std::string what;      // "it should be two numbers"
    std::string original;  // what the original says of it, which stops at the first
};

struct Avm {
    std::string title, description, credit, reference_url;
    std::vector<double> reference_value, reference_dimension, reference_pixel, scale, cd_matrix;
    std::optional<double> rotation;
    std::string coordinate_frame, equinox, projection, quality;
    // All tags that are known, in the order in which they are shown; empty values, "-" among them, left out.
    std::vector<std::pair<std::string, std::vector<std::string>>> tags;
    std::vector<AvmProblem> problems;
};

std::optional<std::string> find_xmp(const std::filesystem::path& path);  // the packet
// Throws Error::invalid for what is no XMP.
Avm parse_avm(std::string_view xmp);
// Nothing where there is no packet, or no tag of AVM in it.
std::optional<Avm> read_avm(const std::filesystem::path& path);

bool has_position(const Avm& avm);
// In the picture's parity (top-down), for an image of this size. Throws Error::invalid with the reason. A CD matrix is
// that of the image which AVM speaks of, and is scaled to this one; the original forgets to (`compatible`).
Wcs wcs_of(const Avm& avm, int width, int height, bool compatible = false);

// All tags as lines for people; `compatible`: as the original prints them.
std::string avm_text(const Avm& avm, bool compatible);

}  // namespace atelier::pipelines::sky
