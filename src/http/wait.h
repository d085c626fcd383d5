// How a handler's coroutine waits for what other threads do.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>

#include "http/message.h"

namespace atelier::http {

// Wakes one coroutine, from any thread. A notify() that comes before the wait is not lost. Shared with whoever
// notifies; that may outlive the coroutine and the server.
class Signal : public std::enable_shared_from_this<Signal> {
public:
    static Task<std::shared_ptr<Signal>> make();  // of the coroutine that awaits it
    virtual ~Signal() = default;
    virtual void notify() = 0;
    // True: notified; false: the patience was over. Throws when the server stops or the client has gone.
    virtual Task<bool> wait(std::chrono::milliseconds patience) = 0;
    // Without end, also when the client has gone; throws only when the server stops and its grace is over.
    virtual Task<void> answered() = 0;
};

// Starts something that answers later, on any thread, and waits for its answer. An answer that never comes is a defect
// of whoever was asked.
//
//   const auto start = [&](auto answer) { farm.post_exchange(request, std::move(answer)); };
//   Reply reply = co_await later<Reply>(start);
template <class T, class F>
Task<T> later(const F& start) {
    struct Box {
        std::exception_ptr problem;
        std::optional<T> value;
    };
    const auto signal = co_await Signal::make();
    const auto box = std::make_shared<Box>();
    start([signal, box](std::exception_ptr problem, T value) {
        box->problem = problem;
        if (!problem) box->value.emplace(std::move(value));
        signal->notify();
    });
    co_await signal->answered();
    if (box->problem) std::rethrow_exception(box->problem);
    co_return std::move(*box->value);
}

}  // namespace atelier::http
