#include "worker/cache.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <vector>

#include "base/log.h"
#include "base/text.h"

namespace atelier::worker {

namespace fs = std::filesystem;

namespace {

std::int64_t nanoseconds(const timespec& time) {
    return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

// The time of the last use is the file's time of access, which is set by hand: a disk may not keep it by itself, and
// the time of the last change is what others know the file by.
void remember_use(const fs::path& file) {
    const timespec times[2] = {{0, UTIME_NOW}, {0, UTIME_OMIT}};
    ::utimensat(AT_FDCWD, file.c_str(), times, AT_SYMLINK_NOFOLLOW);
}

std::int64_t last_use(const fs::path& file) {
    struct stat info {};
    if (::lstat(file.c_str(), &info) != 0) return 0;
    return std::max(nanoseconds(info.st_atim), nanoseconds(info.st_mtim));
}

}  // namespace

Cache::Use::Use(Cache& cache) : cache_(cache) {
    const std::lock_guard lock(cache_.mutex_);
    since_ = cache_.in_use_since_.insert(cache_.now_ + 1);
}

Cache::Use::~Use() {
    const std::lock_guard lock(cache_.mutex_);
    cache_.in_use_since_.erase(since_);
    cache_.evict();
}

Cache::Cache(const fs::path& root, std::uint64_t limit)
    : root_(fs::absolute(root)), limit_(limit), folder_(store::open_folder_store(root_)) {
    folder_->remove_unfinished(INT64_MAX, false);
    learn();
}

void Cache::learn() {
    struct Found {
        std::int64_t used;
        store::ObjectInfo info;
    };
    std::vector<Found> found;
    folder_->list("", [&](const store::ObjectInfo& info) { found.push_back({last_use(root_ / info.key), info}); });
    std::sort(found.begin(), found.end(), [](const Found& a, const Found& b) { return a.used < b.used; });
    const std::lock_guard lock(mutex_);
    for (const Found& each : found)
        note(each.info.key, each.info.size);
}

bool Cache::touch(const std::string& key) {
    {
        const std::lock_guard lock(mutex_);
        if (!mark(key)) return false;
    }
    remember_use(root_ / key);
    return true;
}

std::uint64_t Cache::bytes() const {
    const std::lock_guard lock(mutex_);
    return bytes_;
}

void Cache::get(const std::string& key, store::Range range, const store::ByteSink& sink) {
    touch(key);
    folder_->get(key, range, sink);
}

std::optional<fs::path> Cache::local_path(const std::string& key) {
    touch(key);
    return folder_->local_path(key);
}

// Those that are here already are marked first: once the folder has found them, they must not go.
void Cache::keep(std::span<store::Arrival> arrivals) {
    {
        const std::lock_guard lock(mutex_);
        for (const store::Arrival& arrival : arrivals)
            mark(arrival.key);
    }
    folder_->keep(arrivals);
    const std::lock_guard lock(mutex_);
    for (const store::Arrival& arrival : arrivals)
        if (const auto info = folder_->head(arrival.key)) note(arrival.key, info->size);
    evict();
}

void Cache::list(const std::string& prefix, const std::function<void(const store::ObjectInfo&)>& each) {
    folder_->list(prefix, each);
}

void Cache::remove(const std::string& key) {
    const std::lock_guard lock(mutex_);
    folder_->remove(key);
    forget(key);
}

bool Cache::remove_if_unchanged(const store::ObjectInfo& seen) {
    const std::lock_guard lock(mutex_);
    if (!folder_->remove_if_unchanged(seen)) return false;
    forget(seen.key);
    return true;
}

store::Unfinished Cache::remove_unfinished(Micros older_than, bool dry_run) {
    return folder_->remove_unfinished(older_than, dry_run);
}

// With the mutex held, all of these.

bool Cache::mark(const std::string& key) {
    const auto found = known_.find(key);
    if (found == known_.end()) return false;
    by_use_.erase(found->second.used);
    found->second.used = ++now_;
    by_use_.emplace(now_, key);
    return true;
}

void Cache::note(const std::string& key, std::uint64_t size) {
    forget(key);
    known_[key] = {size, ++now_};
    by_use_.emplace(now_, key);
    bytes_ += size;
}

void Cache::forget(const std::string& key) {
    const auto found = known_.find(key);
    if (found == known_.end()) return;
    bytes_ -= found->second.size;
    by_use_.erase(found->second.used);
    known_.erase(found);
}

void Cache::evict() {
    if (limit_ == 0) return;
    while (bytes_ > limit_ && !by_use_.empty()) {
        const auto oldest = by_use_.begin();
        if (!in_use_since_.empty() && oldest->first >= *in_use_since_.begin()) return;
        const std::string key = oldest->second;
        log::debug("the cache is full: " + key + " goes");
        folder_->remove(key);
        forget(key);
    }
}

}  // namespace atelier::worker
