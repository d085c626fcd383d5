// Threads for what a coroutine must not do itself: wait for the disk.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "http/wait.h"

namespace atelier::api {

class Offload {
public:
    explicit Offload(int threads);
    ~Offload();
    Offload(const Offload&) = delete;
    Offload& operator=(const Offload&) = delete;

    // Runs it on one of the threads; rethrows what it throws. `work` is named by the caller, and lives until then.
    http::Task<void> run(const std::function<void()>& work);

private:
    void loop();

    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::function<void()>> queue_;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace atelier::api
