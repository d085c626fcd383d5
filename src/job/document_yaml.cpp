// YAML by libyaml's events. Plain scalars get their kinds by the core schema of YAML 1.2.
#include <fmt/format.h>
#include <yaml.h>

#include <charconv>
#include <map>

#include "base/text.h"
#include "job/document_builder.h"

namespace atelier::job {

namespace {

constexpr std::string_view standard_tag = "tag:yaml.org,2002:";
constexpr std::string_view digits = "0123456789";

Mark to_mark(const yaml_mark_t& mark) { return {static_cast<int>(mark.line) + 1, static_cast<int>(mark.column) + 1}; }

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

class Event {
public:
    Event() = default;
    ~Event() { yaml_event_delete(&event_); }
    Event(const Event&) = delete;
    Event& operator=(const Event&) = delete;

    yaml_event_t* get() { return &event_; }
    const yaml_event_t* operator->() const { return &event_; }

private:
    yaml_event_t event_{};
};

class Reader {
public:
    Reader(std::string_view text, std::vector<Problem>& problems) : problems_(problems) {
        if (yaml_parser_initialize(&parser_) == 0) throw DocumentError{{}, "there is no memory to read YAML"};
        yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()), text.size());
    }
    ~Reader() { yaml_parser_delete(&parser_); }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    Node read() {
        DocumentBuilder builder(problems_);
        int documents = 0;
        for (;;) {
            Event event;
            if (yaml_parser_parse(&parser_, event.get()) == 0) refuse();
            if (event->type == YAML_STREAM_END_EVENT) break;
            if (event->type == YAML_DOCUMENT_START_EVENT && ++documents > 1)
                throw DocumentError{to_mark(event->start_mark), "more than one YAML document"};
            take(event, builder);
        }
        if (documents == 0) throw DocumentError{{1, 1}, "the document is empty"};
        return builder.take();
    }

private:
    [[noreturn]] void refuse() const {
        throw DocumentError{to_mark(parser_.problem_mark),
                            fmt::format("not valid YAML: {}{}{}", parser_.context != nullptr ? parser_.context : "",
                                        parser_.context != nullptr ? ", " : "",
                                        parser_.problem != nullptr ? parser_.problem : "it can't be read")};
    }

    void take(const Event& event, DocumentBuilder& builder) {
        const Mark mark = to_mark(event->start_mark);
        switch (event->type) {
            case YAML_ALIAS_EVENT: {
                const auto known = anchors_.find(text_of(event->data.alias.anchor));
                if (known == anchors_.end()) throw DocumentError{mark, "an alias of nothing"};
                return builder.alias(mark, known->second);
            }
            case YAML_SCALAR_EVENT: {
                const auto& data = event->data.scalar;
                Scalar scalar = resolve(mark, data);
                return builder.scalar(mark, scalar.kind, std::move(scalar.text), anchor_of(data.anchor));
            }
            case YAML_SEQUENCE_START_EVENT:
                check_tag(mark, event->data.sequence_start.tag, "seq");
                return builder.begin(mark, Node::Kind::list, anchor_of(event->data.sequence_start.anchor));
            case YAML_MAPPING_START_EVENT:
                check_tag(mark, event->data.mapping_start.tag, "map");
                return builder.begin(mark, Node::Kind::map, anchor_of(event->data.mapping_start.anchor));
            case YAML_SEQUENCE_END_EVENT:
            case YAML_MAPPING_END_EVENT: return builder.end();
            default: return;
        }
    }

    static std::string text_of(const yaml_char_t* text) {
        return text == nullptr ? "" : reinterpret_cast<const char*>(text);
    }

    // A name that is given again means the later node from there on.
    DocumentBuilder::Anchor anchor_of(const yaml_char_t* name) {
        if (name == nullptr) return 0;
        return anchors_[text_of(name)] = ++last_anchor_;
    }

    [[noreturn]] static void refuse_tag(Mark mark, const std::string& tag) {
        throw DocumentError{mark, fmt::format("the tag {} isn't allowed here", tag)};
    }

    template <class Data>
    static Scalar resolve(Mark mark, const Data& data) {
        const std::string value(reinterpret_cast<const char*>(data.value), data.length);
        const std::string tag = text_of(data.tag);
        if (tag.empty() && data.plain_implicit != 0) return resolve_plain(value);
        if (tag.empty() || tag == "!") return {Node::Kind::string, value};
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

    static void check_tag(Mark mark, const yaml_char_t* given, std::string_view name) {
        const std::string tag = text_of(given);
        if (!tag.empty() && tag != "!" && tag != std::string(standard_tag) + std::string(name)) refuse_tag(mark, tag);
    }

    std::vector<Problem>& problems_;
    yaml_parser_t parser_{};
    std::map<std::string, DocumentBuilder::Anchor> anchors_;
    DocumentBuilder::Anchor last_anchor_ = 0;
};

}  // namespace

std::optional<Node> parse_yaml(std::string_view text, std::vector<Problem>& problems) {
    try {
        check_characters(text);
        return Reader(text, problems).read();
    } catch (const DocumentError& error) {
        problems.push_back({"", error.mark, error.message});
    }
    return std::nullopt;
}

}  // namespace atelier::job
