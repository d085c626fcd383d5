// A manifest: a list of path → blob, mode, time. Canonical JSON, itself a blob; its digest is the identity of the
// whole.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "store/blobs.h"

namespace atelier::store {

struct Entry {
    enum class Kind { file, link, folder };
    std::string path;  // relative, with '/', checked
    Kind kind = Kind::file;
    BlobRef blob;             // of a file
    std::string link_target;  // of a symbolic link
    unsigned mode = 0644;     // permission bits
    Micros modified = 0;
    auto operator<=>(const Entry&) const = default;
};

struct Manifest {
    std::vector<Entry> entries;  // sorted by path, unique

    std::uint64_t total_size() const;
    std::string to_json() const;  // canonical
    static Manifest parse(
        std::string_view json);  // throws Error::invalid: unsafe or repeated paths, links that lead out
};

// Reads a folder (or one file) into the store. Only folders that are empty become entries of their own.
Manifest collect(const std::filesystem::path& root, Blobs& blobs);

// Lays a manifest's content below `root`; never writes through a link, never outside of root.
void place(const Manifest& manifest, const std::filesystem::path& root, Blobs& blobs, Placement placement);

}  // namespace atelier::store
