#include "job/space_builder.h"

#include <fmt/format.h>

#include "base/text.h"
#include "job/space_node.h"
#include "job/values.h"

namespace atelier::job {

std::optional<RangeExpr> as_range(Checker& checker, const Pending& pending, const Symbols& symbols) {
    try {
        return RangeExpr::parse(pending.text.resolve(symbols));
    } catch (const Error& error) {
        checker.problem(pending.origin, error.what());
        return std::nullopt;
    }
}

namespace {

using SpaceNode = ParameterSpace::Node;

std::optional<std::vector<std::string>> values_of(Checker& checker, const TaskParameterPart& part,
                                                  const Symbols& symbols) {
    std::vector<std::string> values;
    for (const Pending& pending : part.values)
        if (auto value = as_task_value(checker, pending.origin, part.type, pending.text.resolve(symbols)))
            values.push_back(std::move(*value));
    if (values.size() < part.values.size()) return std::nullopt;
    return values;
}

std::optional<Chunks> chunks_of(Checker& checker, const TaskParameterPart& part, const Symbols& symbols) {
    const ChunksPart& chunks = *part.chunks;
    const auto count =
        as_integer(checker, chunks.default_task_count.origin, chunks.default_task_count.text.resolve(symbols), 1);
    std::optional<RangeExpr> range;
    if (part.expression) {
        range = as_range(checker, *part.expression, symbols);
    } else if (const auto values = values_of(checker, part, symbols)) {
        std::vector<std::int64_t> numbers;
        for (const std::string& value : *values)
            numbers.push_back(*parse_int(value));
        range = RangeExpr::from_values(std::move(numbers));
    }
    if (!count || !range) return std::nullopt;
    return Chunks(std::move(*range), static_cast<std::uint64_t>(*count), chunks.contiguous);
}

std::optional<SpaceNode> leaf_of(Checker& checker, const TaskParameterPart& part, std::size_t position,
                                 const Symbols& symbols) {
    SpaceNode::Leaf leaf{position, part.name, part.type, {}};
    const auto keep = [&](auto values) {
        if (!values) return false;
        leaf.values = std::move(*values);
        return true;
    };
    const bool kept = part.chunks       ? keep(chunks_of(checker, part, symbols))
                      : part.expression ? keep(as_range(checker, *part.expression, symbols))
                                        : keep(values_of(checker, part, symbols));
    if (!kept) return std::nullopt;
    return SpaceNode::leaf(std::move(leaf));
}

SpaceNode node_of(const Combination& combination, std::vector<SpaceNode>& leaves,
                  const std::vector<TaskParameterPart>& parts) {
    if (combination.kind == Combination::Kind::name) {
        for (std::size_t i = 0; i < parts.size(); ++i)
            if (parts[i].name == combination.name) return std::move(leaves[i]);
    }
    std::vector<SpaceNode> below;
    for (const Combination& part : combination.parts)
        below.push_back(node_of(part, leaves, parts));
    return combination.kind == Combination::Kind::product ? SpaceNode::product(std::move(below))
                                                          : SpaceNode::association(std::move(below));
}

}  // namespace

std::optional<ParameterSpace> build_space(Checker& checker, const SpacePart& part, const Symbols& symbols) {
    std::vector<SpaceNode> leaves;
    for (std::size_t i = 0; i < part.parameters.size(); ++i)
        if (auto leaf = leaf_of(checker, part.parameters[i], i, symbols)) leaves.push_back(std::move(*leaf));
    if (leaves.size() < part.parameters.size()) return std::nullopt;
    try {
        SpaceNode root = part.combination ? node_of(*part.combination, leaves, part.parameters)
                                          : SpaceNode::product(std::move(leaves));
        return ParameterSpace(std::make_shared<const SpaceNode>(std::move(root)));
    } catch (const Error& error) {
        checker.problem(part.origin, error.what());
        return std::nullopt;
    }
}

}  // namespace atelier::job
