// WTML in, also in its older form (numbers as "0.0", more attributes). What has no field is kept as it was; elements
// that are none of ours are passed over.
#include <fmt/format.h>

#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "pipelines/sky/place/wtml_elements.h"

namespace atelier::pipelines::sky {

namespace {

constexpr int deepest_pyramid = 60;

// Takes the attributes of an element one by one; what is left at the end are the others.
class Element {
public:
    Element(const XmlDocument& document, const pugi::xml_node& node) : document_(document), node_(node) {
        for (const pugi::xml_attribute& attribute : node.attributes())
            if (!left_.emplace(attribute.name(), attribute.value()).second)
                refuse(fmt::format("{} stands there twice", printable(attribute.name())));
    }

    void take(const char* name, std::string& to) {
        const auto found = left_.find(name);
        if (found == left_.end()) return;
        to = std::move(found->second);
        left_.erase(found);
    }
    void take(const char* name, double& to) {
        std::string text;
        take(name, text);
        if (!text.empty()) to = number(name, text);
    }
    void take(const char* name, int& to, int most) {
        double value = to;
        take(name, value);
        if (value != std::floor(value) || value < 0 || value > most)
            refuse(fmt::format("{} is no whole number from 0 to {}", name, most));
        to = static_cast<int>(value);
    }
    void take(const char* name, bool& to) {
        std::string text;
        take(name, text);
        if (text.empty()) return;
        const std::string value = lower(text);
        if (value != "true" && value != "false") refuse(fmt::format("{} is neither True nor False", name));
        to = value == "true";
    }
    // Of the ones that are always written the same nothing has to be kept.
    void drop(const char* name, double usual) {
        const auto found = left_.find(name);
        if (found != left_.end() && parse_number(found->second) == usual) left_.erase(found);
    }
    void drop(const char* name, std::string_view usual) {
        const auto found = left_.find(name);
        if (found != left_.end() && found->second == usual) left_.erase(found);
    }
    std::map<std::string, std::string> others() { return std::move(left_); }
    void refuse(const std::string& why) const { document_.refuse(node_, fmt::format("{}: {}", node_.name(), why)); }

private:
    double number(const char* name, const std::string& text) const {
        const auto value = parse_number(trim(text));
        if (!value) refuse(fmt::format("{} is not a number: \"{}\"", name, printable(text)));
        return *value;
    }

    const XmlDocument& document_;
    pugi::xml_node node_;
    std::map<std::string, std::string> left_;
};

std::string text_of(const pugi::xml_node& node, const char* name) { return node.child(name).text().get(); }

}  // namespace

ImageSet read_image_set(const XmlDocument& document, const pugi::xml_node& node) {
    Element element(document, node);
    ImageSet image;
    element.take("Name", image.name);
    element.take("Url", image.url);
    element.take("FileType", image.file_type);
    element.take("DataSetType", image.data_set_type);
    element.take("Projection", image.projection);
    element.take("BandPass", image.band_pass);
    element.take("BaseDegreesPerTile", image.base_degrees_per_tile);
    element.take("TileLevels", image.tile_levels, deepest_pyramid);
    element.take("BottomsUp", image.bottoms_up);
    image.sparse = false;
    element.take("Sparse", image.sparse);
    element.take("CenterX", image.center_x);
    element.take("CenterY", image.center_y);
    element.take("OffsetX", image.offset_x);
    element.take("OffsetY", image.offset_y);
    element.take("Rotation", image.rotation);
    element.take("DataMin", image.data_min);
    element.take("DataMax", image.data_max);
    element.take("PixelCutLow", image.pixel_cut_low);
    element.take("PixelCutHigh", image.pixel_cut_high);
    element.take("WidthFactor", image.width_factor, 1 << 20);
    element.drop("BaseTileLevel", 0);
    for (const char* name : {"ElevationModel", "Generic", "StockSet"})
        element.drop(name, "False");
    element.drop("QuadTreeMap", "");
    image.others = element.others();
    image.credits = text_of(node, "Credits");
    image.credits_url = text_of(node, "CreditsUrl");
    image.description = text_of(node, "Description");
    image.thumbnail_url = text_of(node, "ThumbnailUrl");
    return image;
}

namespace {

Place read_place(const XmlDocument& document, const pugi::xml_node& node) {
    Element element(document, node);
    Place place;
    element.take("Name", place.name);
    element.take("DataSetType", place.data_set_type);
    element.take("RA", place.ra);
    element.take("Dec", place.dec);
    element.take("Lat", place.lat);
    element.take("Lng", place.lng);
    element.take("Rotation", place.rotation);
    element.take("ZoomLevel", place.zoom_level);
    element.take("Constellation", place.constellation);
    element.take("Thumbnail", place.thumbnail);
    element.take("Annotation", place.annotation);
    element.take("XLastUpdated", place.last_updated);
    element.drop("Angle", 0);
    element.drop("AngularSize", 0);
    element.drop("Magnitude", 0);
    element.drop("Opacity", 100);
    place.others = element.others();
    place.description = text_of(node, "Description");
    const pugi::xml_node image = node.child("ForegroundImageSet").child("ImageSet");
    if (!image) element.refuse("it holds no ForegroundImageSet with an ImageSet");
    place.image = read_image_set(document, image);
    return place;
}

}  // namespace

WtmlFolder read_wtml(std::string_view text, const std::filesystem::path& name_for_errors) {
    const XmlDocument document(text, name_for_errors);
    const pugi::xml_node root = document.root();
    if (std::string_view(root.name()) != "Folder") document.refuse(root, "a Folder is expected");
    Element element(document, root);
    WtmlFolder folder;
    element.take("Name", folder.name);
    element.take("Thumbnail", folder.thumbnail);
    element.drop("Browseable", "True");
    element.drop("Group", "Explorer");
    element.drop("Searchable", "True");
    folder.others = element.others();
    for (const pugi::xml_node& node : root.children()) {
        if (std::string_view(node.name()) == "Place") folder.places.push_back(read_place(document, node));
        if (std::string_view(node.name()) == "ImageSet") folder.images.push_back(read_image_set(document, node));
    }
    return folder;
}

}  // namespace atelier::pipelines::sky
