// Watches how long the farm has been silent, on a thread of its own: an exchange may hang, the whole worker may have
// been stopped, the machine may have slept. Before the leases end, what runs is given up: first with notice, then at
// once; after them, somebody else may begin it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

namespace atelier::worker {

struct LeaseMargins {
    std::chrono::milliseconds notice;  // before the lease ends, actions are canceled with notice,
    std::chrono::milliseconds kill;    // and are dead this long before
};

// Of a lease of a minute and more 20 s and 5 s; of a shorter one the same shares.
LeaseMargins margins_of(std::chrono::milliseconds lease);

class LeaseGuard {
public:
    // give_up: called on the guard's thread, with the time that is left to what runs.
    explicit LeaseGuard(std::function<void(std::chrono::milliseconds)> give_up);
    ~LeaseGuard();
    LeaseGuard(const LeaseGuard&) = delete;
    LeaseGuard& operator=(const LeaseGuard&) = delete;

    // On a clock that goes on while the machine sleeps.
    static std::chrono::milliseconds now();

    // The farm answered what was sent then: its leases are counted from there, as the farm can't have begun earlier.
    void renew(std::chrono::milliseconds sent, std::chrono::milliseconds lease);

private:
    enum class Stage { kept, noticed, killed };

    void loop();
    std::optional<std::chrono::milliseconds> due();

    const std::function<void(std::chrono::milliseconds)> give_up_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::chrono::milliseconds sent_{0};
    std::chrono::milliseconds lease_{0};  // 0: there was no answer yet, so there is no lease
    Stage stage_ = Stage::kept;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace atelier::worker
