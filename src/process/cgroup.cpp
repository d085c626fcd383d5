#include "process/cgroup.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <fstream>
#include <string>
#include <thread>
#include <utility>

#include "base/id.h"
#include "base/text.h"

namespace atelier::process {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view prefix = "atelier-";
constexpr std::chrono::milliseconds removal_pause{5};
constexpr int removal_tries = 200;

// Where the second version is mounted: alone at /sys/fs/cgroup, or beside the first at /sys/fs/cgroup/unified.
std::optional<fs::path> mount_point() {
    std::ifstream mounts("/proc/self/mountinfo");
    for (std::string line; std::getline(mounts, line);) {
        const std::size_t separator = line.find(" - cgroup2 ");
        if (separator == std::string::npos) continue;
        constexpr std::size_t mount_field = 4;
        const auto fields = split(line, ' ');
        if (fields.size() > mount_field) return fs::path(fields[mount_field]);
    }
    return std::nullopt;
}

// The program's own group stands in /proc/self/cgroup as "0::/path".
std::optional<fs::path> own_group() {
    const std::optional<fs::path> mount = mount_point();
    std::ifstream groups("/proc/self/cgroup");
    for (std::string line; mount && std::getline(groups, line);)
        if (line.starts_with("0::/")) return *mount / line.substr(4);
    return std::nullopt;
}

// What programs that were killed left behind is empty, and named after them.
void remove_stale(const fs::path& parent) {
    std::error_code ignored;
    for (const fs::directory_entry& entry : fs::directory_iterator(parent, ignored)) {
        const std::string name = entry.path().filename();
        if (!name.starts_with(prefix)) continue;
        const auto pid =
            parse_int(std::string_view(name).substr(prefix.size(), name.find('-', prefix.size()) - prefix.size()));
        if (pid && *pid > 0 && ::kill(static_cast<pid_t>(*pid), 0) != 0 && errno == ESRCH)
            ::rmdir(entry.path().c_str());
    }
}

}  // namespace

std::optional<Cgroup> Cgroup::make() {
    static const std::optional<fs::path> parent = [] {
        const std::optional<fs::path> group = own_group();
        if (group) remove_stale(*group);
        return group;
    }();
    if (!parent) return std::nullopt;
    const fs::path path = *parent / (std::string(prefix) + std::to_string(::getpid()) + "-" + random_id(job_id_length));
    if (::mkdir(path.c_str(), 0755) != 0) return std::nullopt;
    Fd folder(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (folder) return Cgroup(path, std::move(folder));
    ::rmdir(path.c_str());
    return std::nullopt;
}

Cgroup::Cgroup(Cgroup&& other) noexcept
    : path_(std::exchange(other.path_, fs::path())), folder_(std::move(other.folder_)) {}

Cgroup::~Cgroup() {
    if (path_.empty() || ::rmdir(path_.c_str()) == 0) return;
    std::ofstream(path_ / "cgroup.kill") << "1";
    for (int i = 0; i < removal_tries && ::rmdir(path_.c_str()) != 0 && errno == EBUSY; ++i)
        std::this_thread::sleep_for(removal_pause);
}

}  // namespace atelier::process
