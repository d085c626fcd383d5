// The worker: tells the farm what it has and what became of its tasks, runs what it is given, until it is stopped. It
// keeps its results while the farm can't be reached, and gives up its own work before its leases run out.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "store/blobs.h"
#include "wire/link.h"
#include "worker/rest.h"
#include "worker/runner.h"

namespace atelier::worker {

struct AgentOptions {
    std::string id;    // stays the same over restarts
    std::string name;  // for people
    int slots = 1;
    std::filesystem::path sessions;
    std::filesystem::path checkpoints;
    RestRule rest = {};  // empty: never
};

class Agent {
public:
    Agent(wire::FarmLink& link, std::shared_ptr<store::Blobs> blobs, AgentOptions options);
    ~Agent();  // stop(0)
    Agent(const Agent&) = delete;
    Agent& operator=(const Agent&) = delete;

    void finish();                                // finishes its tasks, takes nothing more, returns when all is over
    void stop(std::chrono::milliseconds notice);  // interrupts its tasks, tells the farm, returns when all is over

private:
    void loop();
    wire::ExchangeRequest make_request();
    bool exchange(const wire::ExchangeRequest& request, std::chrono::milliseconds patience);
    void obey(const wire::ExchangeReply& reply);
    void sweep(const wire::ExchangeRequest& request);
    void guard_leases();
    void consider_rest();
    bool may_wait_for_more() const;
    bool has_results() const;
    std::shared_ptr<Outputs> shared_outputs(const std::string& job, const wire::JobOrder& order, const Stage& stage);

    wire::FarmLink& link_;
    AgentOptions options_;
    const std::string boot_;
    wire::Capabilities capabilities_;
    Surroundings around_;
    std::uint64_t sequence_ = 0;
    std::string resting_;                                     // why
    std::map<std::string, std::unique_ptr<Runner>> runners_;  // the agent's thread alone
    std::chrono::milliseconds interval_{500};
    std::chrono::milliseconds lease_{60'000};
    Steady last_answer_{};

    std::mutex mutex_;
    std::condition_variable news_;
    bool has_news_ = false;
    std::map<std::string, std::weak_ptr<Outputs>> outputs_;
    std::atomic<bool> draining_ = false;
    std::atomic<bool> stopping_ = false;
    std::atomic<std::int64_t> notice_ms_ = 0;
    std::thread thread_;
};

}  // namespace atelier::worker
