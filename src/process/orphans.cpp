#include "process/orphans.h"

#include <pthread.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <mutex>
#include <set>
#include <thread>

#include "base/error.h"
#include "process/launch.h"
#include "process/process_tree.h"

namespace atelier::process {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds sweep_pause{5};
constexpr std::chrono::seconds sweep_patience{10};

struct Keepers {
    std::mutex mutex;  // also held while one is started or orphans are swept: a newborn keeper is no orphan
    std::set<pid_t> pids;
};

Keepers& keepers() {
    static Keepers all;
    return all;
}

std::vector<pid_t> orphans(const std::vector<ProcessInfo>& processes, const std::set<pid_t>& known) {
    std::vector<pid_t> found;
    const pid_t self = ::getpid();
    const pid_t session = ::getsid(0);
    for (const ProcessInfo& info : processes)
        if (info.parent == self && info.session != session && !known.contains(info.pid)) found.push_back(info.pid);
    return found;
}

void sweep(const std::set<pid_t>& known) {
    const auto since = steady_clock::now();
    while (steady_clock::now() - since < sweep_patience) {
        const std::vector<ProcessInfo> processes = all_processes();
        const std::vector<pid_t> roots = orphans(processes, known);
        if (roots.empty()) return;
        for (const pid_t root : roots) {
            for (const ProcessInfo& info : descendants_of(root, processes))
                ::kill(info.pid, SIGKILL);
            ::kill(root, SIGKILL);
            ::waitpid(root, nullptr, WNOHANG);
        }
        std::this_thread::sleep_for(sweep_pause);
    }
}

// No handler may run in a child that borrows our memory.
class BlockedSignals {
public:
    BlockedSignals() {
        sigset_t all;
        sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~BlockedSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    BlockedSignals(const BlockedSignals&) = delete;
    BlockedSignals& operator=(const BlockedSignals&) = delete;

private:
    sigset_t before_{};
};

}  // namespace

pid_t start_keeper(int socket, int cgroup) {
    char name[] = "keeper";
    char* const argv[] = {name, nullptr};
    const std::lock_guard lock(keepers().mutex);
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    Launch what;
    what.programs = {"/proc/self/exe"};
    what.argv = argv;
    what.environment = environ;
    what.socket = socket;
    what.cgroup = cgroup;
    const BlockedSignals blocked;
    const Launched launched = launch(what);
    if (launched.failure != StartFailure::none) throw Error::from_errno("cannot start a keeper", launched.error);
    keepers().pids.insert(launched.pid);
    return launched.pid;
}

void end_keeper(pid_t pid) {
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    const std::lock_guard lock(keepers().mutex);
    keepers().pids.erase(pid);
    const bool in_its_own_way = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (!in_its_own_way) sweep(keepers().pids);
}

}  // namespace atelier::process
