#include "pipelines/sky/place/avm.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>

#include "base/error.h"
#include "base/text.h"
#include "pipelines/sky/place/avm_tags.h"
#include "pipelines/sky/place/frame.h"
#include "pipelines/sky/place/xml_document.h"

namespace atelier::pipelines::sky {

namespace {

constexpr std::size_t most_prefixes = 64;

struct Value {
    bool is_list = false;
    std::vector<std::string> items;  // trimmed
};
using Values = std::map<const AvmTag*, Value>;  // ordered by the table, since its tags lie in it one after the other

// Goes through RDF and takes the tags out of it; prefixes are what the document declares them to be.
class XmpReader {
public:
    explicit XmpReader(const XmlDocument& document) : document_(document) {}

    Values read() {
        declare(document_.root());
        enter(document_.root());
        return std::move(values_);
    }

private:
    struct Name {
        std::string_view space, local;
    };

    void enter(const pugi::xml_node& node) {
        for (const pugi::xml_attribute& attribute : node.attributes())
            if (const AvmTag* tag = tag_of(attribute.name()))
                values_[tag] = {false, {std::string(trim(attribute.value()))}};
        for (const pugi::xml_node& child : node.children()) {
            if (child.type() != pugi::node_element) continue;
            const std::size_t known = prefixes_.size();
            declare(child);
            take(child);
            prefixes_.resize(known);
        }
    }

    void take(const pugi::xml_node& node) {
        const Name name = name_of(node.name());
        if (name.space == "rdf") return enter(node);
        const AvmTag* tag = find_avm_tag(name.space, name.local);
        if (tag == nullptr) return;
        const pugi::xml_node inner = first_element(node);
        if (!inner)
            values_[tag] = {false, {std::string(trim(node.text().get()))}};
        else if (is_list(inner))
            values_[tag] = {true, items_of(inner)};
    }

    static pugi::xml_node first_element(const pugi::xml_node& node) {
        for (const pugi::xml_node& child : node.children())
            if (child.type() == pugi::node_element) return child;
        return {};
    }

    bool is_list(const pugi::xml_node& node) {
        declare(node);
        const Name name = name_of(node.name());
        return name.space == "rdf" && (name.local == "Seq" || name.local == "Bag" || name.local == "Alt");
    }

    static std::vector<std::string> items_of(const pugi::xml_node& list) {
        std::vector<std::string> items;
        for (const pugi::xml_node& item : list.children())
            if (item.type() == pugi::node_element) items.emplace_back(trim(item.text().get()));
        return items;
    }

    void declare(const pugi::xml_node& node) {
        for (const pugi::xml_attribute& attribute : node.attributes()) {
            const std::string_view name = attribute.name();
            if (name != "xmlns" && !name.starts_with("xmlns:")) continue;
            if (prefixes_.size() == most_prefixes)
                document_.refuse(node, fmt::format("more than {} namespaces are declared", most_prefixes));
            const std::size_t colon = name.find(':');
            prefixes_.emplace_back(colon == std::string_view::npos ? "" : name.substr(colon + 1),
                                   avm_space(attribute.value()));
        }
    }

    Name name_of(std::string_view name) const {
        const std::size_t colon = name.find(':');
        const std::string_view prefix = colon == std::string_view::npos ? "" : name.substr(0, colon);
        const std::string_view local = colon == std::string_view::npos ? name : name.substr(colon + 1);
        const auto found = std::find_if(prefixes_.rbegin(), prefixes_.rend(),
                                        [&](const auto& declared) { return declared.first == prefix; });
        return {found == prefixes_.rend() ? "" : found->second, local};
    }
    const AvmTag* tag_of(std::string_view attribute) const {
        if (attribute.find(':') == std::string_view::npos) return nullptr;  // attributes have no default namespace
        const Name name = name_of(attribute);
        return find_avm_tag(name.space, name.local);
    }

