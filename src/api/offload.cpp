#include "api/offload.h"

namespace atelier::api {

Offload::Offload(int threads) {
    for (int i = 0; i < threads; ++i)
        threads_.emplace_back([this] { loop(); });
}

Offload::~Offload() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_)
        thread.join();
}

// What is queued is still done at the end: whoever waits for it would wait for ever.
void Offload::loop() {
    std::unique_lock lock(mutex_);
    for (;;) {
        wake_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
        if (queue_.empty()) return;
        const std::function<void()> work = std::move(queue_.front());
        queue_.pop_front();
        lock.unlock();
        work();
        lock.lock();
    }
}

namespace {

// Whoever waits may be sent away while the server stops. Then `work` is gone with what it refers to: it is not begun
// any more, or its end is waited for.
class Errand {
public:
    explicit Errand(const std::function<void()>* work) : work_(work) {}

    void run() {
        const std::lock_guard lock(mutex_);
        if (work_ != nullptr) (*work_)();
    }

    void give_up() {
        const std::lock_guard lock(mutex_);
        work_ = nullptr;
    }

private:
    std::mutex mutex_;
    const std::function<void()>* work_;
};

struct Leaving {
    Errand& errand;
    ~Leaving() { errand.give_up(); }
};

}  // namespace

http::Task<void> Offload::run(const std::function<void()>& work) {
    const auto errand = std::make_shared<Errand>(&work);
    const Leaving leaving{*errand};
    const auto start = [&](auto answer) {
        const auto job = [errand, answer] {
            std::exception_ptr problem;
            try {
                errand->run();
            } catch (...) {
                problem = std::current_exception();
            }
            answer(problem, true);
        };
        {
            const std::lock_guard lock(mutex_);
            queue_.push_back(job);
        }
        wake_.notify_one();
    };
    co_await http::later<bool>(start);
}

}  // namespace atelier::api
