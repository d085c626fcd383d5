// The simulated farm: one queue on one database, workers that are messages, a clock that jumps from event to event, and
// chance, which breaks what the options name. Replies are delivered after their commit, as the real farm does.
#pragma once

#include <functional>
#include <memory>
#include <queue>
#include <vector>

#include "base/files.h"
#include "farm/queue.h"
#include "simulate/invariants.h"
#include "simulate/options.h"
#include "simulate/simulated_worker.h"
#include "simulate/virtual_clock.h"

namespace atelier::simulate {

class World {
public:
    explicit World(const Options& options);

    void submit(const wire::Submission& submission, const std::string& owner);
    // Until `over` says so, or an invariant is broken, or nothing has moved for long.
    void run_until(const std::function<bool()>& over, const std::function<void()>& each_second);
    void note(const std::string& phase, const Broken& broken);
    void change(const std::function<void(db::Connection&)>& f);
    bool all_is_quiet() const;
    void stop_failing();

    farm::Queue& queue() { return *queue_; }
    db::Connection& connection() { return *connection_; }
    const VirtualClock& clock() const { return clock_; }
    Chance& chance() { return chance_; }
    Report finish();
    bool is_broken() const { return !report_.broken.empty(); }

private:
    using Event = std::pair<Steady, std::size_t>;
    struct Pending {
        std::size_t worker = 0;
        wire::ExchangeReply reply;
    };

    bool strikes(Fault fault, std::uint64_t one_in);
    void open_queue();
    void batch();
    void act(std::size_t index, Steady at, std::vector<Pending>& pending);
    bool is_silent(std::size_t index, Steady at);
    bool waits_for_work(std::size_t index, Steady at);
    wire::ExchangeReply exchange(SimulatedWorker& worker, const wire::ExchangeRequest& request);
    void deliver(const std::vector<Pending>& pending);
    void look();
    void let_paused_jobs_go_on();

    Options options_;
    Chance chance_;
    VirtualClock clock_;
    std::unique_ptr<TemporaryFolder> folder_;
    std::unique_ptr<db::Connection> connection_;
    std::unique_ptr<farm::Queue> queue_;
    std::vector<std::unique_ptr<SimulatedWorker>> workers_;
    std::vector<Steady> silent_until_;
    std::vector<Steady> heard_;
    std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
    Report report_;
    std::vector<float> latencies_;
    std::uint64_t woken_ = 0;
    std::uint64_t woken_for_nothing_ = 0;
    std::uint64_t batches_ = 0;
    std::uint64_t leases_seen_ = 0;
    Steady moved_at_{};
    Steady begun_real_{};
    Steady begun_{};
};

}  // namespace atelier::simulate