    const XmlDocument& document_;
    std::vector<std::pair<std::string_view, std::string_view>> prefixes_;  // the space is empty for one of no interest
    Values values_;
};

bool is_nothing(std::string_view text) { return text.empty() || text == "-"; }

std::string in_form(AvmKind kind, const std::string& text) {
    std::string result = text;
    const auto to_upper = [](char letter) {
        return letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 32) : letter;
    };
    if (kind == AvmKind::upper) std::transform(result.begin(), result.end(), result.begin(), to_upper);
    if (kind == AvmKind::capitalized || kind == AvmKind::capitalized_list) {
        result = lower(result);
        if (!result.empty()) result[0] = to_upper(result[0]);
    }
    if (kind == AvmKind::url && result.find("://") == std::string::npos) result = "http://" + result;
    return result;
}

class Checker {
public:
    explicit Checker(Avm& avm) : avm_(avm) {}

    // The values of a tag as they are shown, or nothing when they can't be.
    std::vector<std::string> check(const AvmTag& tag, Value value) {
        const bool wants_list =
            tag.kind == AvmKind::list || tag.kind == AvmKind::capitalized_list || tag.kind == AvmKind::numbers;
        if (std::all_of(value.items.begin(), value.items.end(), is_nothing)) return {};
        if (wants_list && !value.is_list) {
            refuse(tag, "it should be a list (rdf:Seq)", "Data needs to be a Python List. (TypeError)");
            return {};
        }
        if (!wants_list) value.items.resize(1);  // of a text in several languages, the first
        if (tag.length > 0 && value.items.size() != tag.length) {
            refuse(tag, fmt::format("it should be {} numbers, and has {}", tag.length, value.items.size()),
                   "Data is not the correct length. (AVMListLengthError)");
            return {};
        }
        std::vector<std::string> shown;
        for (const std::string& item : value.items) {
            if (is_nothing(item)) continue;
            if (!check_item(tag, item)) return {};
            shown.push_back(in_form(tag.kind, item));
        }
        if (tag.length > 0 && shown.size() != tag.length) {
            refuse(tag, "one of its numbers is missing", "Data is not the correct length. (AVMListLengthError)");
            return {};
        }
        return shown;
    }

private:
    bool check_item(const AvmTag& tag, const std::string& item) {
        const bool wants_number = tag.kind == AvmKind::number || tag.kind == AvmKind::numbers;
        if (wants_number && !parse_number(item)) {
            refuse(tag, fmt::format("\"{}\" is not a number", printable(item)),
                   tag.kind == AvmKind::number ? "Enter a value that can be represented as a number. (TypeError)"
                                               : "Enter a string that can be represented as a number. (TypeError)");
            return false;
        }
        const auto& words = tag.vocabulary;
        if (words.empty() || std::find(words.begin(), words.end(), in_form(tag.kind, item)) != words.end()) return true;
        refuse(tag, fmt::format("\"{}\" is none of {}", printable(item), fmt::join(words, ", ")),
               "Item is not in the controlled vocabulary. (AVMItemNotInControlledVocabularyError)");
        return false;
    }

    void refuse(const AvmTag& tag, std::string what, std::string original) {
        avm_.problems.push_back({std::string(tag.name), std::move(what), std::move(original)});
    }

    Avm& avm_;
};

void keep(Avm& avm, const AvmTag& tag, const std::vector<std::string>& values) {
    const std::pair<std::string_view, std::string*> texts[] = {{"Title", &avm.title},
                                                               {"Description", &avm.description},
                                                               {"Credit", &avm.credit},
                                                               {"ReferenceURL", &avm.reference_url},
                                                               {"Spatial.CoordinateFrame", &avm.coordinate_frame},
                                                               {"Spatial.Equinox", &avm.equinox},
                                                               {"Spatial.CoordsystemProjection", &avm.projection},
                                                               {"Spatial.Quality", &avm.quality}};
    for (const auto& [name, text] : texts)
        if (tag.name == name) *text = values.front();
    const std::pair<std::string_view, std::vector<double>*> numbers[] = {
        {"Spatial.ReferenceValue", &avm.reference_value},
        {"Spatial.ReferenceDimension", &avm.reference_dimension},
        {"Spatial.ReferencePixel", &avm.reference_pixel},
        {"Spatial.Scale", &avm.scale},
        {"Spatial.CDMatrix", &avm.cd_matrix}};
    for (const auto& [name, list] : numbers)
        if (tag.name == name)
            for (const std::string& value : values)
                list->push_back(parse_number(value).value_or(0));
    if (tag.name == "Spatial.Rotation") avm.rotation = parse_number(values.front());
}

// What a writer pads a packet with.
std::string_view without_padding(std::string_view xmp) {
    while (!xmp.empty() && (xmp.back() == '\0' || trim(xmp.substr(xmp.size() - 1)).empty()))
        xmp.remove_suffix(1);
    return xmp;
}

}  // namespace

