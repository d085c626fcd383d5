// Blobs: content by its SHA-256, under "sha256/ab/cd…" of a Store. Written once, synced, renamed into place; checked on
// the way in, so a key always matches its content.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/hash.h"
#include "store/store.h"

namespace atelier::store {

struct BlobRef {
    Digest digest;
    std::uint64_t size = 0;
    auto operator<=>(const BlobRef&) const = default;
};

enum class Placement {
    automatic,  // reflink, else hard link (read-only, with the time of the blob; not for programs, nor as root, who may
                // write to what is read-only), else copy
    copy
};

class Verified;

class Blobs {
public:
    explicit Blobs(std::shared_ptr<Store> store);

    BlobRef put(std::string_view bytes);
    // Hashes and stores in one pass; throws Error::conflict when the file changes meanwhile, Error::invalid for what is
    // no file.
    BlobRef put_file(const std::filesystem::path& file);
    // Many at once are quicker: hashed by several threads, synced together. The result is in the order of the files.
    std::vector<BlobRef> put_files(std::span<const std::filesystem::path> files, unsigned threads = default_threads);
    // The same for files below a folder that somebody else may still write to: no link leads out of it.
    std::vector<BlobRef> put_files_beneath(const std::filesystem::path& root, std::span<const std::string> files,
                                           unsigned threads = default_threads);
    bool has(const BlobRef& blob);
    // From now on they count as just put, so that no garbage collection takes them. Throws Error::not_found.
    void hold(std::span<const BlobRef> blobs);
    std::string get(const BlobRef& blob, std::uint64_t limit);
    // Lays the blob's content at `target` (which must not exist), verified: a blob that is truncated or damaged is
    // Error::internal that names it, and nothing is left at the target.
    void place(const BlobRef& blob, const std::filesystem::path& target, Placement placement, unsigned mode = 0644);
    // The same at `name` in an open folder. shown: the target's path, for errors.
    void place_at(const BlobRef& blob, const Fd& folder, const std::string& name, const std::filesystem::path& shown,
                  Placement placement, unsigned mode);

    Store& store() { return *store_; }
    static std::string key_of(const Digest& digest);
    static std::optional<Digest> digest_of(std::string_view key);  // nothing for a key that names no blob

private:
    static constexpr unsigned default_threads = 2;
    using Opener = std::function<Fd(std::size_t)>;
    using Namer = std::function<std::string(std::size_t)>;
    std::vector<BlobRef> put_many(std::size_t count, const Opener& open, const Namer& name, unsigned threads);
    void keep(std::span<Arrival> arrivals, std::span<const BlobRef> blobs);

    std::shared_ptr<Store> store_;
    std::shared_ptr<Verified> verified_;
};

}  // namespace atelier::store
