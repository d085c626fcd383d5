#include "job/document_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "base/text.h"

namespace atelier::job {

const Node::Entry* Node::find(std::string_view key) const {
    for (const Entry& entry : entries)
        if (entry.key == key) return &entry;
    return nullptr;
}

std::string_view to_string(Node::Kind kind) {
    switch (kind) {
        case Node::Kind::null: return "nothing";
        case Node::Kind::boolean: return "a boolean";
        case Node::Kind::integer: return "an integer";
        case Node::Kind::real: return "a number";
        case Node::Kind::string: return "a string";
        case Node::Kind::list: return "a list";
        case Node::Kind::map: return "a map";
    }
    return "nothing";
}

namespace {

Mark mark_at(std::string_view text, std::size_t offset) {
    const std::string_view before = text.substr(0, offset);
    const auto lines = std::count(before.begin(), before.end(), '\n');
    const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 = 0
    return {static_cast<int>(lines) + 1, static_cast<int>(offset - line_start) + 1};
}

}  // namespace

void check_characters(std::string_view text) {
    if (text.size() > max_document_bytes)
        throw DocumentError{{}, fmt::format("the document is larger than {}", format_bytes(max_document_bytes))};
    if (!count_characters(text)) throw DocumentError{{}, "the document isn't valid UTF-8"};
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if ((byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7f)
            throw DocumentError{mark_at(text, i), fmt::format("the control character U+{:04X} isn't allowed", byte)};
    }
}

void DocumentBuilder::charge(Mark mark, std::size_t nodes, std::size_t bytes) {
    nodes_ += nodes;
    bytes_ += bytes;
    if (nodes_ > max_document_nodes)
        throw DocumentError{mark, fmt::format("the document has more than {} values", max_document_nodes)};
    if (bytes_ > max_document_bytes)
        throw DocumentError{
            mark, fmt::format("the document's aliases come to more than {}", format_bytes(max_document_bytes))};
}

void DocumentBuilder::charge_tree(Mark mark, const Node& node) {
    charge(mark, 1, node.text.size());
    for (const Node& item : node.items)
        charge_tree(mark, item);
    for (const Node::Entry& entry : node.entries) {
        charge(mark, 0, entry.key.size());
        charge_tree(mark, entry.value);
    }
}

void DocumentBuilder::add(Node node, Anchor anchor) {
    if (anchor != 0) {  // kept as a copy, which counts: a hundred nested anchors must not be a hundred documents
        charge_tree(node.mark, node);
        anchors_[anchor] = node;
    }
    if (open_.empty()) {
        root_ = std::move(node);
        return;
    }
    Frame& frame = open_.back();
    if (frame.node.kind == Node::Kind::list) {
        frame.node.items.push_back(std::move(node));
    } else if (frame.has_key) {
        frame.node.entries.push_back({std::move(frame.key), frame.key_mark, std::move(node)});
        frame.has_key = false;
    } else {
        if (node.kind == Node::Kind::list || node.kind == Node::Kind::map)
            throw DocumentError{node.mark, fmt::format("a key must be a string, not {}", to_string(node.kind))};
        frame.key = std::move(node.text);
        frame.key_mark = node.mark;
        frame.has_key = true;
    }
}

void DocumentBuilder::scalar(Mark mark, Node::Kind kind, std::string text, Anchor anchor) {
    charge(mark, 1, text.size());
    Node node;
    node.kind = kind;
    node.mark = mark;
    node.text = std::move(text);
    add(std::move(node), anchor);
}

void DocumentBuilder::begin(Mark mark, Node::Kind list_or_map, Anchor anchor) {
    charge(mark, 1, 0);
    if (open_.size() >= max_document_depth)
        throw DocumentError{mark, fmt::format("the document is nested deeper than {} levels", max_document_depth)};
    Frame frame;
    frame.node.kind = list_or_map;
    frame.node.mark = mark;
    frame.anchor = anchor;
    open_.push_back(std::move(frame));
}

void DocumentBuilder::end() {
    if (open_.back().node.kind == Node::Kind::map) drop_duplicates(open_.back().node);
    Frame frame = std::move(open_.back());
    open_.pop_back();
    add(std::move(frame.node), frame.anchor);
}

void DocumentBuilder::alias(Mark mark, Anchor anchor) {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) throw DocumentError{mark, "the alias stands inside of what it names"};
    charge_tree(mark, found->second);
    const auto depth_of = [](const auto& self, const Node& node) -> std::size_t {
        std::size_t deepest = 0;
        for (const Node& item : node.items)
            deepest = std::max(deepest, self(self, item));
        for (const Node::Entry& entry : node.entries)
            deepest = std::max(deepest, self(self, entry.value));
        return deepest + 1;
    };
    if (open_.size() + depth_of(depth_of, found->second) > max_document_depth)
        throw DocumentError{mark, fmt::format("the document is nested deeper than {} levels", max_document_depth)};
    Node copy = found->second;
    copy.mark = mark;
    add(std::move(copy), 0);
}

// The first of each key stays.
void DocumentBuilder::drop_duplicates(Node& map) {
    std::unordered_map<std::string_view, Mark> seen;
    seen.reserve(map.entries.size());
    std::vector<std::size_t> duplicates;
    for (std::size_t i = 0; i < map.entries.size(); ++i) {
        const Node::Entry& entry = map.entries[i];
        const auto [first, is_new] = seen.try_emplace(entry.key, entry.mark);
        if (is_new) continue;
        duplicates.push_back(i);
        if (problems_.size() >= max_problems) continue;
        const std::string where = path();
        problems_.push_back({where.empty() ? entry.key : where + "." + entry.key, entry.mark,
                             fmt::format("the key \"{}\" stands twice, in line {} and in line {}", entry.key,
                                         first->second.line, entry.mark.line)});
    }
    if (duplicates.empty()) return;
    std::vector<Node::Entry> kept;
    for (std::size_t i = 0; i < map.entries.size(); ++i)
        if (!std::binary_search(duplicates.begin(), duplicates.end(), i)) kept.push_back(std::move(map.entries[i]));
    map.entries = std::move(kept);
}

std::string DocumentBuilder::path() const {
    std::string path;
    for (std::size_t i = 0; i + 1 < open_.size(); ++i) {
        const Frame& frame = open_[i];
        if (frame.node.kind == Node::Kind::list)
            path += fmt::format("[{}]", frame.node.items.size());
        else
            path += (path.empty() ? "" : ".") + frame.key;
    }
    return path;
}

}  // namespace atelier::job