Avm parse_avm(std::string_view xmp) {
    const XmlDocument document(without_padding(xmp), "XMP");
    Avm avm;
    Checker checker(avm);
    for (auto& [tag, value] : XmpReader(document).read()) {
        auto shown = checker.check(*tag, std::move(value));
        if (shown.empty()) continue;
        keep(avm, *tag, shown);
        avm.tags.emplace_back(tag->name, std::move(shown));
    }
    return avm;
}

std::optional<Avm> read_avm(const std::filesystem::path& path) {
    const auto xmp = find_xmp(path);
    if (!xmp) return std::nullopt;
    try {
        Avm avm = parse_avm(*xmp);
        if (avm.tags.empty() && avm.problems.empty()) return std::nullopt;
        return avm;
    } catch (const Error& error) {
        throw Error(error.kind(), fmt::format("{}: {}", path.string(), error.what()), error.hint(), error.where());
    }
}

bool has_position(const Avm& avm) {
    return std::any_of(avm.tags.begin(), avm.tags.end(),
                       [](const auto& tag) { return tag.first.starts_with("Spatial."); });
}

namespace {

void check_spatial_tags(const Avm& avm) {
    for (const AvmProblem& problem : avm.problems)
        if (problem.tag.starts_with("Spatial."))
            refuse_position(fmt::format("its AVM is malformed: {}: {}", problem.tag, problem.what));
    if (!has_position(avm)) refuse_position("its AVM says nothing of where it lies on the sky");
    const std::string hint = avm.quality == "Position" ? "Only its middle is known (Spatial.Quality is Position)." : "";
    const auto need = [&](const std::vector<double>& numbers, const char* tag) {
        if (numbers.empty()) refuse_position(fmt::format("its AVM lacks {}", tag), hint);
    };
    need(avm.reference_value, "Spatial.ReferenceValue");
    need(avm.reference_dimension, "Spatial.ReferenceDimension");
    need(avm.reference_pixel, "Spatial.ReferencePixel");
    if (avm.cd_matrix.empty()) need(avm.scale, "Spatial.Scale");
}

}  // namespace

Wcs wcs_of(const Avm& avm, int width, int height, bool compatible) {
    check_spatial_tags(avm);
    check_spatial(avm.projection, avm.coordinate_frame, avm.equinox);
    const double reference_width = avm.reference_dimension[0], reference_height = avm.reference_dimension[1];
    if (reference_width < 1 || reference_height < 1)
        refuse_position("Spatial.ReferenceDimension is no size of an image");
    check_aspect(reference_width, reference_height, width, height);
    const double factor = width / reference_width;
    Wcs wcs;
    wcs.crval1 = avm.reference_value[0];
    wcs.crval2 = avm.reference_value[1];
    wcs.crpix1 = avm.reference_pixel[0] * factor;
    wcs.crpix2 = avm.reference_pixel[1] * factor;
    if (!avm.cd_matrix.empty()) {
        const double by = compatible ? 1 : factor;
        wcs.cd11 = avm.cd_matrix[0] / by;
        wcs.cd12 = avm.cd_matrix[1] / by;
        wcs.cd21 = avm.cd_matrix[2] / by;
        wcs.cd22 = avm.cd_matrix[3] / by;
    } else {
        // AVM means east to the left and north up before it is turned, whatever the signs.
        const double scale1 = -std::abs(avm.scale[0]) / factor, scale2 = std::abs(avm.scale[1]) / factor;
        const double turn = avm.rotation.value_or(0) * std::numbers::pi / 180;
        wcs.cd11 = scale1 * std::cos(turn);
        wcs.cd12 = -scale2 * std::sin(turn);
        wcs.cd21 = scale1 * std::sin(turn);
        wcs.cd22 = scale2 * std::cos(turn);
    }
    wcs.width = width;
    wcs.height = height;
    check_wcs(wcs);
    return wcs.flipped(height);
}

}  // namespace atelier::pipelines::sky
