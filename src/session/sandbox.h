// The walls around a task, by bubblewrap: the system can be read but not changed, of the other folders only those that
// were named are there at all, /tmp is its own, and there is no network unless it is allowed.
#pragma once

#include "process/keeper.h"
#include "session/session.h"
#include "session/session_folder.h"

namespace atelier::session {

// The command, put into the sandbox. What bubblewrap is told stands in a file of the private folder, which the task
// can't see: variables are no matter for a command line, and must not reach the programs that build the walls (think of
// LD_PRELOAD).
process::Command in_sandbox(const Sandbox& sandbox, const process::Command& command,
                            const SessionFolder& private_folder);

// Throws Error::unavailable, with what is to be done, when this machine can't make a sandbox.
void check_sandbox(const Sandbox& sandbox, process::Keeper& keeper, const process::Command& like,
                   const SessionFolder& private_folder);

}  // namespace atelier::session
