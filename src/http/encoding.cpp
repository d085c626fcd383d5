#include <algorithm>

#include "base/text.h"
#include "http/message.h"

namespace atelier::http {

namespace {

int digit_of(char letter) {
    if (letter >= '0' && letter <= '9') return letter - '0';
    if (letter >= 'a' && letter <= 'f') return letter - 'a' + 10;
    if (letter >= 'A' && letter <= 'F') return letter - 'A' + 10;
    return -1;
}

bool is_plain(char letter) {
    const bool is_word =
        (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9');
    return is_word || letter == '-' || letter == '.' || letter == '_' || letter == '~';
}

char unescape(std::string_view text, std::size_t at) {
    const int high = at + 1 < text.size() ? digit_of(text[at + 1]) : -1;
    const int low = at + 2 < text.size() ? digit_of(text[at + 2]) : -1;
    if (high < 0 || low < 0) throw Error(Error::Kind::invalid, "The address has a '%' without two hex digits.");
    if (high == 0 && low == 0) throw Error(Error::Kind::invalid, "The address has a NUL in it.");
    return static_cast<char>(high * 16 + low);
}

}  // namespace

std::string decode(std::string_view text, bool plus_is_blank) {
    std::string result;
    result.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '%') {
            result += unescape(text, at);
            at += 2;
        } else if (text[at] == '\0') {
            throw Error(Error::Kind::invalid, "The address has a NUL in it.");
        } else {
            result += text[at] == '+' && plus_is_blank ? ' ' : text[at];
        }
    }
    if (!count_characters(result)) throw Error(Error::Kind::invalid, "The address is not valid UTF-8.");
    return result;
}

std::string encode(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string result;
    result.reserve(text.size());
    for (const char letter : text) {
        if (is_plain(letter)) {
            result += letter;
            continue;
        }
        const auto byte = static_cast<unsigned char>(letter);
        result += '%';
        result += digits[byte >> 4];
        result += digits[byte & 15];
    }
    return result;
}

std::map<std::string, std::string> parse_query(std::string_view text) {
    std::map<std::string, std::string> query;
    if (text.empty()) return query;
    for (const std::string_view part : split(text, '&')) {
        const std::size_t equals = std::min(part.find('='), part.size());
        std::string key = decode(part.substr(0, equals), true);
        if (key.empty()) throw Error(Error::Kind::invalid, "The query has a value without a name.");
        std::string value = equals < part.size() ? decode(part.substr(equals + 1), true) : std::string();
        if (query.contains(key))
            throw Error(Error::Kind::invalid, "The query says '" + key + "' more than once.", {}, key);
        query.emplace(std::move(key), std::move(value));
    }
    return query;
}

}  // namespace atelier::http
