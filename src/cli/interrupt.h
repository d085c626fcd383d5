// Ctrl-C, and SIGTERM: the first one asks, the second one leaves at once. One at a time, by the command that can stop
// well.
#pragma once

#include <atomic>

namespace atelier::cli {

class Interrupt {
public:
    Interrupt();   // from here on the signals only set asked()
    ~Interrupt();  // from here on they end the program again
    Interrupt(const Interrupt&) = delete;
    Interrupt& operator=(const Interrupt&) = delete;

    const std::atomic<bool>& asked() const;
};

}  // namespace atelier::cli
