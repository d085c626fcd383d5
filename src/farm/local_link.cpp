#include "farm/local_link.h"

namespace atelier::farm {

wire::ExchangeReply LocalLink::exchange(const wire::ExchangeRequest& request, std::chrono::milliseconds patience) {
    wire::ExchangeReply reply = farm_.exchange(request);
    if (!reply.tells_nothing() || patience.count() == 0) return reply;
    const bool found = farm_.wait_for_work(request.worker, patience, [&] { return interrupted_.exchange(false); });
    if (!found) return reply;
    return farm_.exchange(wire::without_results(request));
}

void LocalLink::interrupt() {
    interrupted_ = true;
    farm_.notify();
}

}  // namespace atelier::farm
