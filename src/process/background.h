// What background processes take while a command runs that they work for: an engine that an environment left open
// renders while the task's own process only waits.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

#include "process/keeper.h"

namespace atelier::process {

class BackgroundUsage {
public:
    // roots: they and all below them are counted from now on. Costs nothing when there are none.
    explicit BackgroundUsage(std::vector<pid_t> roots);

    void sample();  // their memory, now and then
    void add_to(Usage& usage);

private:
    struct Taken {
        double cpu_seconds = 0;
        std::uint64_t memory = 0;
    };
    Taken look() const;

    std::vector<pid_t> roots_;
    double cpu_before_ = 0;
    std::uint64_t peak_memory_ = 0;
};

}  // namespace atelier::process
