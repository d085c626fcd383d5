#include "base/machine.h"

#include <sched.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "base/error.h"

namespace atelier {

namespace {

constexpr std::uint64_t bytes_in_kibibyte = 1024;

std::uint64_t memory_line(const std::string& name) {
    std::ifstream lines("/proc/meminfo");
    std::string key, unit;
    for (std::uint64_t kibibytes = 0; lines >> key >> kibibytes; std::getline(lines, unit))
        if (key == name + ":") return kibibytes * bytes_in_kibibyte;
    return 0;
}

utsname system_facts() {
    utsname facts{};
    uname(&facts);
    return facts;
}

}  // namespace

int usable_cores() {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    // More cores than the set has room for: all of those that are there.
    if (sched_getaffinity(0, sizeof cores, &cores) != 0)
        return std::max(1, static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN)));
    return std::max(1, CPU_COUNT(&cores));
}

std::uint64_t total_memory() { return memory_line("MemTotal"); }

std::uint64_t available_memory() { return memory_line("MemAvailable"); }

std::uint64_t free_space(const std::filesystem::path& path) {
    std::filesystem::path folder = std::filesystem::absolute(path);
    std::error_code ignored;
    while (!std::filesystem::exists(folder, ignored) && folder.has_relative_path())
        folder = folder.parent_path();
    struct statvfs disk {};
    if (statvfs(folder.c_str(), &disk) != 0)
        throw Error::from_errno("cannot tell the free space of " + folder.string());
    return static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
}

std::string machine_name() { return system_facts().nodename; }

std::string system_name() {
    const utsname facts = system_facts();
    return std::string(facts.sysname) + " " + facts.release;
}

std::string architecture() { return system_facts().machine; }

}  // namespace atelier
