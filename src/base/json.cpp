#include "base/json.h"

#include <fmt/format.h>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/stream_parser.hpp>

#include <algorithm>

#include "base/error.h"

namespace atelier::json {

namespace {

constexpr std::size_t deepest = 64;

std::string place_of(std::string_view text, std::size_t offset) {
    const std::string_view before = text.substr(0, std::min(offset, text.size()));
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const std::size_t line_begin = before.rfind('\n');
    const std::size_t column = line_begin == std::string_view::npos ? before.size() + 1 : before.size() - line_begin;
    return fmt::format("line {}, column {}", line, column);
}

std::u16string utf16(std::string_view utf8) {
    std::u16string units;
    for (std::size_t i = 0; i < utf8.size();) {
        const auto first = static_cast<unsigned char>(utf8[i]);
        const int length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
        char32_t code = length == 1 ? first : first & (0xFFu >> (length + 1));
        for (int k = 1; k < length && i + k < utf8.size(); ++k)
            code = code << 6 | (static_cast<unsigned char>(utf8[i + k]) & 0x3Fu);
        i += static_cast<std::size_t>(length);
        if (code >= 0x10000) {
            units += static_cast<char16_t>(0xD800 + ((code - 0x10000) >> 10));
            units += static_cast<char16_t>(0xDC00 + ((code - 0x10000) & 0x3FF));
        } else {
            units += static_cast<char16_t>(code);
        }
    }
    return units;
}

void write_string(std::string& out, std::string_view utf8) {
    out += '"';
    for (const char16_t unit : utf16(utf8)) {
        switch (unit) {
            case u'"': out += "\\\""; break;
            case u'\\': out += "\\\\"; break;
            case u'\b': out += "\\b"; break;
            case u'\f': out += "\\f"; break;
            case u'\n': out += "\\n"; break;
            case u'\r': out += "\\r"; break;
            case u'\t': out += "\\t"; break;
            default:
                if (unit < 0x20 || unit > 0x7E)
                    out += fmt::format("\\u{:04x}", static_cast<unsigned>(unit));
                else
                    out += static_cast<char>(unit);
        }
    }
    out += '"';
}

void write_canonical(std::string& out, const Value& value);

void write_object(std::string& out, const Object& object) {
    std::vector<std::pair<std::u16string, const Object::value_type*>> members;
    for (const auto& member : object)
        members.emplace_back(utf16(member.key()), &member);
    std::sort(members.begin(), members.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    out += '{';
    for (const auto& [key, member] : members) {
        if (member != members.front().second) out += ',';
        write_string(out, member->key());
        out += ':';
        write_canonical(out, member->value());
    }
    out += '}';
}

void write_canonical(std::string& out, const Value& value) {
    if (const auto* object = value.if_object()) return write_object(out, *object);
    if (const auto* string = value.if_string()) return write_string(out, *string);
    if (const auto* array = value.if_array()) {
        out += '[';
        for (std::size_t i = 0; i < array->size(); ++i) {
            if (i > 0) out += ',';
            write_canonical(out, (*array)[i]);
        }
        out += ']';
        return;
    }
    out += boost::json::serialize(value);
}

void write_pretty(std::string& out, const Value& value, int indent) {
    const std::string blanks(static_cast<std::size_t>(indent) * 2, ' ');
    if (const auto* object = value.if_object(); object != nullptr && !object->empty()) {
        out += "{\n";
        for (auto member = object->begin(); member != object->end(); ++member) {
            out += blanks + "  " + boost::json::serialize(Value(member->key())) + ": ";
            write_pretty(out, member->value(), indent + 1);
            out += std::next(member) == object->end() ? "\n" : ",\n";
        }
        out += blanks + "}";
    } else if (const auto* array = value.if_array(); array != nullptr && !array->empty()) {
        out += "[\n";
        for (std::size_t i = 0; i < array->size(); ++i) {
            out += blanks + "  ";
            write_pretty(out, (*array)[i], indent + 1);
            out += i + 1 == array->size() ? "\n" : ",\n";
        }
        out += blanks + "]";
    } else {
        out += boost::json::serialize(value);
    }
}

}  // namespace

Value parse(std::string_view text) {
    boost::json::parse_options options;
    options.max_depth = deepest;
    // All of it in few pieces of memory, which go together.
    const std::size_t first_piece = std::clamp<std::size_t>(2 * text.size(), 1024, 1u << 20);
    boost::json::stream_parser parser({}, options);
    parser.reset(boost::json::make_shared_resource<boost::json::monotonic_resource>(first_piece));
    boost::json::error_code problem;
    std::size_t used = parser.write_some(text.data(), text.size(), problem);
    if (!problem && used < text.size()) problem = boost::json::error::extra_data;
    if (!problem) parser.finish(problem);
    if (problem)
        throw Error(Error::Kind::invalid, "not valid JSON: " + problem.message() + " at " + place_of(text, used));
    return parser.release();
}

std::string text(const Value& value) { return boost::json::serialize(value); }

std::string canonical(const Value& value) {
    std::string out;
    write_canonical(out, value);
    return out;
}

std::string pretty(const Value& value) {
    std::string out;
    write_pretty(out, value, 0);
    return out;
}

}  // namespace atelier::json
