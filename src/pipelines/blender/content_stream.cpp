#include "pipelines/blender/content_stream.h"

#include <unistd.h>

namespace atelier::pipelines::blender {

std::size_t read_at(const Fd& file, const std::filesystem::path& path, std::uint64_t offset, char* to,
                    std::size_t size) {
    std::size_t used = 0;
    while (used < size) {
        const ssize_t count = ::pread(file.get(), to + used, size - used, static_cast<off_t>(offset + used));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw Error::from_errno("cannot read " + path.string());
        if (count == 0) break;
        used += static_cast<std::size_t>(count);
    }
    return used;
}

std::string_view PackedBytes::next() {
    const std::size_t size = read_at(file_, path_, next_, piece_.data(), piece_.size());
    next_ += size;
    return std::string_view(piece_).substr(0, size);
}

}  // namespace atelier::pipelines::blender
