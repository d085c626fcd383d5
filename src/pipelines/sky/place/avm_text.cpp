// The tags of AVM as lines. The original prints texts as Python shows bytes, and that is kept for those who compare.
#include <fmt/format.h>

#include "base/text.h"
#include "pipelines/sky/place/avm.h"
#include "pipelines/sky/place/avm_tags.h"
#include "pipelines/sky/place/wtml.h"

namespace atelier::pipelines::sky {

namespace {

std::string python_bytes(std::string_view text) {
    const char quote =
        text.find('\'') != std::string_view::npos && text.find('"') == std::string_view::npos ? '"' : '\'';
    std::string result = "b";
    result += quote;
    for (const char letter : text) {
        const auto byte = static_cast<unsigned char>(letter);
        if (letter == '\\' || letter == quote)
            result.append({'\\', letter});
        else if (letter == '\n')
            result += "\\n";
        else if (letter == '\r')
            result += "\\r";
        else if (letter == '\t')
            result += "\\t";
        else if (byte < 0x20 || byte >= 0x7F)
            result += fmt::format("\\x{:02x}", byte);
        else
            result += letter;
    }
    return result += quote;
}

std::string python_number(double value) {
    std::string text = number_text(value);
    return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
}

bool is_list(AvmKind kind) {
    return kind == AvmKind::list || kind == AvmKind::capitalized_list || kind == AvmKind::numbers;
}

class Lines {
public:
    explicit Lines(bool compatible) : compatible_(compatible) {}

    void add(const AvmTag& tag, const std::vector<std::string>& values) {
        const std::size_t point = tag.name.find('.');
        const bool grouped = point != std::string_view::npos;
        const std::string_view group = tag.name.substr(0, grouped ? point : 0);
        if (grouped && group != group_) text_ += fmt::format("{}:\n", group);
        group_ = group;
        const std::string indent = grouped ? "   " : "";
        const std::string_view name = grouped ? tag.name.substr(point + 1) : tag.name;
        if (!is_list(tag.kind)) {
            text_ += fmt::format("{}{}: {}\n", indent, name, shown(tag, values.front()));
            return;
        }
        text_ += fmt::format("{}{}:\n", indent, name);
        for (const std::string& value : values)
            text_ += fmt::format("{}   * {}\n", indent, shown(tag, value));
    }
    std::string take() { return std::move(text_); }

private:
    std::string shown(const AvmTag& tag, const std::string& value) const {
        const bool number = tag.kind == AvmKind::number || tag.kind == AvmKind::numbers;
        if (!compatible_) return printable(value);
        return python_bytes(number ? python_number(parse_number(value).value_or(0)) : value);
    }

    bool compatible_;
    std::string text_;
    std::string_view group_;
};

}  // namespace

std::string avm_text(const Avm& avm, bool compatible) {
    Lines lines(compatible);
    const bool has_version = !avm.tags.empty() && avm.tags.front().first == "MetadataVersion";
    if (compatible && !has_version) lines.add(avm_tag("MetadataVersion"), {"1.2"});
    for (const auto& [name, values] : avm.tags)
        if (!compatible || !name.starts_with("Distance"))  // which the original never shows
            lines.add(avm_tag(name), values);
    return lines.take();
}

}  // namespace atelier::pipelines::sky
