// The blobs that a worker has on its own disk: a folder store that takes no more than its limit. What wasn't used for
// the longest time goes first, and never what a session at work has touched. Thread-safe; the folder belongs to one
// process.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "store/store.h"

namespace atelier::worker {

class Cache final : public store::Store {
public:
    // limit: in bytes; 0 for none. What former processes left is known again, in the order of its use; what is too much
    // of it goes when something comes or a use ends.
    Cache(const std::filesystem::path& root, std::uint64_t limit);

    // For as long as it lives, what is put or read stays.
    class Use {
    public:
        explicit Use(Cache& cache);
        ~Use();
        Use(const Use&) = delete;
        Use& operator=(const Use&) = delete;

    private:
        Cache& cache_;
        std::multiset<std::uint64_t>::iterator since_;
    };

    // True when it is here; it counts as used now.
    bool touch(const std::string& key);
    std::uint64_t bytes() const;

    void get(const std::string& key, store::Range range, const store::ByteSink& sink) override;
    std::unique_ptr<store::Incoming> begin() override { return folder_->begin(); }
    void keep(std::span<store::Arrival> arrivals) override;
    std::optional<store::ObjectInfo> head(const std::string& key) override { return folder_->head(key); }
    void list(const std::string& prefix, const std::function<void(const store::ObjectInfo&)>& each) override;
    void remove(const std::string& key) override;
    bool remove_if_unchanged(const store::ObjectInfo& seen) override;
    store::Unfinished remove_unfinished(Micros older_than, bool dry_run) override;
    std::optional<std::string> signed_address(const std::string&, bool, double) override { return std::nullopt; }
    std::optional<std::filesystem::path> local_path(const std::string& key) override;

private:
    struct Known {
        std::uint64_t size = 0;
        std::uint64_t used = 0;
    };

    void learn();
    bool mark(const std::string& key);
    void note(const std::string& key, std::uint64_t size);
    void forget(const std::string& key);
    void evict();

    const std::filesystem::path root_;
    const std::uint64_t limit_;
    const std::unique_ptr<store::Store> folder_;
    mutable std::mutex mutex_;
    std::uint64_t now_ = 0;  // counts uses
    std::uint64_t bytes_ = 0;
    std::map<std::string, Known> known_;
    std::map<std::uint64_t, std::string> by_use_;
    std::multiset<std::uint64_t> in_use_since_;
};

}  // namespace atelier::worker
