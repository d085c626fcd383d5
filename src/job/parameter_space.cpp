#include "job/parameter_space.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "job/space_node.h"

namespace atelier::job {

namespace {

// ceil(a * b / c), where a * b may need more than 64 bits.
std::uint64_t scaled_up(std::uint64_t a, std::uint64_t b, std::uint64_t c) {
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::uint64_t>((static_cast<Wide>(a) * b + c - 1) / c);
}

std::uint64_t divided_up(std::uint64_t a, std::uint64_t b) { return a / b + (a % b == 0 ? 0 : 1); }

}  // namespace

Chunks::Chunks(RangeExpr range, std::uint64_t per_chunk, bool contiguous)
    : range_(std::move(range)), per_chunk_(per_chunk), contiguous_(contiguous) {
    if (contiguous_)
        cut_at_gaps();
    else
        pieces_.push_back({0, range_.size(), false});
    std::uint64_t end = 0;
    for (const Piece& piece : pieces_)
        ends_.push_back(end += chunks_of(piece));
}

// Pieces come from the range's intervals, not from its values: a range of 10^11 values has one.
void Chunks::cut_at_gaps() {
    std::uint64_t index = 0;
    std::int64_t previous = 0;
    const auto add = [&](std::int64_t first, std::int64_t last, std::uint64_t length, bool single) {
        const bool joins = !single && !pieces_.empty() && !pieces_.back().single && previous + 1 == first;
        if (joins)
            pieces_.back().length += length;
        else
            pieces_.push_back({index, length, single});
        index += length;
        previous = last;
    };
    for (const RangeExpr::Interval& interval : range_.intervals()) {
        const std::uint64_t size = interval.size();
        if (interval.step == 1) {
            add(interval.first, interval.last, size, false);
            continue;
        }
        // Its first and last value may have neighbours outside, those between have none.
        add(interval.first, interval.first, 1, false);
        add(interval.first + interval.step, interval.last - interval.step, size - 2, true);
        add(interval.last, interval.last, 1, false);
    }
}

std::uint64_t Chunks::chunks_of(const Piece& piece) const {
    return piece.single ? piece.length : divided_up(piece.length, per_chunk_);
}

std::string Chunks::at(std::uint64_t index) const {
    const auto end = std::upper_bound(ends_.begin(), ends_.end(), index);
    const Piece& piece = pieces_[static_cast<std::size_t>(end - ends_.begin())];
    const std::uint64_t count = chunks_of(piece);
    const std::uint64_t chunk = index - (*end - count);
    // The first chunks of a piece are not all the larger ones: the remainder is spread over them evenly.
    const std::uint64_t small = piece.length / count;
    const std::uint64_t remainder = piece.length % count;
    const auto offset = [&](std::uint64_t i) { return i * small + scaled_up(i, remainder, count); };
    const std::uint64_t begin = piece.begin + offset(chunk);
    const std::uint64_t length = offset(chunk + 1) - offset(chunk);
    if (!contiguous_) return range_.slice(begin, length).text();
    return fmt::format("{}-{}", range_.at(begin), range_.at(begin + length - 1));
}

using Node = ParameterSpace::Node;

Node Node::leaf(Leaf leaf) {
    Node node;
    node.size = std::visit([](const auto& values) -> std::uint64_t { return values.size(); }, leaf.values);
    node.kind = std::move(leaf);
    return node;
}

Node Node::product(std::vector<Node> factors) {
    Node node;
    for (const Node& factor : factors)
        if (__builtin_mul_overflow(node.size, factor.size, &node.size))
            throw Error(Error::Kind::invalid,
                        fmt::format("the step has more than {} tasks", std::numeric_limits<std::uint64_t>::max()));
    node.kind = Product{std::move(factors)};
    return node;
}

Node Node::association(std::vector<Node> members) {
    Node node;
    node.size = members.front().size;
    for (const Node& member : members)
        if (member.size != node.size)
            throw Error(Error::Kind::invalid,
                        fmt::format("the members of an association differ in size: {} and {}", node.size, member.size));
    node.kind = Association{std::move(members)};
    return node;
}

namespace {

std::string value_of(const Node::Leaf& leaf, std::uint64_t index) {
    if (const auto* list = std::get_if<std::vector<std::string>>(&leaf.values)) return (*list)[index];
    if (const auto* range = std::get_if<RangeExpr>(&leaf.values)) return std::to_string(range->at(index));
    return std::get<Chunks>(leaf.values).at(index);
}

void collect(const Node& node, std::uint64_t index, TaskParameters& values) {
    if (const auto* leaf = std::get_if<Node::Leaf>(&node.kind)) {
        values[leaf->name] = {leaf->type, value_of(*leaf, index)};
    } else if (const auto* product = std::get_if<Node::Product>(&node.kind)) {
        for (auto factor = product->factors.rbegin(); factor != product->factors.rend(); ++factor) {
            collect(*factor, index % factor->size, values);
            index /= factor->size;
        }
    } else {
        for (const Node& member : std::get<Node::Association>(node.kind).members)
            collect(member, index, values);
    }
}

void leaves(const Node& node, std::vector<const Node::Leaf*>& found) {
    if (const auto* leaf = std::get_if<Node::Leaf>(&node.kind)) {
        found.push_back(leaf);
    } else if (const auto* product = std::get_if<Node::Product>(&node.kind)) {
        for (const Node& factor : product->factors)
            leaves(factor, found);
    } else {
        for (const Node& member : std::get<Node::Association>(node.kind).members)
            leaves(member, found);
    }
}

}  // namespace

ParameterSpace::ParameterSpace() : root_(std::make_shared<const Node>(Node::product({}))) {}

ParameterSpace::ParameterSpace(std::shared_ptr<const Node> root) : root_(std::move(root)) {}

std::uint64_t ParameterSpace::size() const { return root_->size; }

TaskParameters ParameterSpace::at(std::uint64_t index) const {
    if (index >= size())
        throw Error(Error::Kind::invalid, fmt::format("the step has {} tasks, there is no task {}", size(), index));
    TaskParameters values;
    collect(*root_, index, values);
    return values;
}

std::vector<std::pair<std::string, TaskParameterType>> ParameterSpace::parameters() const {
    std::vector<const Node::Leaf*> found;
    leaves(*root_, found);
    std::sort(found.begin(), found.end(), [](const auto* a, const auto* b) { return a->position < b->position; });
    std::vector<std::pair<std::string, TaskParameterType>> parameters;
    parameters.reserve(found.size());
    for (const Node::Leaf* leaf : found)
        parameters.emplace_back(leaf->name, leaf->type);
    return parameters;
}

}  // namespace atelier::job
