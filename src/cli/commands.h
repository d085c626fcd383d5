// The commands: each is described to the parser by one function, in the file of its group.
#pragma once

#include "cli/program.h"

namespace atelier::cli {

void add_run(CLI::App& command, Context& context);         // run.cpp
void add_jobs(CLI::App& command, Context& context);        // jobs.cpp
void add_job(CLI::App& command, Context& context);         // jobs.cpp
void add_why(CLI::App& command, Context& context);         // jobs.cpp
void add_serve(CLI::App& command, Context& context);       // serve.cpp
void add_worker(CLI::App& command, Context& context);      // worker.cpp
void add_store(CLI::App& command, Context& context);       // store.cpp
void add_user(CLI::App& command, Context& context);        // user.cpp
void add_token(CLI::App& command, Context& context);       // token.cpp
void add_audit(CLI::App& command, Context& context);       // user.cpp
void add_backup(CLI::App& command, Context& context);      // backup.cpp
void add_restore(CLI::App& command, Context& context);     // backup.cpp
void add_db(CLI::App& command, Context& context);          // backup.cpp
void add_doctor(CLI::App& command, Context& context);      // doctor.cpp
void add_simulate(CLI::App& command, Context& context);    // simulate.cpp
void add_openjd(CLI::App& command, Context& context);      // openjd.cpp
void add_completion(CLI::App& command, Context& context);  // completion.cpp

}  // namespace atelier::cli
