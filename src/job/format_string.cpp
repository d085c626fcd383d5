#include "job/format_string.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace atelier::job {

namespace {

constexpr std::string_view opening = "{{";
constexpr std::string_view closing = "}}";

[[noreturn]] void refuse(const std::string& message) { throw Error(Error::Kind::invalid, message); }

bool is_letter(char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || letter == '_';
}

bool is_identifier(std::string_view text) {
    if (text.empty() || !is_letter(text.front())) return false;
    for (const char letter : text)
        if (!is_letter(letter) && (letter < '0' || letter > '9')) return false;
    return true;
}

bool is_dotted_name(std::string_view text) {
    for (const std::string_view part : split(text, '.'))
        if (!is_identifier(part)) return false;
    return true;
}

}  // namespace

FormatString FormatString::parse(std::string_view text) {
    FormatString result;
    result.text_ = text;
    while (!text.empty()) {
        const std::size_t begin = text.find(opening);
        const std::size_t end = text.find(closing);
        if (end < begin) refuse("\"}}\" without a \"{{\" before it");
        if (begin == std::string_view::npos) {
            result.segments_.push_back({false, std::string(text)});
            break;
        }
        if (end == std::string_view::npos) refuse("\"{{\" without a \"}}\" after it");
        if (begin > 0) result.segments_.push_back({false, std::string(text.substr(0, begin))});
        const std::string_view name = trim(text.substr(begin + opening.size(), end - begin - opening.size()));
        if (name.empty()) refuse("nothing between \"{{\" and \"}}\"");
        if (!is_dotted_name(name))
            refuse(fmt::format("\"{}\" isn't a name like Param.Frame (expressions need the extension EXPR)", name));
        result.segments_.push_back({true, std::string(name)});
        text.remove_prefix(end + closing.size());
    }
    return result;
}

bool FormatString::is_literal() const {
    for (const Segment& segment : segments_)
        if (segment.is_name) return false;
    return true;
}

std::vector<std::string> FormatString::names() const {
    std::vector<std::string> names;
    for (const Segment& segment : segments_)
        if (segment.is_name) names.push_back(segment.text);
    return names;
}

std::size_t FormatString::literal_characters() const {
    std::size_t count = 0;
    for (const Segment& segment : segments_)
        if (!segment.is_name) count += count_characters(segment.text).value_or(segment.text.size());
    return count;
}

std::string FormatString::resolve(const Symbols& symbols) const {
    std::string text;
    for (const Segment& segment : segments_) {
        if (!segment.is_name) {
            text += segment.text;
            continue;
        }
        const auto symbol = symbols.find(segment.text);
        if (symbol == symbols.end()) refuse(fmt::format("{} has no value here", segment.text));
        text += symbol->second;
    }
    return text;
}

}  // namespace atelier::job
