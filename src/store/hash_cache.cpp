#include "store/hash_cache.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/files.h"
#include "base/log.h"
#include "store/reading.h"

namespace atelier::store {

namespace fs = std::filesystem;

namespace {

constexpr Micros day = 86'400'000'000;
constexpr Micros forgotten_after = 60 * day;
// A file that was written a moment ago may be written again within the same tick of its file system's clock.
constexpr Micros settled_after = 2'000'000;
constexpr std::int64_t nanoseconds_in_second = 1'000'000'000;

constexpr db::Migration migrations[] = {{1, R"(
    CREATE TABLE hashes (
        path TEXT PRIMARY KEY,
        size BIGINT NOT NULL,
        modified BIGINT NOT NULL,
        inode BIGINT NOT NULL,
        sha256 TEXT NOT NULL,
        hashed BIGINT NOT NULL))"}};

Digest hash_of(const fs::path& file) {
    std::string buffer(piece_size, '\0');
    Sha256 hash;
    read_pieces(open_file(file, O_RDONLY), file.string(), buffer, [&](std::string_view piece) { hash.update(piece); });
    return hash.finish();
}

void remove_database(const fs::path& file) {
    for (const char* ending : {"", "-wal", "-shm"})
        fs::remove(file.string() + ending);
}

}  // namespace

struct HashCache::Identity {
    std::string path;
    std::int64_t size = 0;
    std::int64_t modified = 0;  // in nanoseconds, as exact as the file system has it
    std::int64_t inode = 0;
    bool operator==(const Identity&) const = default;
};

HashCache::Identity HashCache::identity_of(const fs::path& file) {
    struct stat info {};
    if (::stat(file.c_str(), &info) != 0) throw Error::from_errno("cannot read " + file.string());
    require_file(info.st_mode, file.string());
    return {fs::absolute(file).lexically_normal().string(), info.st_size,
            info.st_mtim.tv_sec * nanoseconds_in_second + info.st_mtim.tv_nsec, static_cast<std::int64_t>(info.st_ino)};
}

HashCache::HashCache(const fs::path& file, const Clock& clock) : clock_(clock) {
    try {
        open(file);
    } catch (const Error& error) {
        if (error.kind() != Error::Kind::internal && error.kind() != Error::Kind::conflict) throw;
        log::warning(std::string("the cache of hashes is begun anew: ") + error.what());
        connection_.reset();
        remove_database(file);
        open(file);
    }
}

void HashCache::open(const fs::path& file) {
    connection_ = db::open(file.string());
    db::migrate(*connection_, migrations);
    db::Transaction transaction(*connection_, db::Durability::relaxed);
    connection_->run("DELETE FROM hashes WHERE hashed < $1", clock_.wall() - forgotten_after);
    transaction.commit();
}

std::optional<Digest> HashCache::find(const fs::path& file) { return find(identity_of(file)); }

std::optional<Digest> HashCache::find(const Identity& identity) {
    const std::lock_guard lock(mutex_);
    const auto known = connection_->row<std::string>(
        "SELECT sha256 FROM hashes WHERE path = $1 AND size = $2 AND modified = $3 AND inode = $4", identity.path,
        identity.size, identity.modified, identity.inode);
    if (!known) return std::nullopt;
    return Digest::from_hex(std::get<0>(*known));
}

void HashCache::remember(const Identity& identity, const Digest& digest) {
    const Micros now = clock_.wall();
    if (identity.modified / 1'000 > now - settled_after) return;
    const std::lock_guard lock(mutex_);
    db::Transaction transaction(*connection_, db::Durability::relaxed);
    connection_->run(
        "INSERT INTO hashes (path, size, modified, inode, sha256, hashed) VALUES ($1, $2, $3, $4, $5, $6) "
        "ON CONFLICT (path) DO UPDATE SET size = $2, modified = $3, inode = $4, sha256 = $5, hashed = $6",
        identity.path, identity.size, identity.modified, identity.inode, digest.hex(), now);
    transaction.commit();
}

void HashCache::remember(const fs::path& file, const Digest& digest) { remember(identity_of(file), digest); }

Digest HashCache::digest_of(const fs::path& file) {
    const Identity before = identity_of(file);
    if (const auto known = find(before)) return *known;
    const Digest digest = hash_of(file);
    if (identity_of(file) == before) remember(before, digest);
    return digest;
}

}  // namespace atelier::store
