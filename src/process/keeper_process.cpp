// The keeper's own side: one thread, one loop. It starts what it is asked to, takes in orphans, and answers when
// nothing of the run is left. When the program goes away, by whatever way, the socket ends, and so does everything
// below.
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <optional>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "process/keeper.h"
#include "process/launch.h"
#include "process/process_tree.h"
#include "process/protocol.h"

namespace atelier::process {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using Time = steady_clock::time_point;

constexpr milliseconds first_sample{50};  // most tasks of farms that are quick have ended by then
constexpr milliseconds sample_period{100};
constexpr int sample_share = 50;               // looking may take one part in fifty of a core
constexpr milliseconds linger_time{250};       // for what outlives its leader for a moment, as `> >(tee log)` does
constexpr milliseconds kill_period{10};        // until the killed are gone, and for those that were just forked
constexpr milliseconds kill_patience{10'000};  // a process in an uninterruptible wait can't be killed by anybody
constexpr std::chrono::seconds memory_kills_age{
    1};  // reading the kernel's count costs as much as a tenth of a quick run
constexpr std::size_t bytes_of_drain = 64 * 1024;
constexpr std::uint64_t kilobyte = 1024;

void on_child(int) {}  // it only has to interrupt ppoll

double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

bool receive_all(void* data, std::size_t size) {
    auto* to = static_cast<char*>(data);
    while (size > 0) {
        const ssize_t count = ::recv(keeper_socket, to, size, 0);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return false;
        to += count;
        size -= static_cast<std::size_t>(count);
    }
    return true;
}

class KeeperProcess {
public:
    [[noreturn]] void serve();

private:
    enum class State { idle, running, lingering };

    void prepare();
    int timeout() const;
    void wait();
    void look_at_time();
    bool take_request();
    void take_descriptors(const msghdr& message);
    void start(const Request& request, std::string& texts);
    void reap();
    void count(pid_t pid);
    void leader_ended(pid_t pid);
    void finish();
    void answer();
    void sample();
    void kill_descendants();
    void drain();
    bool killed_for_memory();
    [[noreturn]] void end();

    State state_ = State::idle;
    sigset_t while_waiting_{};
    pid_t leader_ = -1;
    Fd transfer_;  // what the leader reads and writes
    bool keep_background_ = false;
    std::optional<Time> killing_since_;
    bool alien_kill_ = false;  // a SIGKILL that was not ours
    bool children_ = false;
    Time started_;
    Time next_look_;
    std::uint64_t memory_kills_ = 0;
    Time memory_kills_read_;
    Reply reply_;
    Fd output_;       // the pipe's write end, held until the answer, so that the program isn't woken twice
    Fd kept_output_;  // its read end, when what stays behind may go on writing
    Fd drained_;      // the same, when the program has had its part
};

void KeeperProcess::prepare() {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    ::prctl(PR_SET_NAME, keeper_name);
    ::close_range(keeper_socket + 1, ~0U, 0);
    ::fcntl(keeper_socket, F_SETFD, FD_CLOEXEC);
    const Fd null(::open("/dev/null", O_RDWR));
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        ::dup2(null.get(), fd);
    for (int number = 1; number < NSIG; ++number)
        ::signal(number, SIG_DFL);
    struct sigaction action {};
    action.sa_handler = &on_child;
    ::sigaction(SIGCHLD, &action, nullptr);
    sigset_t blocked;
    sigemptyset(&blocked);
    while_waiting_ = blocked;
    sigaddset(&blocked, SIGCHLD);
    ::sigprocmask(SIG_SETMASK, &blocked, nullptr);
}

void KeeperProcess::serve() {
    prepare();
    for (;;) {
        wait();
        if (state_ != State::idle) {
            reap();
            look_at_time();
        } else if (children_) {
            reap();  // what was kept dies in its own time
        }
    }
}

int KeeperProcess::timeout() const {
    if (state_ == State::idle) return -1;
    const auto left = std::chrono::ceil<milliseconds>(next_look_ - steady_clock::now());
    return static_cast<int>(std::clamp<milliseconds::rep>(left.count(), 0, sample_period.count() * sample_share));
}

void KeeperProcess::wait() {
    std::array<pollfd, 2> fds{{{keeper_socket, POLLIN, 0}, {drained_.get(), POLLIN, 0}}};
    const int milliseconds_left = timeout();
    const timespec time{.tv_sec = milliseconds_left / 1000, .tv_nsec = milliseconds_left % 1000 * 1'000'000L};
    const int count = ::ppoll(fds.data(), fds.size(), milliseconds_left < 0 ? nullptr : &time, &while_waiting_);
    if (count <= 0) return;
    if (fds.front().revents != 0 && !take_request()) end();
    if (fds.back().revents != 0) drain();
}

// ---- requests --------------------------------------------------------------------------------------------

bool KeeperProcess::take_request() {
    Request request;
    iovec part{.iov_base = &request, .iov_len = sizeof request};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(2 * sizeof(int))> control;
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t count = ::recvmsg(keeper_socket, &message, MSG_CMSG_CLOEXEC | MSG_WAITALL);
    if (count < 0) return errno == EINTR || errno == EAGAIN;
    if (count != static_cast<ssize_t>(sizeof request)) return false;
    if (request.verb == Verb::run) {
        take_descriptors(message);
        std::string texts(request.size, '\0');
        if (!receive_all(texts.data(), texts.size())) return false;
        start(request, texts);
    } else if (request.verb == Verb::terminate) {
        if (leader_ > 0) ::kill(-leader_, SIGTERM);
    } else if (request.verb == Verb::drain) {
        drained_ = std::move(kept_output_);
    } else if (state_ != State::idle && !killing_since_) {
        killing_since_ = steady_clock::now();
        next_look_ = *killing_since_;
    }
    return true;
}

void KeeperProcess::take_descriptors(const msghdr& message) {
    const cmsghdr* control = CMSG_FIRSTHDR(&message);
    if (!control || control->cmsg_type != SCM_RIGHTS) return;
    std::array<int, 2> fds{-1, -1};
    std::memcpy(fds.data(), CMSG_DATA(control), std::min(sizeof fds, control->cmsg_len - CMSG_LEN(0)));
    output_.reset(fds[0]);
    kept_output_.reset(fds[1]);
}

void KeeperProcess::start(const Request& request, std::string& texts) {
    std::vector<char*> pointers;
    char* text = texts.data();
    const auto take = [&](std::size_t count) {
        for (std::size_t i = 0; i < count; ++i, text += std::strlen(text) + 1)
            pointers.push_back(text);
        pointers.push_back(nullptr);
    };
    const char* folder = text;
    text += std::strlen(text) + 1;
    take(request.arguments);
    take(request.variables);
    char* const* environment = pointers.data() + request.arguments + 1;

    reply_ = {};
    started_ = steady_clock::now();
    if (started_ - memory_kills_read_ > memory_kills_age) {
        memory_kills_ = out_of_memory_kills();
        memory_kills_read_ = started_;
    }
    const Launched launched = launch({.programs = program_candidates(pointers.front(), environment),
                                      .argv = pointers.data(),
                                      .environment = environment,
                                      .folder = folder,
                                      .output = output_.get(),
                                      .die_with_parent = true});
    if (launched.failure != StartFailure::none) {
        reply_.failure = launched.failure;
        reply_.error = launched.error;
        return answer();
    }
    leader_ = launched.pid;
    transfer_ = open_transfer(leader_);
    keep_background_ = request.keep_background != 0;
    killing_since_.reset();
    alien_kill_ = false;
    children_ = true;
    state_ = State::running;
    next_look_ = started_ + first_sample;
}

// ---- the end of a run ------------------------------------------------------------------------------------

void KeeperProcess::reap() {
    for (;;) {
        siginfo_t info{};
        if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0) {
            children_ = false;  // ECHILD: as orphans come to us, nothing is left at all
            break;
        }
        if (info.si_pid == 0) break;
        if (info.si_pid == leader_)
            leader_ended(info.si_pid);
        else
            count(info.si_pid);
    }
    if (state_ == State::lingering && (!children_ || (keep_background_ && !killing_since_))) finish();
}

void KeeperProcess::count(pid_t pid) {
    int status = 0;
    rusage usage{};
    if (::wait4(pid, &status, 0, &usage) != pid) return;
    reply_.cpu_seconds += seconds(usage.ru_utime) + seconds(usage.ru_stime);
    reply_.peak_memory = std::max(reply_.peak_memory, static_cast<std::uint64_t>(usage.ru_maxrss) * kilobyte);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL && !killing_since_) alien_kill_ = true;
    if (pid == leader_) reply_.status = status;
}

