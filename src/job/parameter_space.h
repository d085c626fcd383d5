// The tasks of a step, computed from their numbers: a step of 10^9 tasks is a few hundred bytes.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace atelier::job {

enum class TaskParameterType { integer, real, string, path, chunk };

struct TaskParameterValue {
    TaskParameterType type = TaskParameterType::string;
    std::string value;
};

using TaskParameters = std::map<std::string, TaskParameterValue, std::less<>>;

class ParameterSpace {
public:
    struct Node;  // of the combination's tree; known to the sources of the space alone

    ParameterSpace();  // a step without a space: one task without parameters
    explicit ParameterSpace(std::shared_ptr<const Node> root);

    std::uint64_t size() const;
    TaskParameters at(std::uint64_t index) const;  // throws Error::invalid beyond the end

    // Names and types, in the order of their definition.
    std::vector<std::pair<std::string, TaskParameterType>> parameters() const;

private:
    std::shared_ptr<const Node> root_;
};

}  // namespace atelier::job
