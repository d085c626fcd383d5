// Starting a program by posix_spawn, for the tools of tasks: as a child that is waited for (child.h), or in the
// background, for as long as the session lives.
#pragma once

#include <spawn.h>
#include <sys/types.h>

#include <string>
#include <vector>

namespace atelier::process {

// What posix_spawn is told; both structures free themselves. The program begins with no signal blocked.
class SpawnOrders {
public:
    SpawnOrders();
    ~SpawnOrders();
    SpawnOrders(const SpawnOrders&) = delete;
    SpawnOrders& operator=(const SpawnOrders&) = delete;

    void take(int descriptor, int as);  // of ours
    void open(const char* path, int flags, int as);
    void leave_session();  // it leads a session of its own

    // argv[0] is looked up in PATH; variables: "NAME=value", in place of ours of the same name. Throws
    // Error::not_found or denied when it can't be started.
    pid_t start(const std::vector<std::string>& argv, const std::vector<std::string>& variables = {}) const;

private:
    posix_spawn_file_actions_t actions_{};
    posix_spawnattr_t attributes_{};
    short flags_;
};

// With its output into a file, which may be there already and is emptied. It has no connection with this process
// afterwards.
pid_t start_in_background(const std::vector<std::string>& argv, const std::string& output,
                          const std::vector<std::string>& variables = {});

}  // namespace atelier::process
