// Starting a program the quick way: the child borrows the parent's memory until it has executed (as vfork does), so
// nothing is copied and a failure is told by a variable. Only for a caller with one thread, or with all its signals
// blocked.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "process/protocol.h"

namespace atelier::process {

struct Launch {
    std::vector<std::string> programs;  // tried in order until one exists
    char* const* argv = nullptr;
    char* const* environment = nullptr;
    const char* folder = nullptr;  // where it starts; nothing: here
    int output = -1;               // becomes stdout and stderr
    int socket = -1;               // becomes keeper_socket
    int cgroup = -1;               // it is born there, at the price of a fork; a failure to execute isn't told then
    bool die_with_parent = false;
};

struct Launched {
    pid_t pid = -1;  // the leader of a session of its own
    StartFailure failure = StartFailure::none;
    int error = 0;
};

Launched launch(const Launch& what);

// Where a program may be, by the PATH of its environment.
std::vector<std::string> program_candidates(const char* name, char* const* environment);

}  // namespace atelier::process
