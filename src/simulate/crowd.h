// Simulated workers in real time: one thread, a connection for each, and a server that runs. It submits its jobs, works
// them off, and checks afterwards what the server and its database say of them.
#pragma once

#include <functional>
#include <memory>
#include <queue>
#include <set>
#include <string>
#include <vector>

#include "base/files.h"
#include "simulate/http_line.h"
#include "simulate/options.h"
#include "simulate/simulated_worker.h"

namespace atelier::simulate {

class Crowd {
public:
    explicit Crowd(const Options& options);
    Report run();

private:
    struct Member {
        Member(int number, int slots, Chance& chance, const ServerAddress& server);
        SimulatedWorker worker;
        HttpLine line;
        Steady asked{};
        bool waits = false;  // for work: its answer may take long
    };
    using Event = std::pair<Steady, std::size_t>;

    void submit_jobs();
    void speak_up();
    void ask(std::size_t index);
    void listen();
    void hear(std::size_t index);
    void take(Member& member, const std::string& content, Steady now);
    bool look();
    std::size_t unfinished_jobs();
    void check_database();
    Report finish();

    Options options_;
    Chance chance_;
    ServerAddress server_;
    HttpLine desk_;  // for what isn't a worker's
    Fd epoll_;
    std::vector<std::unique_ptr<Member>> members_;
    std::priority_queue<Event, std::vector<Event>, std::greater<>> due_;
    std::set<std::string> jobs_;
    Report report_;
    std::vector<float> latencies_;
    std::vector<float> leased_at_;
    std::uint64_t leases_seen_ = 0;
    Steady begun_{};
    Steady next_look_{};
    Steady moved_at_{};
};

}  // namespace atelier::simulate
