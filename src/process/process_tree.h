// What /proc knows of a process's descendants: who they are, what memory they hold, how many there are left. A walk
// reads one small file for every process of the machine, so nobody walks on the quick path.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "base/files.h"

namespace atelier::process {

struct ProcessInfo {
    pid_t pid = 0;
    pid_t parent = 0;
    pid_t session = 0;
    std::uint64_t memory = 0;  // resident bytes
    double cpu_seconds = 0;    // of its own threads
    std::int64_t began = 0;    // in ticks since the machine did: tells it from a later one with its number
    bool ended = false;        // and not reaped yet
};

// Nothing when there is none with this number.
std::optional<ProcessInfo> find_process(pid_t pid);

// All processes of the machine that can be seen.
std::vector<ProcessInfo> all_processes();

// Those below the root (without it), however deep.
std::vector<ProcessInfo> descendants_of(pid_t root, const std::vector<ProcessInfo>& processes);

struct Transfer {
    std::uint64_t bytes_read = 0;
    std::uint64_t bytes_written = 0;
};

// What a process and its reaped children read and wrote, by its open /proc/PID/io: it can be read until the process is
// reaped, but opened by its user only as long as it lives. Zero where it can't be known.
Fd open_transfer(pid_t pid);
Transfer transfer_by(const Fd& file);

// How often the kernel has killed for lack of memory since it was started.
std::uint64_t out_of_memory_kills();

}  // namespace atelier::process
