#include "process/child.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "process/lines.h"
#include "process/spawn.h"

namespace atelier::process {
namespace {

constexpr std::size_t most_complaints = 8 * 1024;
constexpr std::size_t read_size = 64 * 1024;

struct Ends {
    Fd ours;
    Fd theirs;
};

Ends make_pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw Error::from_errno("cannot make a pipe");
    return {Fd(ends[0]), Fd(ends[1])};
}

// A socket rather than a pipe: writing to a child that is gone is then an error and no signal.
Ends make_input() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        throw Error::from_errno("cannot make a socket");
    Ends made{Fd(ends[0]), Fd(ends[1])};
    ::shutdown(made.theirs.get(), SHUT_WR);
    return made;
}

class Child {
public:
    Child(const std::vector<std::string>& argv, const ChildStreams& streams)
        : streams_(streams),
          lines_([this](std::string_view line) {
              if (streams_.line) streams_.line(line);
          }),
          complaint_lines_([this](std::string_view line) {
              if (streams_.complaint) streams_.complaint(line);
          }) {
        start(argv);
    }
    ~Child() {
        if (pid_ <= 0) return;
        ::kill(pid_, SIGKILL);
        wait();
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    ChildEnd run() {
        while (output_ || complaint_)
            serve();
        lines_.finish();
        complaint_lines_.finish();
        input_.reset();  // one that still waits for more would never end
        return {wait(), printable(complaints_)};
    }

private:
    void start(const std::vector<std::string>& argv);
    void serve();
    void feed();
    static void take(Fd& from, const std::function<void(std::string_view)>& taker);
    int wait();

    const ChildStreams& streams_;
    LineSplitter lines_;
    LineSplitter complaint_lines_;
    pid_t pid_ = -1;
    Fd input_, output_, complaint_;
    std::string_view waiting_;  // of the input, not yet written
    std::string complaints_;
};

void Child::start(const std::vector<std::string>& argv) {
    Ends input, output = make_pipe(), complaint = make_pipe();
    SpawnOrders orders;
    if (streams_.input) {
        input = make_input();
        orders.take(input.theirs.get(), STDIN_FILENO);
    } else {
        orders.open("/dev/null", O_RDONLY, STDIN_FILENO);
    }
    orders.take(output.theirs.get(), STDOUT_FILENO);
    orders.take(complaint.theirs.get(), STDERR_FILENO);
    pid_ = orders.start(argv);
    input_ = std::move(input.ours);
    output_ = std::move(output.ours);
    complaint_ = std::move(complaint.ours);
}

// A descriptor of -1 is left out by poll().
void Child::serve() {
    std::array<pollfd, 3> ends = {
        {{input_.get(), POLLOUT, 0}, {output_.get(), POLLIN, 0}, {complaint_.get(), POLLIN, 0}}};
    if (::poll(ends.data(), ends.size(), -1) < 0) {
        if (errno == EINTR) return;
        throw Error::from_errno("cannot wait for a program");
    }
    if (ends[1].revents) take(output_, [this](std::string_view bytes) { lines_.feed(bytes); });
    if (ends[2].revents)
        take(complaint_, [this](std::string_view bytes) {
            complaint_lines_.feed(bytes);
            complaints_.append(bytes);
            if (complaints_.size() > 2 * most_complaints) complaints_.erase(0, complaints_.size() - most_complaints);
        });
    if (ends[0].revents) feed();
}

void Child::feed() {
    if (waiting_.empty()) waiting_ = streams_.input();
    if (waiting_.empty()) return input_.reset();
    const ssize_t sent = ::send(input_.get(), waiting_.data(), waiting_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0)
        waiting_.remove_prefix(static_cast<std::size_t>(sent));
    else if (errno != EAGAIN && errno != EINTR)
        input_.reset();  // it is gone, or has closed its stdin: how it ended tells
}

void Child::take(Fd& from, const std::function<void(std::string_view)>& taker) {
    std::array<char, read_size> bytes;
    const ssize_t count = ::read(from.get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) return;
    if (count <= 0) return from.reset();
    taker({bytes.data(), static_cast<std::size_t>(count)});
}

int Child::wait() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

ChildEnd run_child(const std::vector<std::string>& argv, const ChildStreams& streams) {
    return Child(argv, streams).run();
}

}  // namespace atelier::process
