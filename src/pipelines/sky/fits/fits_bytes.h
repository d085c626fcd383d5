// The bytes of a FITS file, wherever in it: plain, or of a gzip file that is unpacked once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>

#include "base/files.h"

namespace atelier::pipelines::sky {

class FitsBytes {
public:
    explicit FitsBytes(const std::filesystem::path& path);

    std::uint64_t size() const { return size_; }
    // All of them, or Error::invalid: the file ends before.
    void read(std::uint64_t offset, std::byte* into, std::size_t count) const;

private:
    void unpack();

    std::filesystem::path path_;
    Fd file_;
    std::uint64_t size_ = 0;
};

}  // namespace atelier::pipelines::sky
