// How the program ends, and the one place where an error's kind becomes an exit status and lines that a person reads.
#pragma once

#include "base/error.h"
#include "base/json.h"

namespace atelier::cli {

enum ExitStatus : int {
    done = 0,
    failed = 1,         // the job failed, or something went wrong
    wrong_use = 2,      // what was asked for makes no sense
    unreachable = 3,    // a server, a store or a database can't be reached
    interrupted = 130,  // by Ctrl-C, as shells count it
};

ExitStatus exit_status_of(Error::Kind kind);

// "atelier: message", then "  at: where" and "  hint: ..." where there are such.
std::string describe(const Error& error);

// {"error": {"kind", "message", "where", "hint"}}
json::Value to_json(const Error& error);

}  // namespace atelier::cli
