#include "api/offload.h"

#include <utility>

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
class Borrowed {
public:
    explicit Borrowed(const std::function<void()>* work) : work_(work) {}

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
    Borrowed& work;
    ~Leaving() { work.give_up(); }
};

}  // namespace

void Offload::post(std::function<void()> work) {
    {
        const std::lock_guard lock(mutex_);
        queue_.push_back(std::move(work));
    }
    wake_.notify_one();
}

http::Task<void> Offload::run(const std::function<void()>& work) {
    const auto borrowed = std::make_shared<Borrowed>(&work);
    const Leaving leaving{*borrowed};
    const auto start = [&](auto answer) {
        const auto job = [borrowed, answer] {
            std::exception_ptr problem;
            try {
                borrowed->run();
            } catch (...) {
                problem = std::current_exception();
            }
            answer(problem, true);
        };
        post(job);
    };
    co_await http::later<bool>(start);
}

Errand::~Errand() {
    std::unique_lock lock(mutex_);
    over_.wait(lock, [this] { return running_ == 0; });
}

// The coroutine may go on, and begin the next one, before this one has said that it is over.
void Errand::begin(std::function<void()> work) {
    {
        const std::lock_guard lock(mutex_);
        ++running_;
    }
    is_begun_ = true;
    offload_.post([this, work = std::move(work)] {
        std::exception_ptr problem;
        try {
            work();
        } catch (...) {
            problem = std::current_exception();
        }
        {
            const std::lock_guard lock(mutex_);
            problem_ = problem;
        }
        signal_->notify();
        const std::lock_guard lock(mutex_);
        --running_;
        over_.notify_all();
    });
}

http::Task<void> Errand::end() {
    if (!std::exchange(is_begun_, false)) co_return;
    co_await signal_->answered();
    const std::lock_guard lock(mutex_);
    if (problem_) std::rethrow_exception(problem_);
}

}  // namespace atelier::api
