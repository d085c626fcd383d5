// What the program and its keeper say to each other over a stream socket: fixed structs, as both are the same
// executable. A request to run is followed by its texts (folder, arguments, environment; each ends with NUL) and brings
// the write end of the output's pipe along, and its read end too when what stays behind shall be kept.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

namespace atelier::process {

constexpr const char* keeper_name = "keeper";  // argv[0]; not "atelier", so that one blow by name doesn't hit both
constexpr int keeper_socket = 3;

// drain: the program has read what it wants of the last run's output; what comes after goes nowhere.
enum class Verb : std::uint32_t { run, terminate, kill, drain };

struct Request {
    Verb verb = Verb::run;
    std::uint32_t keep_background = 0;
    std::uint32_t arguments = 0;  // how many
    std::uint32_t variables = 0;
    std::uint64_t size = 0;  // bytes of text that follow
};

enum class StartFailure : std::uint32_t { none, folder, program, process };

struct Reply {
    StartFailure failure = StartFailure::none;
    int error = 0;                  // errno of the failure
    int status = 0;                 // as wait() gives it
    std::uint32_t left_behind = 0;  // processes of this run live on
    std::uint32_t out_of_memory = 0;
    double wall_seconds = 0;
    double cpu_seconds = 0;
    std::uint64_t peak_memory = 0;
    std::uint64_t bytes_read = 0;
    std::uint64_t bytes_written = 0;
};

}  // namespace atelier::process
