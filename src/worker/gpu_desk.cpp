#include "worker/gpu_desk.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"

namespace atelier::worker {

std::size_t gpus_wanted(const job::Step& step) {
    for (const job::AmountRequirement& amount : step.requirements.amounts)
        if (amount.name == "amount.worker.gpu") return static_cast<std::size_t>(std::ceil(amount.min.value_or(0)));
    return 0;
}

GpuDesk::GpuDesk(const std::vector<wire::Gpu>& gpus) : total_(gpus.size()) {
    for (const wire::Gpu& gpu : gpus)
        free_.push_back(gpu.uuid);
}

GpuDesk::Hold::~Hold() {
    if (desk_ != nullptr) desk_->give_back(uuids_);
}

GpuDesk::Hold& GpuDesk::Hold::operator=(Hold&& other) noexcept {
    std::swap(desk_, other.desk_);
    std::swap(uuids_, other.uuids_);
    return *this;
}

std::optional<GpuDesk::Hold> GpuDesk::take(std::size_t count, std::chrono::milliseconds at_most) {
    if (count > total_)
        throw Error(Error::Kind::exhausted,
                    "the step asks for " + std::to_string(count) + " GPUs, this worker has " + std::to_string(total_));
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, at_most, [&] { return free_.size() >= count; })) return std::nullopt;
    const auto end = free_.begin() + static_cast<std::ptrdiff_t>(count);
    std::vector<std::string> taken(free_.begin(), end);
    free_.erase(free_.begin(), end);
    return Hold(*this, std::move(taken));
}

void GpuDesk::give_back(const std::vector<std::string>& uuids) {
    {
        const std::lock_guard lock(mutex_);
        free_.insert(free_.end(), uuids.begin(), uuids.end());
    }
    changed_.notify_all();
}

}  // namespace atelier::worker
