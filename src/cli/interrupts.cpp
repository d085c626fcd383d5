#include "cli/interrupts.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>

#include "cli/exit_status.h"

namespace atelier::cli {

namespace {

std::atomic<Wish> wished{Wish::go_on};
static_assert(std::atomic<Wish>::is_always_lock_free, "a signal handler writes it");

void on_signal(int signal) {
    if (signal == SIGINT && wished.load() == Wish::stop_job) ::_exit(interrupted);
    wished = signal == SIGINT ? Wish::stop_job : Wish::leave;
}

void handle(int signal, void (*handler)(int)) {
    struct sigaction action {};
    action.sa_handler = handler;
    ::sigaction(signal, &action, nullptr);
}

}  // namespace

Interrupts::Interrupts() {
    wished = Wish::go_on;
    handle(SIGINT, on_signal);
    handle(SIGTERM, on_signal);
}

Interrupts::~Interrupts() {
    handle(SIGINT, SIG_DFL);
    handle(SIGTERM, SIG_DFL);
}

Wish Interrupts::wish() const { return wished; }

namespace {

constexpr int most_leave_signals = 2;
std::atomic<int> leave_signals{0};
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler writes it");

void on_leave_signal(int) {
    if (++leave_signals > most_leave_signals) ::_exit(interrupted);
}

}  // namespace

LeaveSignals::LeaveSignals() {
    leave_signals = 0;
    handle(SIGINT, on_leave_signal);
    handle(SIGTERM, on_leave_signal);
}

LeaveSignals::~LeaveSignals() {
    handle(SIGINT, SIG_DFL);
    handle(SIGTERM, SIG_DFL);
}

int LeaveSignals::count() const { return leave_signals; }

}  // namespace atelier::cli
