#include "pipelines/sky/feed/script_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace atelier::pipelines::sky {

namespace {

constexpr int deepest = 32;

// One code point as UTF-8.
void append(std::string& text, unsigned code) {
    if (code < 0x80) {
        text += static_cast<char>(code);
    } else if (code < 0x800) {
        text += static_cast<char>(0xC0 | (code >> 6));
        text += static_cast<char>(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        text += static_cast<char>(0xE0 | (code >> 12));
        text += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
        text += static_cast<char>(0x80 | (code & 0x3F));
    } else {
        text += static_cast<char>(0xF0 | (code >> 18));
        text += static_cast<char>(0x80 | ((code >> 12) & 0x3F));
        text += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
        text += static_cast<char>(0x80 | (code & 0x3F));
    }
}

class Reader {
public:
    explicit Reader(std::string_view text) : text_(text) {}

    json::Value value(int depth = 0) {
        if (depth > deepest) refuse("it is nested too deeply");
        skip_blanks();
        switch (peek()) {
            case '[': return list(depth);
            case '{': return object(depth);
            case '\'':
            case '"': return json::Value(quoted());
            default: return bare();
        }
    }

private:
    [[noreturn]] void refuse(const std::string& why) const {
        const auto line = 1 + std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(at_), '\n');
        throw Error(Error::Kind::invalid, fmt::format("the list in the page can't be read: line {}: {}", line, why));
    }

    char peek() const {
        if (at_ >= text_.size()) refuse("it ends too early");
        return text_[at_];
    }

    bool is_next(std::string_view word) const { return text_.substr(at_).starts_with(word); }

    void skip_blanks() {
        for (;;) {
            while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos)
                ++at_;
            if (is_next("//"))
                at_ = std::min(text_.find('\n', at_), text_.size());
            else if (is_next("/*"))
                at_ = std::min(text_.find("*/", at_ + 2), text_.size() - 2) + 2;
            else
                return;
        }
    }

    bool take(char letter) {
        skip_blanks();
        if (peek() != letter) return false;
        ++at_;
        return true;
    }

    json::Value list(int depth) {
        json::Array items;
        ++at_;
        while (!take(']')) {
            items.push_back(value(depth + 1));
            if (!take(',') && (skip_blanks(), peek() != ']')) refuse("a comma or ] is expected");
        }
        return items;
    }

    json::Value object(int depth) {
        json::Object members;
        ++at_;
        while (!take('}')) {
            skip_blanks();
            const bool is_quoted = peek() == '\'' || peek() == '"';
            const std::string key = is_quoted ? quoted() : std::string(word());
            if (!take(':')) refuse("a colon is expected");
            members[key] = value(depth + 1);
            if (!take(',') && (skip_blanks(), peek() != '}')) refuse("a comma or } is expected");
        }
        return members;
    }

    std::string_view word() {
        const std::size_t end = std::min(text_.find_first_of(" \t\r\n,:]}[{'\"", at_), text_.size());
        if (end == at_) refuse("a value is expected");
        const std::string_view found = text_.substr(at_, end - at_);
        at_ = end;
        return found;
    }

    json::Value bare() {
        const std::string_view found = word();
        if (found == "true" || found == "false") return found == "true";
        if (found == "null" || found == "undefined") return nullptr;
        if (const auto whole = parse_int(found)) return *whole;
        if (const auto number = parse_number(found)) return *number;
        return json::Value(found);
    }

    std::string quoted() {
        const char quote = peek();
        std::string text;
        for (++at_;; ++at_) {
            const char letter = peek();
            if (letter == '\n') refuse("a text has no end");
            if (letter == quote) break;
            if (letter == '\\')
                escape(text);
            else
                text += letter;
        }
        ++at_;
        if (!count_characters(text)) refuse("a text is not UTF-8");
        return text;
    }

    // At the backslash; afterwards at the last letter of the escape.
    void escape(std::string& text) {
        ++at_;
        switch (peek()) {
            case 'n': text += '\n'; return;
            case 't': text += '\t'; return;
            case 'r': text += '\r'; return;
            case 'b': text += '\b'; return;
            case 'f': text += '\f'; return;
            case '\n': return;  // the text goes on in the next line
            case 'x': return append(text, hex(2));
            case 'u': return unicode(text);
            default: text += text_[at_];
        }
    }

    void unicode(std::string& text) {
        unsigned code = hex(4);
        if (code >= 0xD800 && code < 0xDC00 && text_.substr(at_ + 1).starts_with("\\u")) {
            at_ += 2;
            const unsigned low = hex(4);
            if (low < 0xDC00 || low > 0xDFFF) refuse("half a character");
            code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        }
        if (code >= 0xD800 && code < 0xE000) refuse("half a character");
        append(text, code);
    }

    unsigned hex(std::size_t digits) {
        unsigned code = 0;
        for (std::size_t i = 0; i < digits; ++i) {
            ++at_;
            const char digit = peek();
            const std::size_t value = std::string_view("0123456789abcdef").find(lower(std::string_view(&digit, 1)));
            if (value == std::string_view::npos) refuse("an escape is broken");
            code = code * 16 + static_cast<unsigned>(value);
        }
        return code;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace

json::Value read_script_value(std::string_view text) { return Reader(text).value(); }

}  // namespace atelier::pipelines::sky
