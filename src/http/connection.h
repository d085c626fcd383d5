// One connection: its stream, what came and wasn't used yet, and the time that the next step may take. Everything is
// called on the connection's strand.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <span>
#include <string_view>

#include "http/stream.h"

namespace atelier::http {

struct TimedOut : std::exception {
    const char* what() const noexcept override { return "the time for this step is over"; }
};

// Bytes that were read and not used. Holds no memory while it is empty.
class Inbox {
public:
    std::string_view bytes() const { return {memory_.get() + first_, last_ - first_}; }
    bool is_empty() const { return first_ == last_; }
    std::span<char> room(std::size_t capacity);  // behind the bytes; they move to the front when it gets tight
    void add(std::size_t size) { last_ += size; }
    void drop(std::size_t size);

private:
    std::unique_ptr<char[]> memory_;
    std::size_t capacity_ = 0;
    std::size_t first_ = 0;
    std::size_t last_ = 0;
};

class Connection : public std::enable_shared_from_this<Connection> {
public:
    using Deadline = std::chrono::steady_clock::time_point;

    Connection(boost::asio::any_io_executor strand, std::unique_ptr<Stream> stream);

    // Each throws Gone, or TimedOut when the deadline passes without a byte moved.
    boost::asio::awaitable<void> handshake(Deadline deadline);
    boost::asio::awaitable<std::size_t> read(std::span<char> into, Deadline deadline);  // 0: no more will come
    boost::asio::awaitable<std::size_t> fill(std::size_t capacity, Deadline deadline);  // the inbox; the same
    boost::asio::awaitable<void> readable(Deadline deadline);
    // All of both; the patience is for each part that goes out.
    boost::asio::awaitable<void> write(std::string_view first, std::string_view second,
                                       std::chrono::milliseconds patience);
    boost::asio::awaitable<void> write(std::string_view bytes, std::chrono::milliseconds patience);
    // Says that nothing more comes, and takes what the other side has sent already (and, when more is on its way, still
    // sends for a moment): closed with something unread, it would lose the answer.
    boost::asio::awaitable<void> linger(bool is_more_coming);

    // For a second coroutine, while the first one doesn't read: returns when the other side has closed (true), or when
    // it has sent something or this is cancelled (false).
    boost::asio::awaitable<bool> watch();

    void cancel() { stream_->cancel(); }
    void close();

    Inbox inbox;

private:
    boost::asio::awaitable<void> wait(Want want, Deadline deadline);
    void arm();
    void on_timer();

    std::unique_ptr<Stream> stream_;
    boost::asio::steady_timer timer_;
    Deadline deadline_ = Deadline::max();
    Deadline armed_until_ = Deadline::max();
    bool has_timed_out_ = false;
    bool is_closed_ = false;
};

}  // namespace atelier::http
