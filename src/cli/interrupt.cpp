#include "cli/interrupt.h"

#include <unistd.h>

#include <csignal>

#include "cli/exit_status.h"

namespace atelier::cli {

namespace {

std::atomic<bool> was_asked{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal's handler may not wait");

void on_signal(int) {
    if (was_asked.exchange(true)) _exit(interrupted);
}

void set_handler(void (*handler)(int)) {
    struct sigaction action {};
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    for (const int number : {SIGINT, SIGTERM})
        sigaction(number, &action, nullptr);
}

}  // namespace

Interrupt::Interrupt() {
    was_asked = false;
    set_handler(on_signal);
}

Interrupt::~Interrupt() { set_handler(SIG_DFL); }

const std::atomic<bool>& Interrupt::asked() const { return was_asked; }

}  // namespace atelier::cli
