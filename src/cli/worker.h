// `atelier worker`: this machine works for a server, until it is told to leave.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/home.h"
#include "cli/output.h"

namespace atelier::cli {

struct WorkerRequest {
    std::string server;                // its URL
    std::string name;                  // empty: the machine's
    int slots = 0;                     // tasks at one time; 0: one a core
    std::vector<std::string> tags;     // words by which jobs can ask for it
    std::string cache = "50G";         // of blobs on its disk
    std::filesystem::path data;        // empty: worker in the data folder
    std::filesystem::path token_file;  // empty: where worker_token() looks
    std::filesystem::path authority;   // who signed the server's certificate
    std::string hours;                 // empty: always
    int only_when_idle = 0;            // minutes without anybody at the machine; 0: whoever sits there
};

int work(const WorkerRequest& request, Output& output);

// The workers of the farm, as an admin sees and steers them.
int list_workers(Output& output);
int steer_worker(const std::string& verb, const std::string& worker, const std::string& told, Output& output);

// By what the worker comes in: ATELIER_TOKEN, the given file, the token in the configuration folder, or, for a server
// on this machine, the one of its data folder. Throws Error::denied when there is none, or others can read its file.
std::string worker_token(const WorkerRequest& request, const Environment& environment = process_environment);

}  // namespace atelier::cli
