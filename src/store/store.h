// Where bytes lie: an object store with the few verbs that a folder, S3, GCS and Azure all have. Keys are relative
// paths
// ("sha256/ab/cdef…"). Every call may be made from any thread. Failures are Errors: not_found, exhausted (disk full),
// denied (read-only), unavailable (worth another try).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace atelier::store {

struct ObjectInfo {
    std::string key;
    std::uint64_t size = 0;
    Micros modified = 0;
};

// Gives the next piece, empty at the end.
using ByteSource = std::function<std::string_view()>;
using ByteSink = std::function<void(std::string_view)>;

struct Range {
    std::uint64_t offset = 0;
    std::optional<std::uint64_t> length;  // to the end when not given
};

class Store {
public:
    virtual ~Store() = default;
    virtual void get(const std::string& key, Range range, const ByteSink& sink) = 0;
    virtual bool put_if_absent(const std::string& key, const ByteSource& source) = 0;  // false: it was there already
    virtual std::optional<ObjectInfo> head(const std::string& key) = 0;
    virtual void list(const std::string& prefix, const std::function<void(const ObjectInfo&)>& each) = 0;
    virtual void remove(const std::string& key) = 0;  // fine when it isn't there
    // An address that others can read (or write) for a while without an account; nothing where the backend has none.
    virtual std::optional<std::string> signed_address(const std::string& key, bool for_writing, double seconds) = 0;
    // Where a file with this content lies on this machine, if it does: to be read, linked or copied, never written.
    virtual std::optional<std::filesystem::path> local_path(const std::string& key) = 0;
};

std::unique_ptr<Store> open_folder_store(const std::filesystem::path& root);

}  // namespace atelier::store
