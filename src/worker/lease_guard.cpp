#include "worker/lease_guard.h"

#include <time.h>

#include <algorithm>

namespace atelier::worker {

using std::chrono::milliseconds;

namespace {

constexpr milliseconds longest_margin{20'000};
constexpr milliseconds longest_kill_margin{5'000};
constexpr milliseconds longest_sleep{250};  // a machine that was asleep is noticed soon after
constexpr int sleeps_in_a_lease = 50;

}  // namespace

LeaseMargins margins_of(milliseconds lease) {
    return {std::min(longest_margin, lease / 3), std::min(longest_kill_margin, lease / 12)};
}

LeaseGuard::LeaseGuard(std::function<void(milliseconds)> give_up) : give_up_(std::move(give_up)) {
    thread_ = std::thread([this] { loop(); });
}

LeaseGuard::~LeaseGuard() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

milliseconds LeaseGuard::now() {
    timespec time{};
    ::clock_gettime(CLOCK_BOOTTIME, &time);
    return std::chrono::duration_cast<milliseconds>(std::chrono::seconds(time.tv_sec) +
                                                    std::chrono::nanoseconds(time.tv_nsec));
}

void LeaseGuard::renew(milliseconds sent, milliseconds lease) {
    const std::lock_guard lock(mutex_);
    sent_ = sent;
    lease_ = lease;
    stage_ = Stage::kept;
    changed_.notify_all();
}

// What is left to those that run, when they are to be told.
std::optional<milliseconds> LeaseGuard::due() {
    if (lease_.count() == 0 || stage_ == Stage::killed) return std::nullopt;
    const LeaseMargins margins = margins_of(lease_);
    const milliseconds silent = now() - sent_;
    if (silent >= lease_ - margins.kill) {
        stage_ = Stage::killed;
        return milliseconds(0);
    }
    if (stage_ == Stage::noticed || silent < lease_ - margins.notice) return std::nullopt;
    stage_ = Stage::noticed;
    return lease_ - margins.kill - silent;
}

void LeaseGuard::loop() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        if (const auto left = due()) {
            lock.unlock();
            give_up_(*left);
            lock.lock();
            continue;
        }
        const milliseconds share = lease_ / sleeps_in_a_lease;
        changed_.wait_for(lock,
                          lease_.count() == 0 ? longest_sleep : std::clamp(share, milliseconds(1), longest_sleep));
    }
}

}  // namespace atelier::worker
