// `atelier run`: what a person asks for, and doing it on this machine's embedded farm.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/desk.h"
#include "cli/output.h"
#include "wire/submission.h"

namespace atelier::cli {

struct RunRequest {
    std::filesystem::path template_file;
    std::vector<std::string> parameters;  // NAME=VALUE or file://FILE
    std::vector<std::filesystem::path> environments;
    std::string name;
    int priority = 50;
    std::vector<std::string> tags;
    std::vector<std::string> log_rules;  // REGEX=CLASS
    std::filesystem::path output;        // empty: outputs stay where the template puts them
    int workers = 0;                     // 0: as many as there are cores
    int at_once = 0;                     // 0: no limit on the job's tasks at one time
    int max_failed = 0;                  // failed tasks after which the job stops
    bool isolate = false;
    bool in_place = false;  // a server's workers see the same files as this machine
    bool sandbox = false;
    bool network = false;  // inside of the sandbox
    int max_tries = 0;     // 0: three
    bool dry_run = false;
};

int run(const RunRequest& request, Output& output);

// How a submission of any command is brought to its end.
struct RunOptions {
    int workers = 0;
    bool in_place = false;
    bool dry_run = false;
    InputFiles only;  // when the job runs isolated
};

struct Conclusion {
    int status = 0;    // of the command
    json::Value told;  // what --json says of it: {"job": ..., "steps": [...]}; null where there is nothing to be said
};

// Submits it (or goes on with what the same submission began), follows it, brings its outputs. With --json it says
// nothing: that is left to the caller, who may have more to say.
Conclusion bring_to_end(wire::Submission submission, const RunOptions& options, Output& output);

}  // namespace atelier::cli
