#include "job/literal_text.h"

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace atelier::job {

namespace {

struct Brace {
    char letter;
    const char* name;
    const char* reference;
};

constexpr std::array<Brace, 2> braces = {
    {{'{', "OpeningBrace", "{{Param.OpeningBrace}}"}, {'}', "ClosingBrace", "{{Param.ClosingBrace}}"}}};

const Brace* brace_at(std::string_view text, std::size_t at) {
    for (const Brace& brace : braces)
        if (at < text.size() && text[at] == brace.letter) return &brace;
    return nullptr;
}

}  // namespace

// A brace beside another one; alone it means nothing.
std::string LiteralText::operator()(std::string_view text) {
    std::string literal;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const Brace* brace = brace_at(text, at);
        const bool is_alone = (at == 0 || !brace_at(text, at - 1)) && !brace_at(text, at + 1);
        if (brace == nullptr || is_alone) {
            literal += text[at];
            continue;
        }
        literal += brace->reference;
        needs_braces_ = true;
    }
    return literal;
}

void LiteralText::define(json::Array& parameter_definitions) const {
    if (!needs_braces_) return;
    for (const Brace& brace : braces)
        parameter_definitions.push_back(
            json::Object{{"name", brace.name}, {"type", "STRING"}, {"default", std::string(1, brace.letter)}});
}

}  // namespace atelier::job
