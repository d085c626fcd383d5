// Which files of the store this process has already seen to match their digest: hashing is paid once, not at every
// placement. A file counts as the same while its inode, size and time are. May be used from any thread.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <map>
#include <mutex>

#include "base/hash.h"

namespace atelier::store {

class Verified {
public:
    bool holds(const Digest& digest, const struct stat& info) const {
        const std::lock_guard lock(mutex_);
        const auto found = seen_.find(digest);
        return found != seen_.end() && found->second == Identity(info);
    }
    void remember(const Digest& digest, const struct stat& info) {
        const std::lock_guard lock(mutex_);
        seen_.insert_or_assign(digest, Identity(info));
    }

private:
    struct Identity {
        explicit Identity(const struct stat& info)
            : device(info.st_dev),
              inode(info.st_ino),
              size(info.st_size),
              seconds(info.st_mtim.tv_sec),
              nanoseconds(info.st_mtim.tv_nsec) {}
        bool operator==(const Identity&) const = default;
        std::uint64_t device, inode;
        std::int64_t size, seconds, nanoseconds;
    };
    mutable std::mutex mutex_;
    std::map<Digest, Identity> seen_;
};

}  // namespace atelier::store
