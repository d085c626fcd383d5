// A .blend from anybody, plain or compressed: it is refused with an Error, or its scenes and the files that it names
// are read, and a second reading gives the same.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "base/files.h"
#include "pipelines/blender/blend_file.h"
#include "pipelines/blender/dependencies.h"

namespace {

// A file in memory, and a path that leads to it.
const atelier::Fd& memory_file() {
    static const atelier::Fd file(::memfd_create("blend", MFD_CLOEXEC));
    return file;
}

std::size_t read_all(const std::filesystem::path& path) {
    atelier::pipelines::blender::DependencyLimits limits;
    limits.read.free_content = 16u << 20;
    limits.only_below = "/proc/self/fdinfo/none";  // nothing is looked at
    atelier::pipelines::blender::BlendFile file(path, limits.read);
    std::size_t seen = file.current_scene() ? 1 : 0;
    for (const auto& scene : file.scenes())
        seen += scene.name.size() + scene.view_layers.size();
    for (const auto& dependency : atelier::pipelines::blender::find_dependencies(path, limits))
        seen += dependency.asset.size() + dependency.missing_files.size();
    return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const int file = memory_file().get();
    if (::ftruncate(file, 0) != 0 || ::pwrite(file, data, size, 0) != static_cast<ssize_t>(size)) std::abort();
    const std::string path = "/proc/self/fd/" + std::to_string(file);
    std::size_t seen = 0;
    try {
        seen = read_all(path);
    } catch (const atelier::Error&) {
        return 0;
    }
    if (read_all(path) != seen) std::abort();
    return 0;
}
