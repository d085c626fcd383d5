// WTML, what WorldWide Telescope reads: a folder of places and image sets. Written as the original writes it, read from
// strangers with checks.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace atelier::pipelines::sky {

std::string number_text(double value);  // the shortest that reads back the same, without a trailing ".0"

struct ImageSet {
    std::string name;
    std::string url;
    std::string file_type = ".png";
    std::string data_set_type = "Sky";  // Sky, Planet, Panorama
    std::string projection = "Tan";     // Tan, SkyImage, Toast, Healpix
    std::string band_pass = "Visible";
    double base_degrees_per_tile = 0;
    int tile_levels = 0;
    bool bottoms_up = false;
    bool sparse = true;
    double center_x = 0, center_y = 0;
    double offset_x = 0, offset_y = 0;
    double rotation = 0;
    double data_min = 0, data_max = 0;
    double pixel_cut_low = 0, pixel_cut_high = 0;
    int width_factor = 2;
    std::string credits, credits_url, description, thumbnail_url;
    std::map<std::string, std::string> others;  // attributes that have no field here, kept as they were
};

struct Place {
    std::string name;
    std::string data_set_type = "Sky";
    double ra = 0;   // hours
    double dec = 0;  // degrees
    double lat = 0, lng = 0;
    double rotation = 0;
    double zoom_level = 0;
    std::string constellation, thumbnail, annotation, description;
    std::string last_updated;  // XLastUpdated
    ImageSet image;
    std::map<std::string, std::string> others;  // as in ImageSet
};

struct WtmlFolder {
    std::string name;
    std::string thumbnail;
    std::vector<Place> places;
    std::vector<ImageSet> images;  // without a place
    std::map<std::string, std::string> others;
};

std::string write_wtml(const WtmlFolder& folder);
// Throws Error::invalid with line and column. The older form is read, too, and what isn't known is kept.
WtmlFolder read_wtml(std::string_view text, const std::filesystem::path& name_for_errors);

// Every URL in it that names no host is joined to `prefix`/`id`/; those that are empty stay so.
void make_absolute(WtmlFolder& folder, std::string_view prefix, std::string_view id);

}  // namespace atelier::pipelines::sky
