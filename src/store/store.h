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
#include <span>
#include <string>
#include <string_view>

#include "base/files.h"
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

// An object that is being written and has no key yet: who hashes while writing knows the key at the end. Gone unless
// kept.
class Incoming {
public:
    virtual ~Incoming() = default;
    virtual void write(std::string_view piece) = 0;
    // Takes all of an open file's content without copying it, where the file system can (reflink): gives the copy, to
    // be read, or nothing.
    virtual Fd clone(int file) = 0;
};

struct Arrival {
    std::unique_ptr<Incoming> object;  // may be empty for a key that is known to be there
    std::string key;
    bool was_new = false;  // set by keep(): false when the key was there already
};

// What was begun by a process that died.
struct Unfinished {
    std::uint64_t count = 0;
    std::uint64_t bytes = 0;
};

struct Range {
    std::uint64_t offset = 0;
    std::optional<std::uint64_t> length;  // to the end when not given
};

class Store {
public:
    virtual ~Store() = default;
    virtual void get(const std::string& key, Range range, const ByteSink& sink) = 0;
    bool put_if_absent(const std::string& key, const ByteSource& source);  // false: it was there already
    virtual std::unique_ptr<Incoming> begin() = 0;
    // Gives the objects their keys; afterwards they survive a power cut, and so do those that were there already.
    // Together is cheaper than one by one. What was there already counts as modified now, so that no garbage collection
    // takes it.
    virtual void keep(std::span<Arrival> arrivals) = 0;
    virtual std::optional<ObjectInfo> head(const std::string& key) = 0;
    virtual void list(const std::string& prefix, const std::function<void(const ObjectInfo&)>& each) = 0;
    virtual void remove(const std::string& key) = 0;               // fine when it isn't there
    virtual bool remove_if_unchanged(const ObjectInfo& seen) = 0;  // false: it was put again since it was seen
    virtual Unfinished remove_unfinished(Micros older_than, bool dry_run) = 0;
    // An address that others can read (or write) for a while without an account; nothing where the backend has none.
    virtual std::optional<std::string> signed_address(const std::string& key, bool for_writing, double seconds) = 0;
    // Where a file with this content lies on this machine, if it does: to be read, linked or copied, never written.
    virtual std::optional<std::filesystem::path> local_path(const std::string& key) = 0;
};

std::unique_ptr<Store> open_folder_store(const std::filesystem::path& root);

}  // namespace atelier::store
