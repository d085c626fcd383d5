// The farm's blobs over HTTP, for a worker on another machine: fetched into its cache before they are used, delivered
// from there when a task has left them. Broken transfers go on where they stood. Thread-safe.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "http/client.h"
#include "worker/cache.h"
#include "worker/transfer.h"

namespace atelier::worker {

class RemoteStore final : public Transfer {
public:
    RemoteStore(std::shared_ptr<http::Client> client, std::shared_ptr<Cache> cache);
    ~RemoteStore() override;

    std::unique_ptr<Use> use(std::function<bool()> gives_up) override;
    void deliver_later(const store::BlobRef& blob, std::function<void()> delivered) override;
    bool is_remote() const override { return true; }

private:
    class SessionUse;
    class Download;
    using GivesUp = std::function<bool()>;

    void fetch(const Digest& digest, std::optional<std::uint64_t> size, const GivesUp& gives_up);
    bool is_here_and_whole(const Digest& digest, std::optional<std::uint64_t> size);
    void errands();

    const std::shared_ptr<http::Client> client_;
    const std::shared_ptr<Cache> cache_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::set<Digest> fetching_;
    std::set<Digest> verified_;  // by this process
    struct Errand {
        store::BlobRef blob;
        std::function<void()> delivered;
    };
    std::deque<Errand> errands_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace atelier::worker
