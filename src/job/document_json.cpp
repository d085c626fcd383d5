// Strict JSON (ECMA-404) with the place of every value.
#include <fmt/format.h>

#include "job/document_builder.h"

namespace atelier::job {

namespace {

class JsonParser {
public:
    JsonParser(std::string_view text, DocumentBuilder& builder) : text_(text), builder_(builder) {}

    void document() {
        value();
        skip_blanks();
        if (at_ < text_.size()) fail("nothing may follow the document");
    }

private:
    [[noreturn]] void fail(const std::string& message) const {
        throw DocumentError{mark(), "not valid JSON: " + message};
    }

    Mark mark() const { return {line_, static_cast<int>(at_ - line_start_) + 1}; }
    char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

    void skip_blanks() {
        for (; at_ < text_.size(); ++at_) {
            const char letter = text_[at_];
            if (letter == '\n') {
                ++line_;
                line_start_ = at_ + 1;
            } else if (letter != ' ' && letter != '\t' && letter != '\r') {
                return;
            }
        }
    }

    // The builder bounds the depth, and with it this recursion.
    void value() {
        skip_blanks();
        const char first = peek();
        if (first == '{')
            object();
        else if (first == '[')
            array();
        else if (first == '"')
            string();
        else if (first == '-' || is_digit(first))
            number();
        else
            word();
    }

    void object() {
        builder_.begin(mark(), Node::Kind::map);
        ++at_;
        skip_blanks();
        if (peek() != '}') {
            for (;;) {
                skip_blanks();
                if (peek() != '"') fail("a key in quotes is expected");
                string();
                skip_blanks();
                expect(':');
                value();
                skip_blanks();
                if (peek() != ',') break;
                ++at_;
            }
        }
        expect('}');
        builder_.end();
    }

    void array() {
        builder_.begin(mark(), Node::Kind::list);
        ++at_;
        skip_blanks();
        if (peek() != ']') {
            for (;;) {
                value();
                skip_blanks();
                if (peek() != ',') break;
                ++at_;
            }
        }
        expect(']');
        builder_.end();
    }

    void expect(char letter) {
        if (peek() != letter) fail(fmt::format("\"{}\" is expected", letter));
        ++at_;
    }

    void word() {
        const Mark begin = mark();
        for (const auto& [name, kind] : {std::pair<std::string_view, Node::Kind>{"true", Node::Kind::boolean},
                                         {"false", Node::Kind::boolean},
                                         {"null", Node::Kind::null}}) {
            if (!text_.substr(at_).starts_with(name)) continue;
            at_ += name.size();
            builder_.scalar(begin, kind, kind == Node::Kind::null ? "" : std::string(name));
            return;
        }
        fail("a value is expected");
    }

    static bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }

    void take_digits() {
        if (!is_digit(peek())) fail("a digit is expected");
        while (is_digit(peek()))
            ++at_;
    }

    void number() {
        const Mark begin = mark();
        const std::size_t start = at_;
        Node::Kind kind = Node::Kind::integer;
        if (peek() == '-') ++at_;
        if (peek() == '0')
            ++at_;
        else
            take_digits();
        if (is_digit(peek())) fail("a number must not begin with 0");
        if (peek() == '.') {
            kind = Node::Kind::real;
            ++at_;
            take_digits();
        }
        if (peek() == 'e' || peek() == 'E') {
            kind = Node::Kind::real;
            ++at_;
            if (peek() == '+' || peek() == '-') ++at_;
            take_digits();
        }
        builder_.scalar(begin, kind, std::string(text_.substr(start, at_ - start)));
    }

    void string() {
        const Mark begin = mark();
        ++at_;
        std::string value;
        for (;;) {
            if (at_ >= text_.size()) fail("the string isn't closed");
            const char letter = text_[at_];
            if (letter == '"') break;
            if (static_cast<unsigned char>(letter) < 0x20) fail("a control character in a string must be escaped");
            if (letter == '\\') {
                ++at_;
                escape(value);
            } else {
                value += letter;
                ++at_;
            }
        }
        ++at_;
        builder_.scalar(begin, Node::Kind::string, std::move(value));
    }

    void escape(std::string& value) {
        constexpr std::string_view letters = "\"\\/bfnrt";
        constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
        const char letter = peek();
        if (letter == 'u') {
            append_utf8(value, code_point());
            return;
        }
        const std::size_t index = letters.find(letter);
        if (letter == '\0' || index == std::string_view::npos) fail("an unknown escape");
        value += meanings[index];
        ++at_;
    }

    unsigned four_hex_digits() {
        ++at_;  // the u
        unsigned unit = 0;
        for (int i = 0; i < 4; ++i, ++at_) {
            const char letter = peek();
            if (is_digit(letter))
                unit = unit * 16 + static_cast<unsigned>(letter - '0');
            else if (letter >= 'a' && letter <= 'f')
                unit = unit * 16 + static_cast<unsigned>(letter - 'a' + 10);
            else if (letter >= 'A' && letter <= 'F')
                unit = unit * 16 + static_cast<unsigned>(letter - 'A' + 10);
            else
                fail("\\u needs four hexadecimal digits");
        }
        return unit;
    }

    unsigned code_point() {
        const unsigned first = four_hex_digits();
        if (first < 0xD800 || first > 0xDFFF) return first;
        if (first > 0xDBFF || !text_.substr(at_).starts_with("\\u")) fail("half a surrogate pair");
        ++at_;
        const unsigned second = four_hex_digits();
        if (second < 0xDC00 || second > 0xDFFF) fail("half a surrogate pair");
        return 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
    }

    static void append_utf8(std::string& value, unsigned point) {
        const auto put = [&](unsigned byte) { value += static_cast<char>(byte); };
        if (point < 0x80) {
            put(point);
        } else if (point < 0x800) {
            put(0xC0 | (point >> 6));
            put(0x80 | (point & 0x3F));
        } else if (point < 0x10000) {
            put(0xE0 | (point >> 12));
            put(0x80 | ((point >> 6) & 0x3F));
            put(0x80 | (point & 0x3F));
        } else {
            put(0xF0 | (point >> 18));
            put(0x80 | ((point >> 12) & 0x3F));
            put(0x80 | ((point >> 6) & 0x3F));
            put(0x80 | (point & 0x3F));
        }
    }

    std::string_view text_;
    DocumentBuilder& builder_;
    std::size_t at_ = 0;
    int line_ = 1;
    std::size_t line_start_ = 0;
};

}  // namespace

std::optional<Node> parse_json(std::string_view text, std::vector<Problem>& problems) {
    try {
        check_characters(text);
        DocumentBuilder builder(problems);
        JsonParser(text, builder).document();
        return builder.take();
    } catch (const DocumentError& error) {
        problems.push_back({"", error.mark, error.message});
    }
    return std::nullopt;
}

}  // namespace atelier::job
