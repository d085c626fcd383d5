#include "worker/capabilities.h"

#include <algorithm>

#include "base/machine.h"

namespace atelier::worker {

namespace fs = std::filesystem;

namespace {

constexpr double mib = 1024.0 * 1024.0;
constexpr double gib = mib * 1024.0;

// The driver lists one folder a card; asking it needs no program of NVIDIA's.
int nvidia_gpus() {
    std::error_code none;
    const fs::directory_iterator cards("/proc/driver/nvidia/gpus", none);
    return none ? 0 : static_cast<int>(std::distance(begin(cards), end(cards)));
}

std::string named_by_openjd(const std::string& machine) { return machine == "aarch64" ? "arm64" : machine; }

}  // namespace

wire::Capabilities detect_capabilities(int slots, const fs::path& scratch) {
    wire::Capabilities capabilities;
    capabilities.amounts["amount.worker.vcpu"] = std::max(slots, usable_cores());
    capabilities.amounts["amount.worker.memory"] = static_cast<double>(total_memory()) / mib;
    capabilities.amounts["amount.worker.gpu"] = nvidia_gpus();
    capabilities.amounts["amount.worker.disk.scratch"] = static_cast<double>(free_space(scratch)) / gib;
    capabilities.attributes["attr.worker.os.family"] = {"linux"};
    capabilities.attributes["attr.worker.cpu.arch"] = {named_by_openjd(architecture())};
    return capabilities;
}

}  // namespace atelier::worker
