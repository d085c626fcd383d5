// A tar, read from its beginning to its end with flat memory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace atelier::archive {

struct UnpackedEntry {
    std::string path;  // as it stands in the archive: whoever uses it as a path checks it
    std::uint64_t size = 0;
    // Gives the next piece, valid until the next call; empty at the end.
    std::function<std::string_view()> next;
};

// Calls `each` for each file. Throws Error::invalid for what is no tar, is damaged or was cut short.
void unpack(const std::filesystem::path& file, const std::function<void(const UnpackedEntry&)>& each);

}  // namespace atelier::archive
