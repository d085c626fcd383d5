#include "wire/exchange.h"

namespace atelier::wire {

std::string to_string(const AttemptId& id) {
    return id.job + "/" + std::to_string(id.step) + "/" + std::to_string(id.task) + "#" + std::to_string(id.epoch);
}

ExchangeRequest without_results(ExchangeRequest request) {
    std::erase_if(request.attempts, [](const AttemptReport& report) { return report.result.has_value(); });
    return request;
}

}  // namespace atelier::wire
