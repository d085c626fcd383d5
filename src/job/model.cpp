#include "job/model.h"

#include <queue>

namespace atelier::job {

const Parameter* Job::parameter(std::string_view wanted) const {
    for (const Parameter& parameter : parameters)
        if (parameter.name == wanted) return &parameter;
    return nullptr;
}

// Kahn's algorithm; of those that are free, the first in the template comes first. Dependencies have no cycles: the
// check saw to it.
std::vector<std::size_t> Job::steps_in_order() const {
    std::vector<std::size_t> waiting_for(steps.size());
    std::vector<std::vector<std::size_t>> followers(steps.size());
    std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> free;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        waiting_for[i] = steps[i].dependencies.size();
        for (const std::size_t dependency : steps[i].dependencies)
            followers[dependency].push_back(i);
        if (waiting_for[i] == 0) free.push(i);
    }
    std::vector<std::size_t> order;
    while (!free.empty()) {
        const std::size_t step = free.top();
        free.pop();
        order.push_back(step);
        for (const std::size_t follower : followers[step])
            if (--waiting_for[follower] == 0) free.push(follower);
    }
    return order;
}

}  // namespace atelier::job