void KeeperProcess::leader_ended(pid_t pid) {
    const Transfer transfer =
        transfer_by(transfer_);  // with that of its children; the kernel forgets it with the zombie
    transfer_.reset();
    reply_.bytes_read = transfer.bytes_read;
    reply_.bytes_written = transfer.bytes_written;
    count(pid);
    const Time now = steady_clock::now();
    reply_.wall_seconds = std::chrono::duration<double>(now - started_).count();
    state_ = State::lingering;
    leader_ = -1;
    if (!killing_since_) next_look_ = now + linger_time;
}

void KeeperProcess::finish() {
    reply_.left_behind = children_ ? 1 : 0;
    reply_.out_of_memory = killed_for_memory() ? 1 : 0;
    answer();
}

// A shell tells of a child that was killed by 128 + 9.
bool KeeperProcess::killed_for_memory() {
    constexpr int shell_killed = 128 + SIGKILL;
    const bool suspicious = alien_kill_ || (WIFEXITED(reply_.status) && WEXITSTATUS(reply_.status) == shell_killed);
    if (!suspicious) return false;
    const std::uint64_t before = std::exchange(memory_kills_, out_of_memory_kills());
    return memory_kills_ > before;
}

void KeeperProcess::answer() {
    state_ = State::idle;
    leader_ = -1;
    ::send(keeper_socket, &reply_, sizeof reply_, MSG_NOSIGNAL);
    output_.reset();
    if (reply_.left_behind == 0) kept_output_.reset();
}

