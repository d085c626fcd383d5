// The graphics processors of this machine, from what the system shows of them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace atelier::engines {

struct Gpu {
    std::string name;
    std::string id;            // the maker's UUID, or the device file
    std::uint64_t memory = 0;  // bytes; 0: not known
    std::string driver;
};

// By nvidia-smi where it is in `path`, else by /proc/driver/nvidia; others by /dev/dri and /sys/class/drm. `root` is
// "/" but for tests.
std::vector<Gpu> find_gpus(std::string_view path, const std::filesystem::path& root = "/");

// What `nvidia-smi --query-gpu=name,uuid,memory.total,driver_version --format=csv,noheader,nounits` printed; lines that
// don't look like it are left out.
std::vector<Gpu> parse_nvidia_smi(std::string_view text);

}  // namespace atelier::engines
