#include "engines/gpus.h"

#include <algorithm>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "engines/ask.h"
#include "engines/engines.h"

namespace atelier::engines {

namespace {

constexpr std::chrono::seconds patience{10};
constexpr std::uint64_t bytes_in_mebibyte = 1u << 20;
constexpr std::string_view nvidia_vendor = "0x10de";

std::vector<std::filesystem::path> entries_of(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> entries;
    std::error_code missing;
    for (const auto& entry : std::filesystem::directory_iterator(folder, missing))
        entries.push_back(entry.path());
    std::sort(entries.begin(), entries.end());
    return entries;
}

// A small file of /proc or /sys, empty when it can't be read.
std::string read_fact(const std::filesystem::path& file) {
    try {
        return std::string(trim(read_file(file)));
    } catch (const Error&) {
        return {};
    }
}

std::vector<Gpu> ask_nvidia(std::string_view path) {
    const auto program = find_program("nvidia-smi", path);
    if (program.empty()) return {};
    try {
        const Answer answer = ask(
            {program.string(), "--query-gpu=name,uuid,memory.total,driver_version", "--format=csv,noheader,nounits"},
            patience);
        return answer.code == 0 ? parse_nvidia_smi(answer.text) : std::vector<Gpu>{};
    } catch (const Error&) {
        return {};
    }
}

// /proc/driver/nvidia/gpus/0000:01:00.0/information: "Model: \t NVIDIA ...", "GPU UUID: \t GPU-..."
std::vector<Gpu> read_nvidia_driver(const std::filesystem::path& root) {
    std::vector<Gpu> gpus;
    for (const auto& folder : entries_of(root / "proc/driver/nvidia/gpus")) {
        Gpu gpu{"NVIDIA", folder.filename().string(), 0, "nvidia"};
        const std::string information = read_fact(folder / "information");
        for (const std::string_view line : split(information, '\n')) {
            const auto colon = line.find(':');
            if (colon == std::string_view::npos) continue;
            const std::string value(trim(line.substr(colon + 1)));
            if (trim(line.substr(0, colon)) == "Model") gpu.name = printable(value);
            if (trim(line.substr(0, colon)) == "GPU UUID") gpu.id = printable(value);
        }
        gpus.push_back(gpu);
    }
    return gpus;
}

// /dev/dri/renderD128, with its maker in /sys/class/drm/renderD128/device/vendor.
std::vector<Gpu> read_render_nodes(const std::filesystem::path& root, bool without_nvidia) {
    std::vector<Gpu> gpus;
    for (const auto& node : entries_of(root / "dev/dri")) {
        const std::string name = node.filename().string();
        if (name.rfind("renderD", 0) != 0) continue;
        const auto device = root / "sys/class/drm" / name / "device";
        const std::string vendor = read_fact(device / "vendor");
        if (vendor == nvidia_vendor && without_nvidia) continue;
        std::error_code ignored;
        Gpu gpu{"GPU", "/dev/dri/" + name, 0,
                std::filesystem::read_symlink(device / "driver", ignored).filename().string()};
        if (vendor == nvidia_vendor) gpu.name = "NVIDIA";
        if (vendor == "0x1002") gpu.name = "AMD";
        if (vendor == "0x8086") gpu.name = "Intel";
        gpu.memory = static_cast<std::uint64_t>(parse_int(read_fact(device / "mem_info_vram_total")).value_or(0));
        gpus.push_back(gpu);
    }
    return gpus;
}

}  // namespace

std::vector<Gpu> parse_nvidia_smi(std::string_view text) {
    std::vector<Gpu> gpus;
    for (const std::string_view line : split(text, '\n')) {
        const auto fields = split(line, ',');
        if (fields.size() != 4 || trim(fields[1]).rfind("GPU-", 0) != 0) continue;
        const std::int64_t mebibytes = std::max<std::int64_t>(parse_int(trim(fields[2])).value_or(0), 0);
        gpus.push_back({printable(trim(fields[0])), printable(trim(fields[1])),
                        static_cast<std::uint64_t>(mebibytes) * bytes_in_mebibyte,
                        "nvidia " + printable(trim(fields[3]))});
    }
    return gpus;
}

std::vector<Gpu> find_gpus(std::string_view path, const std::filesystem::path& root) {
    std::vector<Gpu> gpus = ask_nvidia(path);
    if (gpus.empty()) gpus = read_nvidia_driver(root);
    const std::vector<Gpu> others = read_render_nodes(root, !gpus.empty());
    gpus.insert(gpus.end(), others.begin(), others.end());
    return gpus;
}

}  // namespace atelier::engines
