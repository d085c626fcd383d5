// Ctrl-C and SIGTERM, as the commands that wait see them.
#pragma once

namespace atelier::cli {

enum class Wish { go_on, stop_job, leave };

// From its construction on, Ctrl-C (SIGINT) asks to stop the job and SIGTERM to leave it for later; a second Ctrl-C
// ends the program at once (what it runs dies with it).
class Interrupts {
public:
    Interrupts();
    ~Interrupts();
    Interrupts(const Interrupts&) = delete;
    Interrupts& operator=(const Interrupts&) = delete;

    Wish wish() const;
};

// For what serves until it is told to leave: counts Ctrl-C and SIGTERM alike. The first asks it to leave when its work
// is done, the second to leave now; a third ends the program at once.
class LeaveSignals {
public:
    LeaveSignals();
    ~LeaveSignals();
    LeaveSignals(const LeaveSignals&) = delete;
    LeaveSignals& operator=(const LeaveSignals&) = delete;

    int count() const;
};

}  // namespace atelier::cli
