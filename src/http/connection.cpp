#include "http/connection.h"

#include <algorithm>
#include <boost/asio/bind_executor.hpp>
#include <cstring>

namespace atelier::http {

namespace asio = boost::asio;
using std::chrono::steady_clock;

namespace {

constexpr std::chrono::seconds linger_time{2};
constexpr std::size_t linger_piece = 16 * 1024;

}  // namespace

std::span<char> Inbox::room(std::size_t capacity) {
    const std::size_t held = last_ - first_;
    if (capacity > capacity_) {
        auto larger = std::make_unique_for_overwrite<char[]>(capacity);
        if (held > 0) std::memcpy(larger.get(), memory_.get() + first_, held);
        memory_ = std::move(larger);
        capacity_ = capacity;
    } else if (first_ > 0) {
        std::memmove(memory_.get(), memory_.get() + first_, held);
    }
    first_ = 0;
    last_ = held;
    return {memory_.get() + held, capacity_ - held};
}

void Inbox::drop(std::size_t size) {
    first_ += size;
    if (first_ != last_) return;
    memory_.reset();
    capacity_ = first_ = last_ = 0;
}

Connection::Connection(asio::any_io_executor strand, std::unique_ptr<Stream> stream)
    : stream_(std::move(stream)), timer_(std::move(strand)) {}

asio::awaitable<void> Connection::handshake(Deadline deadline) {
    for (;;) {
        const Step step = stream_->handshake();
        if (step.want == Want::nothing) co_return;
        co_await wait(step.want, deadline);
    }
}

asio::awaitable<std::size_t> Connection::read(std::span<char> into, Deadline deadline) {
    for (;;) {
        if (is_closed_) throw Gone();
        const Step step = stream_->read(into);
        if (step.want == Want::nothing) co_return step.bytes;
        co_await wait(step.want, deadline);
    }
}

asio::awaitable<std::size_t> Connection::fill(std::size_t capacity, Deadline deadline) {
    const std::span<char> room = inbox.room(capacity);
    const std::size_t got = co_await read(room, deadline);
    inbox.add(got);
    co_return got;
}

asio::awaitable<void> Connection::readable(Deadline deadline) {
    if (!stream_->holds()) co_await wait(Want::read, deadline);
}

asio::awaitable<void> Connection::write(std::string_view first, std::string_view second,
                                        std::chrono::milliseconds patience) {
    while (!first.empty() || !second.empty()) {
        if (is_closed_) throw Gone();
        const Step step = stream_->write(first, second);
        if (step.want != Want::nothing) co_await wait(step.want, steady_clock::now() + patience);
        const std::size_t of_first = std::min(step.bytes, first.size());
        first.remove_prefix(of_first);
        second.remove_prefix(step.bytes - of_first);
    }
}

asio::awaitable<void> Connection::write(std::string_view bytes, std::chrono::milliseconds patience) {
    return write(bytes, std::string_view(), patience);
}

asio::awaitable<void> Connection::linger(bool is_more_coming) {
    const Deadline end = steady_clock::now() + linger_time;
    stream_->finish();
    const auto bin = std::make_unique_for_overwrite<char[]>(linger_piece);
    const std::span<char> into(bin.get(), linger_piece);
    while (!is_closed_ && steady_clock::now() < end) {
        const Step step = stream_->read(into);
        const bool is_empty = step.want != Want::nothing;
        if (is_empty ? !is_more_coming : step.bytes == 0) co_return;
        if (is_empty) co_await wait(step.want, end);
    }
}

asio::awaitable<bool> Connection::watch() {
    for (;;) {
        const bool is_ready = co_await stream_->wait(Want::read);
        if (!is_ready || is_closed_) co_return false;
        try {
            const Step step = stream_->peek();
            if (step.want == Want::nothing) co_return step.bytes == 0;
        } catch (const Gone&) {
            co_return true;
        }
    }
}

void Connection::close() {
    is_closed_ = true;
    timer_.cancel();
    stream_->close();
}

asio::awaitable<void> Connection::wait(Want want, Deadline deadline) {
    if (is_closed_) throw Gone();
    has_timed_out_ = false;
    deadline_ = deadline;
    if (deadline < armed_until_) arm();
    const bool is_ready = co_await stream_->wait(want);
    if (!is_ready && has_timed_out_) throw TimedOut();
    if (!is_ready) throw Gone();
    deadline_ = Deadline::max();
}

// One timer for the whole life of the connection. A deadline that is moved on doesn't touch it: it finds the new one
// when it fires.
void Connection::arm() {
    armed_until_ = deadline_;
    timer_.expires_at(deadline_);
    timer_.async_wait([connection = weak_from_this()](boost::system::error_code problem) {
        if (problem) return;
        if (const auto self = connection.lock()) self->on_timer();
    });
}

void Connection::on_timer() {
    armed_until_ = Deadline::max();
    if (deadline_ == Deadline::max()) return;
    if (steady_clock::now() < deadline_) return arm();
    has_timed_out_ = true;
    deadline_ = Deadline::max();
    stream_->cancel();
}

}  // namespace atelier::http
