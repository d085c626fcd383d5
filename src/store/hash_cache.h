// What files were hashed before, by (path, size, mtime, inode): to ask whether a file has changed, or whether the store
// has it, without reading it again. A file's time can lie, so what is uploaded is always hashed anew. May be used from
// any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>

#include "base/hash.h"
#include "base/time.h"
#include "db/db.h"

namespace atelier::store {

class HashCache {
public:
    // A cache that is damaged, or of another version, is begun anew.
    explicit HashCache(const std::filesystem::path& file, const Clock& clock = system_clock());

    // Of the content as it is, by the cache or by reading the file.
    Digest digest_of(const std::filesystem::path& file);
    // By the cache alone.
    std::optional<Digest> find(const std::filesystem::path& file);
    // Of a file that was just hashed by somebody else and has not changed since.
    void remember(const std::filesystem::path& file, const Digest& digest);

private:
    struct Identity;
    static Identity identity_of(const std::filesystem::path& file);

    void open(const std::filesystem::path& file);
    std::optional<Digest> find(const Identity& identity);
    void remember(const Identity& identity, const Digest& digest);

    const Clock& clock_;
    std::mutex mutex_;
    std::unique_ptr<db::Connection> connection_;
};

}  // namespace atelier::store
