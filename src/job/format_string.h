// Text with {{ expressions }}, parsed once into a small tree. Today an expression is a dotted name; the extension EXPR
// will add further kinds of nodes here. Names are resolved by a Scope that tells which exist (at check time) and a
// Symbols that has their values (at job creation, or on the host).
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace atelier::job {

// Name → value, e.g. "Param.Frame" → "7". Later scopes are copied and added to; they are small.
using Symbols = std::map<std::string, std::string, std::less<>>;

class FormatString {
public:
    FormatString() = default;

    // Throws Error::invalid on a broken string ("{{ {{", no "}}", an empty or malformed expression).
    static FormatString parse(std::string_view text);

    const std::string& text() const { return text_; }  // as it was written
    bool is_literal() const;                           // no expressions in it
    std::vector<std::string> names() const;            // every name that it refers to, in order
    std::size_t literal_characters() const;            // what it has at least, whatever the names come to

    // Throws Error::invalid for a name that has no value.
    std::string resolve(const Symbols& symbols) const;

private:
    struct Segment {
        bool is_name = false;
        std::string text;  // literal text, or the dotted name
    };
    std::string text_;
    std::vector<Segment> segments_;
};

}  // namespace atelier::job
