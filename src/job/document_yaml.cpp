// YAML by yaml-cpp's events. Plain scalars get their kinds by the core schema of YAML 1.2.
#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <charconv>
#include <istream>
#include <streambuf>

#include "base/text.h"
#include "job/document_builder.h"

namespace atelier::job {

namespace {

constexpr std::string_view standard_tag = "tag:yaml.org,2002:";
constexpr std::string_view digits = "0123456789";

Mark to_mark(const YAML::Mark& mark) { return {mark.line + 1, mark.column + 1}; }

bool all_of(std::string_view text, std::string_view letters) {
    return !text.empty() && text.find_first_not_of(letters) == std::string_view::npos;
}

// A run of digits is taken from the front; true if there was one.
bool take_digits(std::string_view& text) {
    const std::size_t end = std::min(text.find_first_not_of(digits), text.size());
    text.remove_prefix(end);
    return end > 0;
}

bool take_sign(std::string_view& text) {
    if (text.empty() || (text.front() != '+' && text.front() != '-')) return false;
    text.remove_prefix(1);
    return true;
}

// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?, or .inf, or .nan
bool is_real(std::string_view text) {
    if (text == ".nan" || text == ".NaN" || text == ".NAN") return true;
    take_sign(text);
    if (text == ".inf" || text == ".Inf" || text == ".INF") return true;
    const bool before = take_digits(text);
    bool after = false;
    if (!text.empty() && text.front() == '.') {
        text.remove_prefix(1);
        after = take_digits(text);
    }
    if (!before && !after) return false;
    if (text.empty()) return true;
    if (text.front() != 'e' && text.front() != 'E') return false;
    text.remove_prefix(1);
    take_sign(text);
    return take_digits(text) && text.empty();
}

// 0o17 and 0x1F as decimal; nothing if it is neither.
std::optional<std::string> octal_or_hex(std::string_view text) {
    const bool octal = text.starts_with("0o") && all_of(text.substr(2), "01234567");
    const bool hex = text.starts_with("0x") && all_of(text.substr(2), "0123456789abcdefABCDEF");
    if (!octal && !hex) return std::nullopt;
    std::int64_t value = 0;
    const auto [end, problem] = std::from_chars(text.data() + 2, text.data() + text.size(), value, octal ? 8 : 16);
    if (problem != std::errc{} || end != text.data() + text.size())
        return std::string(text);  // too large: no int later
    return std::to_string(value);
}

struct Scalar {
    Node::Kind kind;
    std::string text;
};

Scalar resolve_plain(const std::string& text) {
    if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL")
        return {Node::Kind::null, ""};
    if (text == "true" || text == "True" || text == "TRUE") return {Node::Kind::boolean, "true"};
    if (text == "false" || text == "False" || text == "FALSE") return {Node::Kind::boolean, "false"};
    std::string_view unsigned_text = text;
    take_sign(unsigned_text);
    if (all_of(unsigned_text, digits)) return {Node::Kind::integer, text};
    if (auto decimal = octal_or_hex(text)) return {Node::Kind::integer, *decimal};
    if (is_real(text)) return {Node::Kind::real, text};
    return {Node::Kind::string, text};
}

class Handler : public YAML::EventHandler {
public:
    explicit Handler(DocumentBuilder& builder) : builder_(builder) {}

    void OnDocumentStart(const YAML::Mark&) override {}
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        builder_.scalar(to_mark(mark), Node::Kind::null, "", anchor);
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override { builder_.alias(to_mark(mark), anchor); }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        Scalar scalar = resolve(to_mark(mark), tag, value);
        builder_.scalar(to_mark(mark), scalar.kind, std::move(scalar.text), anchor);
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        begin(to_mark(mark), tag, "seq", Node::Kind::list, anchor);
    }
    void OnSequenceEnd() override { builder_.end(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        begin(to_mark(mark), tag, "map", Node::Kind::map, anchor);
    }
    void OnMapEnd() override { builder_.end(); }

private:
    [[noreturn]] static void refuse_tag(Mark mark, const std::string& tag) {
        throw DocumentError{mark, fmt::format("the tag {} isn't allowed here", tag)};
    }

    static Scalar resolve(Mark mark, const std::string& tag, const std::string& value) {
        if (tag == "?" || tag.empty()) return resolve_plain(value);
        if (tag == "!") return {Node::Kind::string, value};
        if (!tag.starts_with(standard_tag)) refuse_tag(mark, tag);
        const std::string_view name = std::string_view(tag).substr(standard_tag.size());
        if (name == "str") return {Node::Kind::string, value};
        Scalar plain = resolve_plain(value);
        const bool fits = (name == "null" && plain.kind == Node::Kind::null) ||
                          (name == "bool" && plain.kind == Node::Kind::boolean) ||
                          (name == "int" && plain.kind == Node::Kind::integer) ||
                          (name == "float" && (plain.kind == Node::Kind::real || plain.kind == Node::Kind::integer));
        if (!fits) refuse_tag(mark, tag);
        if (name == "float") plain.kind = Node::Kind::real;
        return plain;
    }

    void begin(Mark mark, const std::string& tag, std::string_view name, Node::Kind kind, YAML::anchor_t anchor) {
        const bool plain = tag.empty() || tag == "?" || tag == "!";
        if (!plain && tag != std::string(standard_tag) + std::string(name)) refuse_tag(mark, tag);
        builder_.begin(mark, kind, anchor);
    }

    DocumentBuilder& builder_;
};

// Reads a string_view in place.
struct ViewBuffer : std::streambuf {
    explicit ViewBuffer(std::string_view text) {
        char* begin = const_cast<char*>(text.data());  // it is only read from
        setg(begin, begin, begin + text.size());
    }
};

}  // namespace

std::optional<Node> parse_yaml(std::string_view text, std::vector<Problem>& problems) {
    try {
        check_characters(text);
        ViewBuffer buffer(text);
        std::istream stream(&buffer);
        YAML::Parser parser(stream);
        DocumentBuilder builder(problems);
        Handler handler(builder);
        if (!parser.HandleNextDocument(handler)) throw DocumentError{{1, 1}, "the document is empty"};
        Node root = builder.take();
        DocumentBuilder rest(problems);
        Handler rest_handler(rest);
        if (parser.HandleNextDocument(rest_handler)) throw DocumentError{{}, "more than one YAML document"};
        return root;
    } catch (const DocumentError& error) {
        problems.push_back({"", error.mark, error.message});
    } catch (const YAML::Exception& error) {
        problems.push_back({"", to_mark(error.mark), "not valid YAML: " + error.msg});
    }
    return std::nullopt;
}

}  // namespace atelier::job
