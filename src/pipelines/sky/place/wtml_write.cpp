// WTML out, in the form of the original: attributes in the order of the alphabet, two blanks an indent.
#include <fmt/format.h>

#include "pipelines/sky/place/wtml.h"
#include "pipelines/sky/place/xml_text.h"

namespace atelier::pipelines::sky {

namespace {

using Attributes = std::map<std::string, std::string>;

constexpr const char* truth(bool value) { return value ? "True" : "False"; }

void put_unless_empty(Attributes& attributes, const char* name, const std::string& value) {
    if (!value.empty()) attributes[name] = value;
}

void put_unless_zero(Attributes& attributes, const char* name, double value) {
    if (value != 0) attributes[name] = number_text(value);
}

class Writer {
public:
    void open(const char* name, const Attributes& attributes = {}) {
        line(fmt::format("<{}{}>", name, text_of(attributes)));
        ++depth_;
    }
    void close(const char* name) {
        --depth_;
        line(fmt::format("</{}>", name));
    }
    void text(const char* name, const std::string& value) {
        const std::string written = xml_text(value);
        line(written.empty() ? fmt::format("<{} />", name) : fmt::format("<{0}>{1}</{0}>", name, written));
    }
    void text_unless_empty(const char* name, const std::string& value) {
        if (!value.empty()) text(name, value);
    }
    std::string take() { return std::move(text_); }

private:
    static std::string text_of(const Attributes& attributes) {
        std::string text;
        for (const auto& [name, value] : attributes)
            text += fmt::format(" {}=\"{}\"", name, xml_attribute(value));
        return text;
    }
    void line(const std::string& content) {
        text_.append(2 * depth_, ' ');
        text_ += content;
        text_ += '\n';
    }

    std::string text_ = "<?xml version='1.0' encoding='UTF-8'?>\n";
    std::size_t depth_ = 0;
};

Attributes attributes_of(const ImageSet& image) {
    Attributes attributes = {{"BandPass", image.band_pass},
                             {"BaseDegreesPerTile", number_text(image.base_degrees_per_tile)},
                             {"BaseTileLevel", "0"},
                             {"BottomsUp", truth(image.bottoms_up)},
                             {"CenterX", number_text(image.center_x)},
                             {"CenterY", number_text(image.center_y)},
                             {"DataSetType", image.data_set_type},
                             {"ElevationModel", "False"},
                             {"FileType", image.file_type},
                             {"Generic", "False"},
                             {"Name", image.name},
                             {"Projection", image.projection},
                             {"QuadTreeMap", ""},
                             {"Rotation", number_text(image.rotation)},
                             {"Sparse", truth(image.sparse)},
                             {"StockSet", "False"},
                             {"TileLevels", std::to_string(image.tile_levels)},
                             {"Url", image.url},
                             {"WidthFactor", std::to_string(image.width_factor)}};
    put_unless_zero(attributes, "DataMax", image.data_max);
    put_unless_zero(attributes, "DataMin", image.data_min);
    put_unless_zero(attributes, "OffsetX", image.offset_x);
    put_unless_zero(attributes, "OffsetY", image.offset_y);
    put_unless_zero(attributes, "PixelCutHigh", image.pixel_cut_high);
    put_unless_zero(attributes, "PixelCutLow", image.pixel_cut_low);
    for (const auto& [name, value] : image.others)
        attributes[name] = value;
    return attributes;
}

void write(Writer& writer, const ImageSet& image) {
    writer.open("ImageSet", attributes_of(image));
    writer.text_unless_empty("Credits", image.credits);
    writer.text_unless_empty("CreditsUrl", image.credits_url);
    writer.text_unless_empty("Description", image.description);
    writer.text("ThumbnailUrl", image.thumbnail_url);
    writer.close("ImageSet");
}

Attributes attributes_of(const Place& place) {
    Attributes attributes = {{"Angle", "0"},
                             {"AngularSize", "0"},
                             {"DataSetType", place.data_set_type},
                             {"Magnitude", "0"},
                             {"Name", place.name},
                             {"Opacity", "100"},
                             {"Rotation", number_text(place.rotation)},
                             {"ZoomLevel", number_text(place.zoom_level)}};
    const bool sky = place.data_set_type == "Sky";
    const auto put_position = [&](const char* name, double value, bool always) {
        if (always || value != 0) attributes[name] = number_text(value);
    };
    put_position("RA", place.ra, sky);
    put_position("Dec", place.dec, sky);
    put_position("Lat", place.lat, !sky);
    put_position("Lng", place.lng, !sky);
    put_unless_empty(attributes, "Annotation", place.annotation);
    put_unless_empty(attributes, "Constellation", place.constellation);
    put_unless_empty(attributes, "Thumbnail", place.thumbnail);
    put_unless_empty(attributes, "XLastUpdated", place.last_updated);
    for (const auto& [name, value] : place.others)
        attributes[name] = value;
    return attributes;
}

void write(Writer& writer, const Place& place) {
    writer.open("Place", attributes_of(place));
    writer.text_unless_empty("Description", place.description);
    writer.open("ForegroundImageSet");
    write(writer, place.image);
    writer.close("ForegroundImageSet");
    writer.close("Place");
}

}  // namespace

std::string write_wtml(const WtmlFolder& folder) {
    Attributes attributes = {
        {"Browseable", "True"}, {"Group", "Explorer"}, {"Name", folder.name}, {"Searchable", "True"}};
    put_unless_empty(attributes, "Thumbnail", folder.thumbnail);
    for (const auto& [name, value] : folder.others)
        attributes[name] = value;
    Writer writer;
    writer.open("Folder", attributes);
    for (const Place& place : folder.places)
        write(writer, place);
    for (const ImageSet& image : folder.images)
        write(writer, image);
    writer.close("Folder");
    return writer.take();
}

}  // namespace atelier::pipelines::sky
