#include "process/launch.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <memory>
#include <string_view>

#include "base/text.h"

namespace atelier::process {
namespace {

constexpr std::size_t stack_size = 64 * 1024;
constexpr int start_failed = 127;
constexpr int busy_tries = 50;
constexpr timespec busy_pause{.tv_sec = 0, .tv_nsec = 2'000'000};
constexpr const char* default_path = "/usr/local/bin:/usr/bin:/bin";

struct Start {
    const Launch& what;
    sigset_t signals;  // those that the program begins with
    StartFailure failure = StartFailure::none;
    int error = 0;
};

[[noreturn]] void give_up(Start& start, StartFailure failure) {
    start.failure = failure;
    start.error = errno;
    ::_exit(start_failed);
}

// A name that is not there leads to the next candidate; one that is there but may not be run is remembered.
void execute(const Launch& what) {
    int error = ENOENT;
    for (const std::string& program : what.programs) {
        ::execve(program.c_str(), what.argv, what.environment);
        // A file that was just written is busy while a process that another thread starts still holds it, up to its
        // exec.
        for (int i = 0; errno == ETXTBSY && i < busy_tries; ++i) {
            ::nanosleep(&busy_pause, nullptr);
            ::execve(program.c_str(), what.argv, what.environment);
        }
        if (errno != ENOENT && errno != ENOTDIR && errno != EACCES) return;
        if (errno == EACCES && ::access(program.c_str(), F_OK) == 0) error = EACCES;
    }
    errno = error;
}

// Runs in the child, on the parent's memory: system calls alone.
int child(void* argument) {
    Start& start = *static_cast<Start*>(argument);
    const Launch& what = start.what;
    ::setsid();
    if (what.die_with_parent) ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (what.output >= 0 && (::dup2(what.output, STDOUT_FILENO) < 0 || ::dup2(what.output, STDERR_FILENO) < 0))
        give_up(start, StartFailure::process);
    if (what.socket == keeper_socket) ::fcntl(keeper_socket, F_SETFD, 0);
    if (what.socket >= 0 && ::dup2(what.socket, keeper_socket) < 0) give_up(start, StartFailure::process);
    if (what.folder && ::chdir(what.folder) != 0) give_up(start, StartFailure::folder);
    ::sigprocmask(SIG_SETMASK, &start.signals, nullptr);
    execute(what);
    give_up(start, StartFailure::program);
}

// clone() knows nothing of control groups, and clone3() nothing of a function to begin with: so this one copies the
// memory.
pid_t fork_into_cgroup(Start& start) {
    clone_args arguments{};
    arguments.flags = CLONE_INTO_CGROUP | CLONE_VFORK;  // the parent waits: the child need not queue for a core
    arguments.exit_signal = SIGCHLD;
    arguments.cgroup = static_cast<std::uint64_t>(start.what.cgroup);
    const long pid = ::syscall(SYS_clone3, &arguments, sizeof arguments);
    if (pid == 0) ::_exit(child(&start));
    return static_cast<pid_t>(pid);
}

}  // namespace

Launched launch(const Launch& what) {
    Start start{.what = what, .signals = {}};
    sigemptyset(&start.signals);
    if (what.cgroup >= 0)
        if (const pid_t pid = fork_into_cgroup(start); pid > 0) return {.pid = pid};
    thread_local const std::unique_ptr<char[]> stack(new char[stack_size]);
    const int pid = ::clone(&child, stack.get() + stack_size, CLONE_VM | CLONE_VFORK | SIGCHLD, &start);
    if (pid < 0) return {.failure = StartFailure::process, .error = errno};
    if (start.failure == StartFailure::none) return {.pid = pid};
    ::waitpid(pid, nullptr, 0);
    return {.failure = start.failure, .error = start.error};
}

std::vector<std::string> program_candidates(const char* name, char* const* environment) {
    if (std::strchr(name, '/')) return {name};
    std::string_view path = default_path;
    for (char* const* variable = environment; *variable; ++variable)
        if (std::string_view(*variable).starts_with("PATH=")) path = *variable + std::strlen("PATH=");
    std::vector<std::string> candidates;
    for (const std::string_view folder : split(path, ':'))
        candidates.push_back((folder.empty() ? "." : std::string(folder)) + "/" + name);
    return candidates;
}

}  // namespace atelier::process