// ---- while it runs ---------------------------------------------------------------------------------------

void KeeperProcess::look_at_time() {
    const Time now = steady_clock::now();
    if (state_ == State::idle || now < next_look_) return;
    if (state_ == State::lingering && !killing_since_) killing_since_ = now;
    if (!killing_since_) return sample();
    if (now - *killing_since_ > kill_patience && state_ == State::lingering) return finish();
    kill_descendants();
    next_look_ = now + kill_period;
}

void KeeperProcess::sample() {
    const Time begun = steady_clock::now();
    std::uint64_t memory = 0;
    for (const ProcessInfo& info : descendants_of(::getpid(), all_processes()))
        memory += info.memory;
    reply_.peak_memory = std::max(reply_.peak_memory, memory);
    const Time now = steady_clock::now();
    next_look_ = now + std::max<steady_clock::duration>(sample_period, (now - begun) * sample_share);
}

// Stopped first, so that none forks while the others are looked for; whoever was missed is found in the next round.
void KeeperProcess::kill_descendants() {
    const std::vector<ProcessInfo> found = descendants_of(::getpid(), all_processes());
    for (const ProcessInfo& info : found)
        ::kill(info.pid, SIGSTOP);
    for (const ProcessInfo& info : found)
        ::kill(info.pid, SIGKILL);
}

// What background processes say after their run goes nowhere, but it doesn't hold them up.
void KeeperProcess::drain() {
    std::array<char, bytes_of_drain> nowhere;
    const ssize_t count = ::read(drained_.get(), nowhere.data(), nowhere.size());
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) drained_.reset();
}

// The program has gone, or has no need of us any more.
void KeeperProcess::end() {
    const Time since = steady_clock::now();
    while (steady_clock::now() - since < kill_patience) {
        int reaped = 0;
        while ((reaped = ::waitpid(-1, nullptr, WNOHANG)) > 0) {
        }
        if (reaped < 0) break;
        kill_descendants();
        const timespec pause{.tv_sec = 0, .tv_nsec = std::chrono::nanoseconds(kill_period).count()};
        ::ppoll(nullptr, 0, &pause, &while_waiting_);
    }
    ::_exit(0);
}

}  // namespace

bool run_as_keeper(int argc, char** argv) {
    if (argc != 1 || std::string_view(argv[0]) != keeper_name) return false;
    KeeperProcess().serve();
}

}  // namespace atelier::process
