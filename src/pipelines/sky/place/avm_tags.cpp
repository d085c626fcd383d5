#include "pipelines/sky/place/avm_tags.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/error.h"

namespace atelier::pipelines::sky {

namespace {

using std::string_view_literals::operator""sv;
using enum AvmKind;

constexpr std::array types{"Observation"sv, "Artwork"sv, "Photographic"sv, "Planetary"sv,
                           "Simulation"sv,  "Collage"sv, "Chart"sv};
constexpr std::array qualities{"Good"sv, "Moderate"sv, "Poor"sv};
constexpr std::array colours{"Purple"sv, "Blue"sv,    "Cyan"sv,      "Green"sv,       "Yellow"sv,    "Orange"sv,
                             "Red"sv,    "Magenta"sv, "Grayscale"sv, "Pseudocolor"sv, "Luminosity"sv};
constexpr std::array bands{"Radio"sv,       "Millimeter"sv, "Infrared"sv, "Optical"sv,
                           "Ultraviolet"sv, "X-ray"sv,      "Gamma-ray"sv};
constexpr std::array frames{"ICRS"sv, "FK5"sv, "FK4"sv, "ECL"sv, "GAL"sv, "SGAL"sv};
constexpr std::array projections{"TAN"sv, "SIN"sv, "ARC"sv, "AIT"sv, "CAR"sv, "CEA"sv};
constexpr std::array spatial_qualities{"Full"sv, "Position"sv};

const AvmTag tags[] = {
    {"MetadataVersion", "avm", "MetadataVersion", number},
    {"Creator", "photoshop", "Source"},
    {"Rights", "xapRights", "UsageTerms"},
    {"Title", "dc", "title"},
    {"Headline", "photoshop", "Headline"},
    {"Description", "dc", "description"},
    {"Distance", "avm", "Distance", numbers},
    {"Distance.Notes", "avm", "Distance.Notes"},
    {"ReferenceURL", "avm", "ReferenceURL", url},
    {"Credit", "photoshop", "Credit"},
    {"Date", "photoshop", "DateCreated"},
    {"ID", "avm", "ID"},
    {"Type", "avm", "Type", capitalized, types},
    {"Facility", "avm", "Facility", list},
    {"Instrument", "avm", "Instrument", list},
    {"DatasetID", "avm", "DatasetID", list},
    {"Publisher", "avm", "Publisher"},
    {"PublisherID", "avm", "PublisherID"},
    {"ResourceID", "avm", "ResourceID"},
    {"ResourceURL", "avm", "ResourceURL", url},
    {"RelatedResources", "avm", "RelatedResources", list},
    {"MetadataDate", "avm", "MetadataDate"},
    {"PublicationID", "avm", "PublicationID", list},
    {"ProposalID", "avm", "ProposalID", list},
    {"Contact.Name", "dc", "creator", list},
    {"Subject.Category", "avm", "Subject.Category", list},
    {"Subject.Name", "dc", "subject", list},
    {"Image.ProductQuality", "avm", "Image.ProductQuality", capitalized, qualities},
    {"Spectral.ColorAssignment", "avm", "Spectral.ColorAssignment", capitalized_list, colours},
    {"Spectral.Band", "avm", "Spectral.Band", capitalized_list, bands},
    {"Spectral.Bandpass", "avm", "Spectral.Bandpass", list},
    {"Spectral.CentralWavelength", "avm", "Spectral.CentralWavelength", numbers},
    {"Spectral.Notes", "avm", "Spectral.Notes"},
    {"Temporal.StartTime", "avm", "Temporal.StartTime", list},
    {"Temporal.IntegrationTime", "avm", "Temporal.IntegrationTime", numbers},
    {"Spatial.CoordinateFrame", "avm", "Spatial.CoordinateFrame", upper, frames},
    {"Spatial.Equinox", "avm", "Spatial.Equinox"},
    {"Spatial.ReferenceValue", "avm", "Spatial.ReferenceValue", numbers, {}, 2},
    {"Spatial.ReferenceDimension", "avm", "Spatial.ReferenceDimension", numbers, {}, 2},
    {"Spatial.ReferencePixel", "avm", "Spatial.ReferencePixel", numbers, {}, 2},
    {"Spatial.Scale", "avm", "Spatial.Scale", numbers, {}, 2},
    {"Spatial.Rotation", "avm", "Spatial.Rotation", number},
    {"Spatial.CoordsystemProjection", "avm", "Spatial.CoordsystemProjection", upper, projections},
    {"Spatial.Quality", "avm", "Spatial.Quality", capitalized, spatial_qualities},
    {"Spatial.Notes", "avm", "Spatial.Notes"},
    {"Spatial.FITSheader", "avm", "Spatial.FITSheader"},
    {"Spatial.CDMatrix", "avm", "Spatial.CDMatrix", numbers, {}, 4},
    {"FL.BackgroundLevel", "avm", "FL.BackgroundLevel", numbers},
    {"FL.BlackLevel", "avm", "FL.BlackLevel", numbers},
    {"FL.ScaledPeakLevel", "avm", "FL.ScaledPeakLevel", numbers},
    {"FL.PeakLevel", "avm", "FL.PeakLevel", numbers},
    {"FL.WhiteLevel", "avm", "FL.WhiteLevel", numbers},
    {"FL.ScaledBackgroundLevel", "avm", "FL.ScaledBackgroundLevel", numbers},
    {"FL.StretchFunction", "avm", "FL.StretchFunction", list},
};

constexpr std::pair<std::string_view, std::string_view> spaces[] = {
    {"http://www.communicatingastronomy.org/avm/1.0/", "avm"}, {"http://purl.org/dc/elements/1.1/", "dc"},
    {"http://ns.adobe.com/photoshop/1.0/", "photoshop"},       {"http://ns.adobe.com/xap/1.0/rights/", "xapRights"},
    {"http://www.w3.org/1999/02/22-rdf-syntax-ns#", "rdf"},
};

}  // namespace

std::span<const AvmTag> avm_tags() { return tags; }

const AvmTag* find_avm_tag(std::string_view space, std::string_view local) {
    const auto found = std::find_if(std::begin(tags), std::end(tags),
                                    [&](const AvmTag& tag) { return tag.local == local && tag.space == space; });
    return found == std::end(tags) ? nullptr : found;
}

const AvmTag& avm_tag(std::string_view name) {
    const auto found =
        std::find_if(std::begin(tags), std::end(tags), [&](const AvmTag& tag) { return tag.name == name; });
    if (found == std::end(tags)) throw Error(Error::Kind::internal, "AVM has no tag " + std::string(name));
    return *found;
}

std::string_view avm_space(std::string_view uri) {
    const auto found =
        std::find_if(std::begin(spaces), std::end(spaces), [&](const auto& space) { return space.first == uri; });
    return found == std::end(spaces) ? std::string_view() : found->second;
}

}  // namespace atelier::pipelines::sky
