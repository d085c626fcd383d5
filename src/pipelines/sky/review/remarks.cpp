#include "pipelines/sky/review/remarks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "pipelines/sky/place/position.h"
#include "pipelines/sky/place/sexagesimal.h"

namespace atelier::pipelines::sky {

namespace {

using Grade = Remark::Grade;
using Remarks = std::vector<Remark>;

constexpr double arcsecond = 1.0 / 3600;
constexpr double finest_scale = 0.005 * arcsecond;  // of a pixel: no telescope's pictures are finer
constexpr double coarsest_scale = 120 * arcsecond;  // of a pixel: all of the sky in a small picture
constexpr double widest_flat = 60;                  // degrees: a flat picture of more is badly distorted at its edges
constexpr double zoom_a_degree = 6;                 // of WorldWide Telescope: the height of the window
constexpr double tightest_view = 0.5, widest_view = 20;  // windows a height of the picture

void on_words(const std::string& id, const Place& place, Remarks& remarks) {
    if (trim(place.name).empty())
        remarks.push_back({Grade::stop, "It has no name.", "People find it by its name; the source left it empty."});
    else if (place.name == id)
        remarks.push_back({Grade::look, "Its name is its id.", "The source gave no title."});
    if (trim(place.image.credits).empty())
        remarks.push_back({Grade::look, "Nobody is credited.", "Many licences ask for a credit line."});
    if (trim(place.image.credits_url).empty())
        remarks.push_back({Grade::note, "No page is linked.", "People can't go from the sky to the image's own page."});
    if (trim(place.image.description).empty() && trim(place.description).empty())
        remarks.push_back({Grade::note, "It has no description.", {}});
    for (const std::string* text : {&place.image.credits, &place.description, &place.image.description})
        if (text->find("&lt;") != std::string::npos || text->find("&amp;") != std::string::npos) {
            remarks.push_back({Grade::note, "Its words carry HTML that was escaped twice.",
                               "Some clients show the codes instead of the letters."});
            break;
        }
}

void on_pixels(const Picture& picture, const Place& place, Remarks& remarks) {
    if (picture.width == 0 && place.image.projection != "Healpix")
        remarks.push_back({Grade::stop, "How large the picture is can't be told.",
                           "Neither its original in the cache nor its tiles are there."});
    else if (picture.is_guess)
        remarks.push_back({Grade::note, "The size is a guess from the tiles that are there.",
                           "The original isn't in the cache any more; corners may be off by up to a tile."});
    const int side = 256 << std::clamp(picture.levels, 0, 20);
    if (picture.is_tiled && std::max(picture.width, picture.height) > side)
        remarks.push_back({Grade::stop, "The picture is larger than its pyramid.",
                           fmt::format("{} levels hold {} pixels.", picture.levels, side)});
    if (picture.top_is_missing && picture.is_tiled)
        remarks.push_back({Grade::stop, "The tile of level 0 is missing.",
                           "From far away nothing would be seen of it; process it again."});
    if (picture.missing > 0 && picture.missing < picture.tiles)
        remarks.push_back({Grade::note, fmt::format("{} of {} tiles aren't there.", picture.missing, picture.tiles),
                           "Fine where the picture is transparent."});
    if (!picture.has_thumbnail)
        remarks.push_back({Grade::look, "It has no thumbnail.", "Lists show it without a picture."});
    if (picture.is_tiled && place.image.tile_levels == 0 && place.image.projection == "SkyImage")
        remarks.push_back({Grade::look, "A small picture with the address of tiles.",
                           "WorldWide Telescope takes an image of level 0 as one file."});
}

void on_scale(const Placement& placement, Remarks& remarks) {
    if (placement.scale < finest_scale)
        remarks.push_back({Grade::stop, fmt::format("A pixel is {} wide.", angle_text(placement.scale)),
                           "So fine a scale is a slip in the source: degrees for arcseconds, or a wrong size."});
    if (placement.scale > coarsest_scale)
        remarks.push_back({Grade::look, fmt::format("A pixel is {} wide.", angle_text(placement.scale)),
                           "So coarse a scale is rare; is the unit right?"});
    if (std::max(placement.width, placement.height) > widest_flat)
        remarks.push_back({Grade::look, fmt::format("It covers {} of the sky.", angle_text(placement.width)),
                           "A flat picture of so much is distorted towards its edges."});
}

void on_position(const Place& place, const Picture& picture, const Placement& placement, Remarks& remarks) {
    if (lies_nowhere(place.image))
        remarks.push_back({Grade::stop, "It has no position.",
                           "It would lie at the centre of the sky's coordinates, a degree large."});
    if (placement.bottom_up)
        remarks.push_back({Grade::look, "Its parity is that of FITS.",
                           "Its rows go upwards; WorldWide Telescope turns it over, others may show it mirrored."});
    const bool is_outside = placement.reference_x < 0.5 || placement.reference_x > picture.width + 0.5 ||
                            placement.reference_y < 0.5 || placement.reference_y > picture.height + 0.5;
    if (is_outside && !lies_nowhere(place.image))
        remarks.push_back({Grade::look, "The reference pixel lies outside of the picture.",
                           "That may be right for a part of a larger one, and is often a slip in the source."});
}

void on_view(const Place& place, const Placement& placement, Remarks& remarks) {
    const double off = separation(place.ra * 15, place.dec, placement.centre.ra, placement.centre.dec);
    if (off > std::max(placement.width, placement.height) / 4)
        remarks.push_back({Grade::look, fmt::format("The view opens {} beside the picture.", angle_text(off)),
                           "The place and the image of the WTML disagree."});
    const double windows = placement.height > 0 ? place.zoom_level / zoom_a_degree / placement.height : 0;
    if (windows > 0 && (windows < tightest_view || windows > widest_view))
        remarks.push_back({Grade::look, fmt::format("The view opens {} high.", angle_text(place.zoom_level / 6)),
                           fmt::format("The picture is {} high.", angle_text(placement.height))});
    const std::string here = constellation_of(placement.centre.ra / 15, placement.centre.dec);
    if (!here.empty() && !place.constellation.empty() && here != place.constellation)
        remarks.push_back({Grade::look, "Its constellation is told as " + place.constellation + ".",
                           "Its centre lies in " + here + "."});
}

}  // namespace

std::string_view to_string(Remark::Grade grade) {
    switch (grade) {
        case Grade::stop: return "stop";
        case Grade::look: return "look";
        case Grade::note: return "note";
    }
    return "";
}

std::vector<Remark> remarks_on(const std::string& id, const Place& place, const Picture& picture,
                               const std::optional<Placement>& placement) {
    Remarks remarks;
    if (placement) {
        on_position(place, picture, *placement, remarks);
        on_scale(*placement, remarks);
        if (!lies_nowhere(place.image)) on_view(place, *placement, remarks);
    } else if (place.image.data_set_type == "Sky" && picture.width > 0 && place.image.projection != "Toast" &&
               place.image.projection != "Healpix") {
        remarks.push_back({Grade::stop, "Its position makes no sense.", "Its scale or its centre is out of range."});
    }
    on_pixels(picture, place, remarks);
    on_words(id, place, remarks);
    std::stable_sort(remarks.begin(), remarks.end(),
                     [](const Remark& one, const Remark& other) { return one.grade < other.grade; });
    return remarks;
}

}  // namespace atelier::pipelines::sky
