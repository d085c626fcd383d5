#include "pipelines/sky/place/xml_document.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace atelier::pipelines::sky {

namespace {

constexpr std::size_t largest_document = 256u << 20;
constexpr int deepest = 100;

// Whoever walks through it may do so by recursion.
bool is_too_deep(const pugi::xml_document& document) {
    struct Depth : pugi::xml_tree_walker {
        bool for_each(pugi::xml_node&) override { return depth() < deepest; }
    } walker;
    return !const_cast<pugi::xml_document&>(document).traverse(walker);
}

}  // namespace

XmlDocument::XmlDocument(std::string_view text, const std::filesystem::path& name_for_errors)
    : text_(text), name_(name_for_errors) {
    if (text.size() > largest_document)
        throw Error(Error::Kind::exhausted,
                    fmt::format("{} is larger than {}", name_.string(), format_bytes(largest_document)));
    const auto result = document_->load_buffer(text.data(), text.size(),
                                               pugi::parse_default | pugi::parse_ws_pcdata_single | pugi::parse_doctype,
                                               pugi::encoding_utf8);
    if (!result) refuse_at(result.offset, lower(result.description()));
    for (const pugi::xml_node& node : document_->children())
        if (node.type() == pugi::node_doctype) refuse(node, "document types are not allowed");
    if (!root()) refuse_at(0, "it holds no element");
    if (is_too_deep(*document_)) refuse_at(0, fmt::format("its elements stand more than {} deep", deepest));
}

void XmlDocument::refuse(const pugi::xml_node& node, const std::string& why) const {
    refuse_at(node.offset_debug(), why);
}

void XmlDocument::refuse_at(std::ptrdiff_t offset, const std::string& why) const {
    const auto at = static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(offset, 0, text_.size()));
    const std::string_view before = text_.substr(0, at);
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    const std::size_t line_begin = before.rfind('\n') + 1;  // 0 when there is none
    const std::string where = fmt::format("{}:{}:{}", name_.string(), line, at - line_begin + 1);
    throw Error(Error::Kind::invalid, fmt::format("{}: {}", where, why), {}, where);
}

}  // namespace atelier::pipelines::sky
