// How the parsers look at a document: a Place is a node together with the way to it, Fields is a place that must be a
// map, and the Checker reads values out of places, gathering what is wrong instead of stopping.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "job/document.h"
#include "job/limits.h"
#include "job/parts.h"
#include "job/scope.h"

namespace atelier::job {

// Lives no longer than the place above it.
class Place {
public:
    explicit Place(const Node& root) : node_(&root) {}
    Place(const Place& above, const Node::Entry& entry) : node_(&entry.value), above_(&above), key_(entry.key) {}
    Place(const Place& above, std::size_t index) : node_(&above.node().items[index]), above_(&above), index_(index) {}

    const Node& node() const { return *node_; }
    std::string path() const;
    Origin origin() const { return {path(), node_->mark}; }

private:
    const Node* node_;
    const Place* above_ = nullptr;
    std::string_view key_;
    std::size_t index_ = 0;
};

using Names = std::vector<std::string_view>;

enum class Controls { refused, line_ends, allowed };  // control characters: none; \n \r \t; any

class Checker {
public:
    Checker(std::vector<Problem>& problems, const Rules& rules) : problems_(problems), rules_(rules) {}

    const Rules& rules() const { return rules_; }
    std::size_t problem_count() const { return problems_.size(); }
    bool full() const { return problems_.size() >= max_problems; }

    void problem(const Place& place, const std::string& message);
    void problem(const Origin& origin, const std::string& message);
    void problem_at(const Place& place, std::string_view below, Mark mark, const std::string& message);

    // Each gives nothing after it told a problem.
    std::optional<std::string> string(const Place& place);
    std::optional<std::string> text(const Place& place, std::size_t min, std::size_t max, Controls controls);
    std::optional<std::string> identifier(const Place& place);
    std::optional<bool> boolean(const Place& place);
    std::optional<std::size_t> choice(const Place& place, const Names& names);
    std::optional<std::string> integer_text(const Place& place);  // an int, or a string of one; base 10, of 64 bits
    std::optional<std::string> real_text(const Place& place);     // finite; the text as it was written
    std::optional<std::int64_t> number_of(const Place& place, std::int64_t min);  // an int node, no string

    // The items of a list, of which there must be min..max; empty after a problem.
    std::vector<Place> items(const Place& place, std::size_t min, std::size_t max = no_limit);

    std::optional<FormatString> format(const Place& place, const Scope& scope, Controls controls = Controls::allowed);
    std::optional<Pending> pending(const Place& place, const Scope& scope, Controls controls = Controls::allowed);

    // A number that may be a format string: kept as text.
    std::optional<Pending> pending_number(const Place& place, const Scope& scope, bool expressions_allowed);

private:
    std::vector<Problem>& problems_;
    const Rules& rules_;
};

class Fields {
public:
    Fields(Checker& checker, const Place& place, const Names& known);
    Fields(const Fields&) = delete;
    Fields& operator=(const Fields&) = delete;

    const Place& place() const { return place_; }
    std::optional<Place> find(std::string_view key) const;  // nothing also for an optional field that is null
    std::optional<Place> find_even_null(std::string_view key) const;
    std::optional<Place> need(std::string_view key);  // tells the problem when it's missing

private:
    void unknown(const Node::Entry& entry, const Names& known);

    Checker& checker_;
    Place place_;
    bool is_map_ = true;
};

bool has_controls(std::string_view text, Controls controls);
bool is_identifier(std::string_view text);
std::string shown(std::string_view text);  // in quotes for a message, cut when it's long

}  // namespace atelier::job
