#include "worker/backoff.h"

#include <algorithm>
#include <thread>

namespace atelier::worker {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr milliseconds longest{5'000};
constexpr milliseconds longest_when_refused{60'000};
constexpr milliseconds between_looks{20};

}  // namespace

void Backoff::wait(const Error& because) {
    const auto until = steady_clock::now() + next_;
    do {
        if (gives_up_()) throw Error(Error::Kind::unavailable, because.what(), because.hint());
        std::this_thread::sleep_for(between_looks);
    } while (steady_clock::now() < until);
    next_ = std::min(next_ * 2, because.kind() == Error::Kind::denied ? longest_when_refused : longest);
}

bool may_pass(const Error& error) {
    return error.kind() == Error::Kind::unavailable || error.kind() == Error::Kind::denied;
}

}  // namespace atelier::worker
