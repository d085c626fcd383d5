#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <mutex>

#include "http/wait.h"

namespace atelier::http {

namespace asio = boost::asio;
using std::chrono::steady_clock;

namespace {

// The timer is the coroutine's own, and is known here only while it waits: so a signal that outlives the server holds
// nothing of it.
class TimerSignal final : public Signal {
public:
    void notify() override {
        const std::lock_guard lock(mutex_);
        is_notified_ = true;
        if (!timer_) return;
        asio::post(timer_->get_executor(), [self = shared_from_this(), this] {
            const std::lock_guard inner(mutex_);
            if (timer_) timer_->cancel();
        });
    }

    Task<bool> wait(std::chrono::milliseconds patience) override {
        const auto executor = co_await asio::this_coro::executor;
        asio::steady_timer timer(executor, steady_clock::now() + patience);
        const Waiting waiting(*this, timer);
        for (;;) {
            const auto state = co_await asio::this_coro::cancellation_state;
            if (take()) co_return true;
            if (state.cancelled() != asio::cancellation_type::none) throw over();
            if (steady_clock::now() >= timer.expiry()) co_return false;
            co_await sleep(timer);
        }
    }

    Task<void> answered() override {
        const auto executor = co_await asio::this_coro::executor;
        asio::steady_timer timer(executor, steady_clock::time_point::max());
        const Waiting waiting(*this, timer);
        for (;;) {
            const auto state = co_await asio::this_coro::cancellation_state;
            if (take()) co_return;
            if ((state.cancelled() & asio::cancellation_type::terminal) != asio::cancellation_type::none) throw over();
            co_await sleep(timer);
        }
    }

private:
    // Also undone when the coroutine is destroyed while it waits.
    class Waiting {
    public:
        Waiting(TimerSignal& signal, asio::steady_timer& timer) : signal_(signal) { set(&timer); }
        ~Waiting() { set(nullptr); }
        Waiting(const Waiting&) = delete;
        Waiting& operator=(const Waiting&) = delete;

    private:
        void set(asio::steady_timer* timer) {
            const std::lock_guard lock(signal_.mutex_);
            signal_.timer_ = timer;
        }
        TimerSignal& signal_;
    };

    static Error over() { return {Error::Kind::unavailable, "The server is stopping."}; }

    bool take() {
        const std::lock_guard lock(mutex_);
        return std::exchange(is_notified_, false);
    }

    static Task<void> sleep(asio::steady_timer& timer) {
        boost::system::error_code ignored;
        auto token = asio::redirect_error(asio::use_awaitable, ignored);
        co_await timer.async_wait(token);
    }

    std::mutex mutex_;
    asio::steady_timer* timer_ = nullptr;
    bool is_notified_ = false;
};

}  // namespace

Task<std::shared_ptr<Signal>> Signal::make() { co_return std::make_shared<TimerSignal>(); }

}  // namespace atelier::http
