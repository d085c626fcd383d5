// The worker: tells the farm what it has and what became of its tasks, runs what it is given, until it is stopped. It
// keeps its results while the farm can't be reached, and gives up its own work before its leases run out. Three threads
// have to do with one: who owns it, its own, and the one that guards its leases; each session has one besides.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "store/blobs.h"
#include "wire/link.h"
#include "worker/lease_guard.h"
#include "worker/rest.h"
#include "worker/runner.h"

namespace atelier::worker {

struct AgentOptions {
    std::string id;    // stays the same over restarts
    std::string name;  // for people
    int slots = 1;
    std::filesystem::path sessions;
    std::filesystem::path checkpoints;
    RestRule rest = {};                                               // empty: never
    std::map<std::string, std::vector<std::string>> attributes = {};  // told besides what the machine has
    std::shared_ptr<Transfer> transfer = std::make_shared<SharedStore>();
    // Told once each time it changes, on the agent's thread: the farm answers, or why it doesn't. Else it is logged.
    std::function<void(const Error* problem)> contact = {};
};

class Agent {
public:
    Agent(wire::FarmLink& link, std::shared_ptr<store::Blobs> blobs, AgentOptions options);
    ~Agent();  // stop(0)
    Agent(const Agent&) = delete;
    Agent& operator=(const Agent&) = delete;

    void drain();                                 // finishes its tasks, takes nothing more
    void finish();                                // the same, and returns when all is over
    void stop(std::chrono::milliseconds notice);  // interrupts its tasks, tells the farm, returns when all is over
    bool is_over() const { return over_; }
    // Why it left by itself: the farm will never work with it. For when it is over.
    const std::optional<Error>& problem() const { return problem_; }

private:
    void loop();
    wire::ExchangeRequest make_request();
    bool exchange(const wire::ExchangeRequest& request, std::chrono::milliseconds patience);
    void lost(const Error& error);
    void obey(const wire::ExchangeReply& reply);
    void sweep(const wire::ExchangeRequest& request);
    void consider_rest();
    void interrupt_all(std::chrono::milliseconds at_most);
    bool all_over() const;
    bool may_wait_for_more() const;
    bool has_results() const;
    std::shared_ptr<Outputs> shared_outputs(const std::string& job, const wire::JobOrder& order, const Stage& stage);

    wire::FarmLink& link_;
    AgentOptions options_;
    const std::string boot_;
    wire::Capabilities capabilities_;
    Surroundings around_;
    std::uint64_t sequence_ = 0;
    std::string resting_;       // why
    std::mutex runners_mutex_;  // the agent's thread when it changes them; the guard
    std::map<std::string, std::unique_ptr<Runner>> runners_;
    std::chrono::milliseconds interval_{500};
    std::optional<bool> in_contact_;  // nothing: it was never tried
    bool is_refused_ = false;
    std::optional<Error> problem_;

    std::mutex mutex_;
    std::condition_variable news_;
    bool has_news_ = false;
    std::mutex outputs_mutex_;
    std::map<std::string, std::weak_ptr<Outputs>> outputs_;
    std::atomic<bool> draining_ = false;
    std::atomic<bool> stopping_ = false;
    std::atomic<bool> over_ = false;
    std::atomic<std::int64_t> notice_ms_ = 0;
    LeaseGuard guard_;
    std::thread thread_;
};

}  // namespace atelier::worker
