// Where each frame of a zstd file begins: a table at its end, in a frame that other programs skip (the "seekable
// format" of zstd's own contributions). A file without one is read from its beginning.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/files.h"

namespace atelier::archive {

struct Frame {
    std::uint32_t packed = 0;   // bytes in the file
    std::uint32_t content = 0;  // bytes of the content
};

std::string write_seek_table(const std::vector<Frame>& frames);

// Empty when the file has no table; Error::invalid when it has one that can't be.
std::vector<Frame> read_seek_table(const Fd& file, const std::filesystem::path& path);

}  // namespace atelier::archive
