#include "pipelines/sky/feed/djangoplicity.h"

#include "base/error.h"
#include "base/text.h"
#include "pipelines/sky/feed/item.h"
#include "pipelines/sky/feed/placing.h"
#include "pipelines/sky/feed/script_reader.h"

namespace atelier::pipelines::sky {

namespace {

constexpr std::string_view list_head = "var images = ";

std::optional<unsigned> hex_of(std::string_view digits) {
    unsigned value = 0;
    for (const char digit : digits) {
        const char letter = lower(std::string_view(&digit, 1))[0];
        if (letter >= '0' && letter <= '9')
            value = value * 16 + static_cast<unsigned>(letter - '0');
        else if (letter >= 'a' && letter <= 'f')
            value = value * 16 + static_cast<unsigned>(letter - 'a' + 10);
        else
            return std::nullopt;
    }
    return value;
}

// b'...' or b"...": nothing when it is none, or when its bytes are no text.
std::optional<std::string> python_bytes(std::string_view literal) {
    if (literal.size() < 3 || literal[0] != 'b' || (literal[1] != '\'' && literal[1] != '"') ||
        literal.back() != literal[1])
        return std::nullopt;
    literal = literal.substr(2, literal.size() - 3);
    std::string bytes;
    for (std::size_t i = 0; i < literal.size(); ++i) {
        if (literal[i] != '\\') {
            bytes += literal[i];
            continue;
        }
        if (++i == literal.size()) return std::nullopt;
        switch (literal[i]) {
            case 'n': bytes += '\n'; break;
            case 'r': bytes += '\r'; break;
            case 't': bytes += '\t'; break;
            case 'x': {
                if (i + 2 >= literal.size()) return std::nullopt;
                const auto byte = hex_of(literal.substr(i + 1, 2));
                if (!byte) return std::nullopt;
                bytes += static_cast<char>(*byte);
                i += 2;
                break;
            }
            default: bytes += literal[i];
        }
    }
    if (!count_characters(bytes)) return std::nullopt;
    return bytes;
}

// Resources[].URL of the original; else of the largest.
const json::Value* original_of(const json::Value& info) {
    const json::Value* resources = find(info, "Resources");
    if (resources == nullptr || !resources->is_array()) return nullptr;
    const json::Value* best = nullptr;
    double most = -1;
    for (const json::Value& resource : resources->get_array()) {
        if (text_at(resource, "URL").empty()) continue;
        if (text_at(resource, "ResourceType") == "Original") return &resource;
        const auto size = numbers_at(resource, "Dimensions");
        const double pixels = size.size() == 2 ? size[0] * size[1] : 0;
        if (pixels > most) best = &resource;
        most = std::max(most, pixels);
    }
    return best;
}

}  // namespace

std::vector<json::Value> parse_gallery(std::string_view html) {
    const std::size_t begin = html.find(list_head);
    if (begin == std::string_view::npos)
        throw Error(Error::Kind::invalid, "the page has no list of images (\"var images = [...]\")",
                    "is base_url the address of a Djangoplicity site?");
    const json::Value list = read_script_value(html.substr(begin + list_head.size()));
    if (!list.is_array()) throw Error(Error::Kind::invalid, "what the page calls its images isn't a list");
    return {list.get_array().begin(), list.get_array().end()};
}

void mend_python_texts(json::Value& value) {
    if (value.is_string()) {
        if (const auto meant = python_bytes(std::string_view(value.get_string()))) value = *meant;
    } else if (value.is_array()) {
        for (json::Value& item : value.get_array())
            mend_python_texts(item);
    } else if (value.is_object()) {
        for (auto& member : value.get_object())
            mend_python_texts(member.value());
    }
}

Candidate candidate_of_djangoplicity(const std::string& id, json::Value info) {
    mend_python_texts(info);
    Candidate candidate;
    candidate.id = as_id(id);
    if (!is_id(id)) {
        candidate.rejected = refusal_of_id(id);
    } else if (const json::Value* original = original_of(info)) {
        candidate.image_url = text_at(*original, "URL");
        candidate.image_bytes = bytes_at(*original, "FileSize");
        candidate.rejected = reason_against_tags(info);
    } else {
        candidate.rejected = "it names no image file to download";
    }
    candidate.item = std::move(info);
    return candidate;
}

Caption caption_of_djangoplicity(const json::Value& info, std::string_view channel) {
    Caption caption;
    caption.title = text_at(info, "Title");
    caption.place_description = escape_html(text_at(info, "Description"));
    caption.credits = escape_html(text_at(info, "Credit"));
    caption.credits_url = text_at(info, "ReferenceURL");
    caption.last_updated = last_updated_text(text_at(info, "Date"));
    caption.annotation = annotation_of(channel, text_at(info, "ID"), caption.last_updated);
    return caption;
}

}  // namespace atelier::pipelines::sky
