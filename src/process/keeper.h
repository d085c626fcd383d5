// A keeper: a small process of ours between the program and what it runs. It forks quickly, is the subreaper of all
// that it starts, measures it, and kills every descendant (also those that called setsid) when it is told to, or when
// the program dies, even by kill -9. One keeper serves one session, one process at a time; it belongs to one thread,
// but for kill().
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace atelier::process {

struct Command {
    std::vector<std::string> argv;         // argv[0] is looked up in the environment's PATH
    std::vector<std::string> environment;  // complete: NAME=VALUE
    std::filesystem::path folder;
};

struct Usage {
    double wall_seconds = 0;
    double cpu_seconds = 0;
    std::uint64_t peak_memory = 0;  // bytes, of the whole tree
    std::uint64_t bytes_read = 0;
    std::uint64_t bytes_written = 0;
};

struct Exit {
    int code = -1;  // the exit code; 128 + signal when a signal ended it
    int signal = 0;
    bool out_of_memory = false;  // the kernel killed it (or one of its children) for lack of memory
    Usage usage;
};

// What the thread that waits is told; a line is cut at max_line bytes, the rest of it is dropped.
struct Watcher {
    virtual ~Watcher() = default;
    virtual void line(std::string_view bytes) = 0;  // without its end; not yet made printable
    virtual void tick() {}  // about every 100 ms, and after wake(): may call terminate() / kill()
};

class Keeper {
public:
    Keeper();   // starts the keeper process; throws Error
    ~Keeper();  // kills all that is left
    Keeper(const Keeper&) = delete;
    Keeper& operator=(const Keeper&) = delete;

    // Runs one command to its end and returns how it ended. stdout and stderr come as lines, in order. Throws
    // Error::not_found / denied when it can't be started. Afterwards no process that the command started is left,
    // unless keep_background.
    Exit run(const Command& command, Watcher& watcher, bool keep_background = false);

    // While run() waits, from Watcher's calls or from another thread:
    void terminate();  // SIGTERM to the command's process group
    void kill();       // SIGKILL to all that the command started
    void wake();       // makes run() call tick() now

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

constexpr std::size_t max_line = 64 * 1024;

// The program runs itself as a keeper: `main` calls this first. True when it was one (and has done its work).
bool run_as_keeper(int argc, char** argv);

}  // namespace atelier::process
