#include "pipelines/sky/place/xml_text.h"

#include "base/text.h"

namespace atelier::pipelines::sky {

namespace {

std::string escaped(std::string_view text, bool attribute) {
    const std::string readable = count_characters(text) ? std::string(text) : printable(text);
    std::string result;
    result.reserve(readable.size());
    for (std::size_t i = 0; i < readable.size(); ++i) {
        const char letter = readable[i];
        if (letter == '&')
            result += "&amp;";
        else if (letter == '<')
            result += "&lt;";
        else if (letter == '>')
            result += "&gt;";
        else if (letter == '"' && attribute)
            result += "&quot;";
        else if (letter == '\r')
            result += "&#13;";
        else if (attribute && letter == '\n')
            result += "&#10;";
        else if (attribute && letter == '\t')
            result += "&#09;";
        else if (readable.compare(i, 2, "\xEF\xBF") == 0 && i + 2 < readable.size() && (readable[i + 2] & 0xFE) == 0xBE)
            i += 2;  // U+FFFE and U+FFFF are no characters
        else if (static_cast<unsigned char>(letter) >= ' ' || letter == '\n' || letter == '\t')
            result += letter;
    }
    return result;
}

}  // namespace

std::string xml_text(std::string_view text) { return escaped(text, false); }
std::string xml_attribute(std::string_view text) { return escaped(text, true); }

}  // namespace atelier::pipelines::sky
