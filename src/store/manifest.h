// A manifest: a list of path → blob, mode, time. Canonical JSON, itself a blob; its digest is the identity of the
// whole. It may come from anybody: what it names stays inside the folder that it is laid into, whatever stands there
// already.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "store/blobs.h"
#include "store/hash_cache.h"

namespace atelier::store {

struct Entry {
    enum class Kind { file, link, folder };
    std::string path;  // relative, with '/', checked
    Kind kind = Kind::file;
    BlobRef blob;             // of a file
    std::string link_target;  // of a symbolic link
    unsigned mode = 0644;     // permission bits, of a file or folder
    Micros modified = 0;      // of a file or folder
    auto operator<=>(const Entry&) const = default;
};

struct Manifest {
    std::vector<Entry> entries;  // sorted by path, unique

    std::uint64_t total_size() const;
    std::string to_json() const;  // canonical
    // Throws Error::invalid: unsafe or repeated paths, links that lead out.
    static Manifest parse(std::string_view json);
    bool operator==(const Manifest&) const = default;
};

// Error::invalid unless a manifest of these entries can be laid into an empty folder and nothing leads out of it.
void check_entries(const std::vector<Entry>& entries);

// Reads a folder (or one file) into the store. Only folders that are empty become entries of their own; no link is
// followed. Error::invalid for what can't be kept: pipes, sockets, devices, links that lead out, names that aren't
// UTF-8.
// With a cache of hashes, files that it knows and whose blobs are in the store already are not read again. only: these
// of the folder's files, each once, and nothing else.
Manifest collect(const std::filesystem::path& root, Blobs& blobs, HashCache* cache = nullptr,
                 const std::vector<std::string>* only = nullptr);

// The manifest of a folder (or one file) that stays where it is: nothing is stored. Files that the cache knows are not
// read.
Manifest survey(const std::filesystem::path& root, HashCache& cache, const std::vector<std::string>* only = nullptr);

// The manifest with this digest; nothing when it isn't in the store. One that is damaged is an Error.
std::optional<Manifest> load_manifest(const Digest& digest, Blobs& blobs);

// Lays a manifest's content below `root`, which is made if needed; never writes through a link, never outside of root,
// never over what is there. When it fails, what it has laid is gone again.
void place(const Manifest& manifest, const std::filesystem::path& root, Blobs& blobs, Placement placement);

}  // namespace atelier::store
