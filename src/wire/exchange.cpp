#include "wire/exchange.h"

namespace atelier::wire {

std::string to_string(const AttemptId& id) {
    return id.job + "/" + std::to_string(id.step) + "/" + std::to_string(id.task) + "#" + std::to_string(id.epoch);
}

}  // namespace atelier::wire
