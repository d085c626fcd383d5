#include "worker/capabilities.h"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>

#include "base/machine.h"
#include "base/text.h"
#include "engines/gpus.h"

namespace atelier::worker {

namespace fs = std::filesystem;

namespace {

constexpr double mib = 1024.0 * 1024.0;
constexpr double gib = mib * 1024.0;
constexpr std::string_view uuid_prefix = "GPU-";  // what CUDA takes a card by; others can't be kept apart

std::string named_by_openjd(const std::string& machine) { return machine == "aarch64" ? "arm64" : machine; }

// A worker that was itself told to see some cards only offers no others. As CUDA reads it: UUIDs or their beginnings,
// or numbers; the first wrong one ends the list.
std::vector<wire::Gpu> those_visible(const std::vector<wire::Gpu>& gpus, const std::string& visible) {
    std::vector<wire::Gpu> seen;
    for (const std::string_view part : split(visible, ',')) {
        const std::string_view name = trim(part);
        const auto number = parse_int(name);
        auto gpu = gpus.end();
        if (number && *number >= 0 && static_cast<std::size_t>(*number) < gpus.size())
            gpu = gpus.begin() + *number;
        else if (name.starts_with(uuid_prefix))
            gpu = std::find_if(gpus.begin(), gpus.end(), [&](const auto& each) { return each.uuid.starts_with(name); });
        if (gpu == gpus.end()) break;
        seen.push_back(*gpu);
    }
    return seen;
}

void add_gpus(wire::Capabilities& capabilities) {
    capabilities.gpus = detect_gpus();
    capabilities.amounts["amount.worker.gpu"] = static_cast<double>(capabilities.gpus.size());
    if (capabilities.gpus.empty()) return;
    double smallest = capabilities.gpus.front().memory_mib;
    for (const wire::Gpu& gpu : capabilities.gpus)
        smallest = std::min(smallest, gpu.memory_mib);
    if (smallest > 0) capabilities.amounts["amount.worker.gpu.memory"] = smallest;  // 0: one didn't say
}

}  // namespace

std::vector<wire::Gpu> detect_gpus() {
    const char* path = std::getenv("PATH");
    std::vector<wire::Gpu> gpus;
    for (const engines::Gpu& gpu : engines::find_gpus(path != nullptr ? path : ""))
        if (gpu.id.starts_with(uuid_prefix)) gpus.push_back({gpu.id, gpu.name, static_cast<double>(gpu.memory) / mib});
    const char* visible = std::getenv("CUDA_VISIBLE_DEVICES");
    return visible != nullptr ? those_visible(gpus, visible) : gpus;
}

wire::Capabilities detect_capabilities(int slots, const fs::path& scratch) {
    wire::Capabilities capabilities;
    capabilities.amounts["amount.worker.vcpu"] = std::max(slots, usable_cores());
    capabilities.amounts["amount.worker.memory"] = static_cast<double>(total_memory()) / mib;
    capabilities.amounts["amount.worker.disk.scratch"] = static_cast<double>(free_space(scratch)) / gib;
    add_gpus(capabilities);
    capabilities.attributes["attr.worker.os.family"] = {"linux"};
    capabilities.attributes["attr.worker.cpu.arch"] = {named_by_openjd(architecture())};
    return capabilities;
}

}  // namespace atelier::worker
