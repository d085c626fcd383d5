// An open file in pieces, from an offset on: for whoever sends or packs content of any size with flat memory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/files.h"

namespace atelier {

class FilePieces {
public:
    // size: so many bytes and no more, though the file may grow; else to its end. shown: its path, for errors.
    FilePieces(Fd file, std::filesystem::path shown, std::uint64_t offset = 0, std::optional<std::uint64_t> size = {});

    // Valid until the next call; empty at the end. Throws Error::internal when the file ends before `size`.
    std::string_view next();

private:
    Fd file_;
    std::filesystem::path shown_;
    std::uint64_t offset_;
    std::optional<std::uint64_t> left_;
    std::string buffer_;
};

}  // namespace atelier
