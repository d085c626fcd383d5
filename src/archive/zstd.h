// Files compressed with zstd: logs when they are done. Streams, so that size doesn't matter.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string_view>

namespace atelier::archive {

// Writes `to` beside, synced and renamed; `from` is left. Frames of a few MB each, so that a part can be read without
// the rest.
void compress_file(const std::filesystem::path& from, const std::filesystem::path& to);

// The bytes [offset, offset+length) of the uncompressed content, in pieces; length may lie beyond the end. Throws
// Error::invalid for a damaged file.
void read_compressed(const std::filesystem::path& file, std::uint64_t offset, std::uint64_t length,
                     const std::function<void(std::string_view)>& sink);

}  // namespace atelier::archive
