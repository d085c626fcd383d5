// A zip from anybody, laid out in a folder: nothing of it comes to lie outside, nothing in it is a link or a program,
// no two of its names mean the same file anywhere, and what it unpacks to is bounded before it is written.
#pragma once

#include <cstdint>
#include <filesystem>

namespace atelier::archive {

// Of more than this no honest archive has. A test has smaller ones.
struct UnzipLimits {
    std::size_t most_entries = 100'000;
    std::size_t longest_path = 1024;
    std::size_t deepest_path = 32;
    std::uint64_t most_bytes = 256ull << 30;  // together
    std::uint64_t free_bytes = 1ull << 30;    // together, in any case, and so much for each byte of the archive:
    std::uint64_t bytes_per_byte = 100;
};

struct Unzipped {
    std::size_t files = 0;
    std::uint64_t bytes = 0;
};

bool is_zip(const std::filesystem::path& file);  // by how it begins

// folder: is there, and empty. Throws Error::invalid for what is no zip, damaged, encrypted or breaks a rule, with the
// name of the entry; then what was laid out until there is still in the folder, for the caller to remove.
Unzipped unzip(const std::filesystem::path& file, const std::filesystem::path& folder, const UnzipLimits& limits = {});

}  // namespace atelier::archive
