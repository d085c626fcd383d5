// The Blender of this session, seen by another process: whether it lives, works, or hangs. It is known by a note that
// open_blender() left in the session's folder.
#pragma once

#include <sys/types.h>

#include <chrono>

namespace atelier::pipelines::blender {

void leave_note(pid_t blender);
pid_t read_note();  // throws Error::not_found when no Blender is open

// Cycles is silent for minutes while it works, so work counts as life, too.
class LifeSigns {
public:
    LifeSigns(pid_t process, std::chrono::seconds patience);

    void heard();  // a line came
    bool hangs();  // neither a line nor work for as long as the patience; looks at the process
    bool is_gone() const;
    double cpu_seconds() const;  // of all its threads, since it was started

private:
    pid_t process_;
    std::chrono::seconds patience_;
    std::chrono::steady_clock::time_point since_;
    double cpu_at_since_ = 0;
};

}  // namespace atelier::pipelines::blender
