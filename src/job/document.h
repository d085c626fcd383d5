// A template's document before anything is known of its meaning: a small tree that remembers where each node and key
// stood. YAML and JSON come to the same tree. Sizes, depth and copies by aliases are bounded here, so that all that
// reads the tree may trust it: strings are valid UTF-8, keys of a map differ.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "job/problem.h"

namespace atelier::job {

struct Node {
    enum class Kind { null, boolean, integer, real, string, list, map };
    struct Entry;

    Kind kind = Kind::null;
    Mark mark;
    std::string text;  // of a scalar: booleans as "true" or "false", numbers as they were written
    std::vector<Node> items;
    std::vector<Entry> entries;

    const Entry* find(std::string_view key) const;
};

struct Node::Entry {
    std::string key;
    Mark mark;
    Node value;
};

std::string_view to_string(Node::Kind kind);  // "a list", for messages

constexpr std::size_t max_document_bytes = 16u << 20;  // also of what aliases copy
constexpr std::size_t max_document_nodes = 1'000'000;
constexpr std::size_t max_document_depth = 64;

// Nothing when the text can't be read at all. Problems are added, also when a tree comes back (duplicate keys).
std::optional<Node> parse_yaml(std::string_view text, std::vector<Problem>& problems);
std::optional<Node> parse_json(std::string_view text, std::vector<Problem>& problems);

}  // namespace atelier::job
