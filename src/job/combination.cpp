#include "job/combination.h"

#include <fmt/format.h>

#include "base/error.h"

namespace atelier::job {

namespace {

class Parser {
public:
    explicit Parser(std::string_view text) : text_(text) {}

    Combination all() {
        Combination result = product();
        if (peek() == ')') fail("\")\" without a \"(\"");
        if (peek() != '\0') fail(is_name_letter(peek()) || peek() == '(' ? "\"*\" is missing" : "unexpected character");
        return result;
    }

private:
    // Recursion is bounded by the length of the expression, which the specification bounds; this is for other callers.
    static constexpr int max_depth = 1280;

    [[noreturn]] void fail(const std::string& what) const {
        throw Error(Error::Kind::invalid, fmt::format("not a combination: {} at character {}", what, at_ + 1));
    }

    static bool is_name_letter(char letter) {
        return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
               (letter >= '0' && letter <= '9') || letter == '_';
    }

    char peek() {
        while (at_ < text_.size() && text_[at_] == ' ')
            ++at_;
        return at_ < text_.size() ? text_[at_] : '\0';
    }

    Combination product() {
        Combination result{Combination::Kind::product, {}, {}};
        result.parts.push_back(element());
        while (peek() == '*') {
            ++at_;
            result.parts.push_back(element());
        }
        if (result.parts.size() > 1) return result;
        Combination only = std::move(result.parts.front());
        return only;
    }

    Combination element() {
        if (peek() == '(') return association();
        const std::size_t begin = at_;
        while (at_ < text_.size() && is_name_letter(text_[at_]))
            ++at_;
        if (at_ == begin) fail("the name of a task parameter is expected");
        return {Combination::Kind::name, std::string(text_.substr(begin, at_ - begin)), {}};
    }

    Combination association() {
        if (++depth_ > max_depth) fail("nested too deeply");
        ++at_;
        Combination result{Combination::Kind::association, {}, {}};
        result.parts.push_back(product());
        while (peek() == ',') {
            ++at_;
            result.parts.push_back(product());
        }
        if (peek() != ')')
            fail(is_name_letter(peek()) || peek() == '(' ? "\"*\" or \",\" is missing" : "\")\" is expected");
        ++at_;
        if (result.parts.size() < 2) fail("an association needs two members");
        --depth_;
        return result;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    int depth_ = 0;
};

}  // namespace

Combination parse_combination(std::string_view text) { return Parser(text).all(); }

}  // namespace atelier::job
