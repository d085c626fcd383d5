// What the YAML and the JSON parser share: events in, a bounded tree out, duplicate keys told with both lines.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "job/document.h"

namespace atelier::job {

// The text can't be read further; caught by parse_yaml and parse_json alone.
struct DocumentError {
    Mark mark;
    std::string message;
};

// Throws DocumentError on what no document may have: too large, not UTF-8, control characters.
void check_characters(std::string_view text);

class DocumentBuilder {
public:
    using Anchor = std::size_t;  // 0 = none

    explicit DocumentBuilder(std::vector<Problem>& problems) : problems_(problems) {}

    void scalar(Mark mark, Node::Kind kind, std::string text, Anchor anchor = 0);
    void begin(Mark mark, Node::Kind list_or_map, Anchor anchor = 0);
    void end();
    void alias(Mark mark, Anchor anchor);

    Node take() { return std::move(root_); }

private:
    struct Frame {
        Node node;
        Anchor anchor = 0;
        bool has_key = false;  // of a map: the key is read, its value comes next
        std::string key;
        Mark key_mark;
    };

    void add(Node node, Anchor anchor);
    void charge(Mark mark, std::size_t nodes, std::size_t bytes);
    void charge_tree(Mark mark, const Node& node);
    void drop_duplicates(Node& map);
    std::string path() const;

    std::vector<Problem>& problems_;
    std::vector<Frame> open_;
    std::map<Anchor, Node> anchors_;
    Node root_;
    std::size_t nodes_ = 0;
    std::size_t bytes_ = 0;
};

}  // namespace atelier::job
