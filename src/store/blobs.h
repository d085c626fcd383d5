// Blobs: content by its SHA-256, under "sha256/ab/cd…" of a Store. Written once, synced, renamed into place; checked on
// the way in, so a key always matches its content.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/hash.h"
#include "store/store.h"

namespace atelier::store {

struct BlobRef {
    Digest digest;
    std::uint64_t size = 0;
    auto operator<=>(const BlobRef&) const = default;
};

enum class Placement { automatic, copy };  // automatic: reflink, else hard link (read-only), else copy

class Blobs {
public:
    explicit Blobs(std::shared_ptr<Store> store) : store_(std::move(store)) {}

    BlobRef put(std::string_view bytes);
    // Hashes and stores in one pass; throws Error::conflict when the file changes meanwhile.
    BlobRef put_file(const std::filesystem::path& file);
    bool has(const BlobRef& blob);
    std::string get(const BlobRef& blob, std::uint64_t limit);
    // Lays the blob's content at `target` (which must not exist), verified: a blob that is truncated or damaged is
    // Error::internal that names it, and nothing is left at the target.
    void place(const BlobRef& blob, const std::filesystem::path& target, Placement placement, unsigned mode = 0644);

    Store& store() { return *store_; }
    static std::string key_of(const Digest& digest);

private:
    std::shared_ptr<Store> store_;
};

}  // namespace atelier::store
