#include "process/keeper.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <mutex>

#include "base/error.h"
#include "base/files.h"
#include "process/background.h"
#include "process/cgroup.h"
#include "process/lines.h"
#include "process/orphans.h"
#include "process/protocol.h"

namespace atelier::process {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds tick_period{100};
constexpr std::size_t read_size = 256 * 1024;

Error start_error(const Command& command, const Reply& reply) {
    const std::string& program = command.argv.front();
    if (reply.failure == StartFailure::folder)
        return Error::from_errno("cannot enter the folder " + command.folder.string(), reply.error);
    if (reply.failure == StartFailure::program && reply.error == ENOENT)
        return {Error::Kind::not_found, "the program \"" + program + "\" was not found",
                "install it, or look at the PATH that the command is given"};
    if (reply.failure == StartFailure::program && reply.error == EACCES)
        return {Error::Kind::denied, "\"" + program + "\" may not be executed", "is it executable, and a file?"};
    if (reply.failure == StartFailure::program && reply.error == ENOEXEC)
        return {Error::Kind::denied, "\"" + program + "\" is neither a program nor a script with a #! line"};
    return Error::from_errno("cannot start \"" + program + "\"", reply.error);
}

Exit to_exit(const Reply& reply) {
    Exit exit;
    exit.signal = WIFSIGNALED(reply.status) ? WTERMSIG(reply.status) : 0;
    exit.code = exit.signal != 0 ? 128 + exit.signal : WEXITSTATUS(reply.status);
    exit.out_of_memory = reply.out_of_memory != 0;
    exit.usage = {.wall_seconds = reply.wall_seconds,
                  .cpu_seconds = reply.cpu_seconds,
                  .peak_memory = reply.peak_memory,
                  .bytes_read = reply.bytes_read,
                  .bytes_written = reply.bytes_written};
    return exit;
}

// Folder, arguments and variables, each with a NUL at its end.
std::string texts_of(const Command& command) {
    std::string texts;
    const auto add = [&](const std::string& text, const char* what) {
        if (text.find('\0') != std::string::npos)
            throw Error(Error::Kind::invalid, std::string("a NUL byte in ") + what + " of the command \"" +
                                                  command.argv.front().c_str() + "\"");
        texts.append(text.c_str(), text.size() + 1);
    };
    add(command.folder.empty() ? "." : command.folder.string(), "the folder");
    for (const std::string& argument : command.argv)
        add(argument, "an argument");
    for (const std::string& variable : command.environment)
        add(variable, "a variable");
    return texts;
}

struct Pipe {
    Fd reader;
    Fd writer;
};

Pipe make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw Error::from_errno("cannot make a pipe");
    Pipe pipe{Fd(ends[0]), Fd(ends[1])};
    if (::fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) throw Error::from_errno("cannot make a pipe");
    return pipe;
}

}  // namespace

class Keeper::Impl {
public:
    Impl();
    ~Impl();

    Exit run(const Command& command, Watcher& watcher, bool keep_background);
    void ask(Verb verb);
    void wake() const { ::eventfd_write(wakeup_.get(), 1); }

private:
    struct Kept {
        Fd socket;
        pid_t pid = -1;
        std::optional<Cgroup> cgroup;
    };

    void begin();
    static void end(Kept& kept);
    void send_command(const Command& command, const Fd& writer, const Fd* kept_reader);
    Reply watch(const Fd& reader, LineSplitter& lines, Watcher& watcher, BackgroundUsage& background);
    std::vector<pid_t> holders() const;
    bool read_some(const Fd& reader, LineSplitter& lines);
    void read_rest(const Fd& reader, LineSplitter& lines);
    std::optional<Reply> receive_reply();
    void lose_keeper();

    Fd wakeup_;
    std::mutex sending_;          // guards the keeper's socket against being replaced or written by two
    std::optional<Kept> keeper_;  // none after its end, until the next run
    std::vector<Kept> holders_;   // they only hold what former runs left in the background
    std::vector<char> buffer_ = std::vector<char>(read_size);
};

Keeper::Impl::Impl() : wakeup_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!wakeup_) throw Error::from_errno("cannot start a keeper");
    begin();
}

Keeper::Impl::~Impl() {
    lose_keeper();
    for (Kept& holder : holders_)
        end(holder);
}

void Keeper::Impl::begin() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
        throw Error::from_errno("cannot start a keeper");
    const Fd theirs(ends[1]);
    Kept begun{.socket = Fd(ends[0]), .pid = -1, .cgroup = Cgroup::make()};
    begun.pid = start_keeper(theirs.get(), begun.cgroup ? begun.cgroup->folder() : -1);
    const std::lock_guard lock(sending_);
    keeper_.emplace(std::move(begun));
}

// A keeper whose socket ends kills what is below it, and goes; its control group has the last word.
void Keeper::Impl::end(Kept& kept) {
    kept.socket.reset();
    end_keeper(kept.pid);
    kept.cgroup.reset();
}

void Keeper::Impl::lose_keeper() {
    if (!keeper_) return;
    Kept lost = [&] {
        const std::lock_guard lock(sending_);
        Kept kept = std::move(*keeper_);
        keeper_.reset();
        return kept;
    }();
    end(lost);
}

