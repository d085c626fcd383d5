// The program's part in losing nothing: it starts keepers, knows them, and takes in (as a subreaper) what a keeper that
// was killed leaves. All that keepers start is in sessions of its own, which nothing else of this program is: so
// orphans are known.
#pragma once

#include <sys/types.h>

namespace atelier::process {

// The program itself, run again as a keeper that listens on this socket, in this control group (-1: none).
// Throws Error.
pid_t start_keeper(int socket, int cgroup);

// Waits for a keeper whose socket has ended. Kills what is left if it didn't end in its own way.
void end_keeper(pid_t pid);

}  // namespace atelier::process
