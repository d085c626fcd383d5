#include "api/waits.h"

namespace atelier::api {

namespace {
constexpr std::size_t most_nudged = 10'000;
}

Waits::Place::Place(Waits& waits, std::string worker, std::shared_ptr<http::Signal> signal)
    : waits_(waits), worker_(std::move(worker)), signal_(std::move(signal)) {
    const std::lock_guard lock(waits_.mutex_);
    waits_.waiting_[worker_] = signal_;
}

Waits::Place::~Place() {
    const std::lock_guard lock(waits_.mutex_);
    const auto place = waits_.waiting_.find(worker_);
    if (place != waits_.waiting_.end() && place->second == signal_) waits_.waiting_.erase(place);
}

void Waits::nudge(const std::string& worker) {
    const std::lock_guard lock(mutex_);
    if (const auto place = waiting_.find(worker); place != waiting_.end())
        place->second->notify();
    else {
        if (nudged_.size() >= most_nudged) nudged_.clear();  // of workers that never came for theirs
        nudged_.insert(worker);
    }
}

bool Waits::was_nudged(const std::string& worker) {
    const std::lock_guard lock(mutex_);
    return nudged_.erase(worker) > 0;
}

}  // namespace atelier::api
