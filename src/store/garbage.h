// Keeping the store in order: what nobody needs any more is removed (by mark and sweep), what is damaged is found, what
// lies there is counted. Whoever knows what is alive (the database) says so.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/time.h"
#include "store/blobs.h"

namespace atelier::store {

struct GcReport {
    std::uint64_t kept = 0;
    std::uint64_t removed = 0;  // or to be removed, in a dry run
    std::uint64_t bytes = 0;    // of what was removed
    Unfinished unfinished;      // left over by processes that died; removed too
};

// Removes blobs that are not alive and were last put before `older_than`. That time must leave room for what was put
// and will be in the database only in a moment: an hour, say.
GcReport gc(Store& store, const std::function<bool(const Digest&)>& is_live, Micros older_than, bool dry_run);

struct Damage {
    std::string key;
    std::uint64_t size = 0;
    std::string what;  // a sentence
};

// Reads all blobs and names those whose content isn't what their key says.
std::vector<Damage> check(Store& store);

struct Usage {
    std::uint64_t objects = 0;
    std::uint64_t bytes = 0;
    Unfinished unfinished;
};

Usage usage(Store& store);

}  // namespace atelier::store
