#include "worker/capabilities.h"

#include <sched.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

#include <algorithm>

#include "base/error.h"

namespace atelier::worker {

namespace fs = std::filesystem;

namespace {

constexpr double mib = 1024.0 * 1024.0;
constexpr double gib = mib * 1024.0;

double memory_mib() {
    struct sysinfo info {};
    if (::sysinfo(&info) != 0) throw Error::from_errno("cannot tell this machine's memory");
    return static_cast<double>(info.totalram) * info.mem_unit / mib;
}

double free_gib(const fs::path& folder) {
    struct statvfs info {};
    if (::statvfs(folder.c_str(), &info) != 0) return 0;
    return static_cast<double>(info.f_bavail) * static_cast<double>(info.f_frsize) / gib;
}

// The driver lists one folder a card; asking it needs no program of NVIDIA's.
int nvidia_gpus() {
    std::error_code none;
    const fs::directory_iterator cards("/proc/driver/nvidia/gpus", none);
    return none ? 0 : static_cast<int>(std::distance(begin(cards), end(cards)));
}

std::string architecture() {
    struct utsname names {};
    ::uname(&names);
    const std::string machine = names.machine;
    return machine == "aarch64" ? "arm64" : machine;
}

}  // namespace

int core_count() {
    cpu_set_t set;
    if (::sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    return std::max(1, CPU_COUNT(&set));
}

wire::Capabilities detect_capabilities(int slots, const fs::path& scratch) {
    wire::Capabilities capabilities;
    capabilities.amounts["amount.worker.vcpu"] = std::max(slots, core_count());
    capabilities.amounts["amount.worker.memory"] = memory_mib();
    capabilities.amounts["amount.worker.gpu"] = nvidia_gpus();
    capabilities.amounts["amount.worker.disk.scratch"] = free_gib(scratch);
    capabilities.attributes["attr.worker.os.family"] = {"linux"};
    capabilities.attributes["attr.worker.cpu.arch"] = {architecture()};
    return capabilities;
}

}  // namespace atelier::worker
