#include "farm/local_link.h"

namespace atelier::farm {

wire::ExchangeReply LocalLink::exchange(const wire::ExchangeRequest& request, std::chrono::milliseconds patience) {
    wire::ExchangeReply reply = farm_.exchange(request);
    if (!reply.tells_nothing() || patience.count() == 0) return reply;
    const bool found = farm_.wait_for_work(request.worker, patience, [&] { return interrupted_.exchange(false); });
    if (!found) return reply;
    wire::ExchangeRequest again = request;  // the same question; its results were taken the first time
    std::erase_if(again.attempts, [](const wire::AttemptReport& report) { return report.result.has_value(); });
    return farm_.exchange(again);
}

void LocalLink::interrupt() {
    interrupted_ = true;
    farm_.notify();
}

}  // namespace atelier::farm
