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
    friend class Errand;
    void post(std::function<void()> work);
    void loop();

    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::function<void()>> queue_;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

// One piece of work at a time that goes on while its coroutine does something else.
class Errand {
public:
    Errand(Offload& offload, std::shared_ptr<http::Signal> signal) : offload_(offload), signal_(std::move(signal)) {}
    ~Errand();  // waits for what was begun
    Errand(const Errand&) = delete;
    Errand& operator=(const Errand&) = delete;

    void begin(std::function<void()> work);
    http::Task<void> end();  // of what was begun, if anything was; rethrows what it threw

private:
    Offload& offload_;
    const std::shared_ptr<http::Signal> signal_;
    bool is_begun_ = false;  // of the coroutine alone
    std::mutex mutex_;       // of the rest
    std::condition_variable over_;
    int running_ = 0;
    std::exception_ptr problem_;
};

}  // namespace atelier::api
