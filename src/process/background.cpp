#include "process/background.h"

#include <algorithm>

#include "process/process_tree.h"

namespace atelier::process {

BackgroundUsage::BackgroundUsage(std::vector<pid_t> roots) : roots_(std::move(roots)) {
    if (!roots_.empty()) cpu_before_ = look().cpu_seconds;
}

BackgroundUsage::Taken BackgroundUsage::look() const {
    Taken taken;
    const std::vector<ProcessInfo> all = all_processes();
    for (const pid_t root : roots_)
        for (const ProcessInfo& info : descendants_of(root, all)) {
            taken.cpu_seconds += info.cpu_seconds;
            taken.memory += info.memory;
        }
    return taken;
}

void BackgroundUsage::sample() {
    if (!roots_.empty()) peak_memory_ = std::max(peak_memory_, look().memory);
}

// Those that ended meanwhile took with them what they had used.
void BackgroundUsage::add_to(Usage& usage) {
    if (roots_.empty()) return;
    const Taken taken = look();
    usage.cpu_seconds += std::max(0.0, taken.cpu_seconds - cpu_before_);
    usage.peak_memory += std::max(peak_memory_, taken.memory);
}

}  // namespace atelier::process
