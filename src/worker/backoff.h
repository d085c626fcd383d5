// Trying again what failed because the farm can't be reached: soon at first, then more slowly, until it succeeds or
// whoever waits gives up.
#pragma once

#include <chrono>
#include <functional>

#include "base/error.h"

namespace atelier::worker {

class Backoff {
public:
    // gives_up: asked many times a second while it waits.
    explicit Backoff(std::function<bool()> gives_up) : gives_up_(std::move(gives_up)) {}

    // Throws Error::unavailable with the error that is waited for when it gives up.
    void wait(const Error& because);
    void succeeded() { next_ = first; }  // what follows is tried again soon

private:
    static constexpr std::chrono::milliseconds first{100};

    std::function<bool()> gives_up_;
    std::chrono::milliseconds next_ = first;
};

// The server is away, or it doesn't (any longer) take this worker's token: both may pass.
bool may_pass(const Error& error);

template <class F>
auto patiently(const std::function<bool()>& gives_up, const F& f) {
    Backoff backoff(gives_up);
    for (;;) {
        try {
            return f();
        } catch (const Error& error) {
            if (!may_pass(error)) throw;
            backoff.wait(error);
        }
    }
}

}  // namespace atelier::worker
