// A zip from anybody: it is refused with an Error, or what it left behind is plain files and folders within the bounds.
#include <fcntl.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "archive/unzip.h"
#include "base/error.h"
#include "base/files.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace fs = std::filesystem;
    static const atelier::TemporaryFolder scratch;
    const fs::path file = scratch.path() / "in.zip";
    const fs::path folder = scratch.path() / "inside";
    fs::remove_all(folder);
    fs::create_directory(folder);
    {
        const atelier::Fd out = atelier::open_file(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        atelier::write_all(out.get(), {reinterpret_cast<const char*>(data), size}, file);
    }
    atelier::archive::UnzipLimits limits;
    limits.most_entries = 50;
    limits.most_bytes = 1u << 20;
    limits.free_bytes = 1u << 16;
    try {
        atelier::archive::unzip(file, folder, limits);
    } catch (const atelier::Error&) {
    }
    std::uint64_t bytes = 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        if (entry.is_symlink() || !(entry.is_regular_file() || entry.is_directory())) std::abort();
        if (entry.is_regular_file()) bytes += entry.file_size();
    }
    if (bytes > limits.most_bytes) std::abort();
    for (const auto& entry : fs::directory_iterator(scratch.path()))
        if (entry.path() != file && entry.path() != folder) std::abort();
    return 0;
}