Exit Keeper::Impl::run(const Command& command, Watcher& watcher, bool keep_background) {
    if (command.argv.empty() || command.argv.front().empty())
        throw Error(Error::Kind::invalid, "an empty command can't be run");
    if (!keeper_) begin();
    Pipe pipe = make_pipe();
    send_command(command, pipe.writer, keep_background ? &pipe.reader : nullptr);
    pipe.writer.reset();
    LineSplitter lines([&](std::string_view line) { watcher.line(line); });
    BackgroundUsage background(holders());
    Reply reply;
    try {
        reply = watch(pipe.reader, lines, watcher, background);
    } catch (...) {  // the watcher gave up: so does the command, with its keeper
        lose_keeper();
        throw;
    }
    if (reply.failure != StartFailure::none) throw start_error(command, reply);
    if (reply.left_behind != 0) {  // they live with this keeper; the next run gets another, and a clean slate
        ask(Verb::drain);
        const std::lock_guard lock(sending_);
        holders_.push_back(std::move(*keeper_));
        keeper_.reset();
    }
    Exit exit = to_exit(reply);
    background.add_to(exit.usage);
    return exit;
}

std::vector<pid_t> Keeper::Impl::holders() const {
    std::vector<pid_t> pids;
    for (const Kept& holder : holders_)
        pids.push_back(holder.pid);
    return pids;
}

void Keeper::Impl::send_command(const Command& command, const Fd& writer, const Fd* kept_reader) {
    std::string texts = texts_of(command);
    Request request{.verb = Verb::run,
                    .keep_background = kept_reader ? 1U : 0U,
                    .arguments = static_cast<std::uint32_t>(command.argv.size()),
                    .variables = static_cast<std::uint32_t>(command.environment.size()),
                    .size = texts.size()};
    const std::array<int, 2> fds{writer.get(), kept_reader ? kept_reader->get() : -1};
    const std::size_t fds_size = (kept_reader ? 2 : 1) * sizeof(int);
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof fds)> control{};
    std::array<iovec, 2> parts{{{&request, sizeof request}, {texts.data(), texts.size()}}};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(fds_size);
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(fds_size);
    std::memcpy(CMSG_DATA(header), fds.data(), fds_size);

    const std::lock_guard lock(sending_);
    ssize_t sent = ::sendmsg(keeper_->socket.get(), &message, MSG_NOSIGNAL);
    const std::size_t whole = sizeof request + texts.size();
    while (sent >= static_cast<ssize_t>(sizeof request) && static_cast<std::size_t>(sent) < whole) {
        const std::size_t done = static_cast<std::size_t>(sent) - sizeof request;
        const ssize_t more = ::send(keeper_->socket.get(), texts.data() + done, texts.size() - done, MSG_NOSIGNAL);
        if (more < 0 && errno == EINTR) continue;
        if (more < 0) break;
        sent += more;
    }  // a keeper that has died is noticed by the one who waits for its answer
}

void Keeper::Impl::ask(Verb verb) {
    const Request request{.verb = verb};
    const std::lock_guard lock(sending_);
    if (keeper_) ::send(keeper_->socket.get(), &request, sizeof request, MSG_NOSIGNAL);
}

Reply Keeper::Impl::watch(const Fd& reader, LineSplitter& lines, Watcher& watcher, BackgroundUsage& background) {
    auto next_tick = steady_clock::now() + tick_period;
    bool open = true;
    for (;;) {
        std::array<pollfd, 3> fds{
            {{keeper_->socket.get(), POLLIN, 0}, {wakeup_.get(), POLLIN, 0}, {open ? reader.get() : -1, POLLIN, 0}}};
        const auto left = std::chrono::ceil<milliseconds>(next_tick - steady_clock::now());
        ::poll(fds.data(), fds.size(), static_cast<int>(std::max<milliseconds::rep>(left.count(), 0)));
        if (fds[0].revents != 0) {
            const std::optional<Reply> reply = receive_reply();
            if (!reply)
                throw Error(Error::Kind::unavailable,
                            "the process that kept the command was killed, and the command with it");
            if (open) read_rest(reader, lines);
            lines.finish();
            return *reply;
        }
        if (fds[2].revents != 0) open = read_some(reader, lines);
        eventfd_t woken = 0;
        if (fds[1].revents != 0) ::eventfd_read(wakeup_.get(), &woken);
        if (woken == 0 && steady_clock::now() < next_tick) continue;
        watcher.tick();
        background.sample();
        next_tick = steady_clock::now() + tick_period;
    }
}

// False at the end of the output: the command has closed it, or given it to nobody.
bool Keeper::Impl::read_some(const Fd& reader, LineSplitter& lines) {
    const ssize_t count = ::read(reader.get(), buffer_.data(), buffer_.size());
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    lines.feed({buffer_.data(), static_cast<std::size_t>(count)});
    return count > 0;
}

// What is in the pipe now, and no more: a background process may go on writing.
void Keeper::Impl::read_rest(const Fd& reader, LineSplitter& lines) {
    int left = 0;
    if (::ioctl(reader.get(), FIONREAD, &left) != 0) return;
    while (left > 0) {
        const ssize_t count =
            ::read(reader.get(), buffer_.data(), std::min(buffer_.size(), static_cast<std::size_t>(left)));
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return;
        lines.feed({buffer_.data(), static_cast<std::size_t>(count)});
        left -= static_cast<int>(count);
    }
}

std::optional<Reply> Keeper::Impl::receive_reply() {
    Reply reply;
    for (;;) {
        const ssize_t count = ::recv(keeper_->socket.get(), &reply, sizeof reply, MSG_WAITALL);
        if (count < 0 && errno == EINTR) continue;
        if (count != static_cast<ssize_t>(sizeof reply)) return std::nullopt;
        return reply;
    }
}

Keeper::Keeper() : impl_(std::make_unique<Impl>()) {}
Keeper::~Keeper() = default;

Exit Keeper::run(const Command& command, Watcher& watcher, bool keep_background) {
    return impl_->run(command, watcher, keep_background);
}

void Keeper::terminate() { impl_->ask(Verb::terminate); }
void Keeper::kill() { impl_->ask(Verb::kill); }
void Keeper::wake() { impl_->wake(); }

}  // namespace atelier::process
