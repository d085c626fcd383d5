#include "http/tcp_stream.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace atelier::http {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

Step step_of(ssize_t moved, Want want) {
    if (moved >= 0) return {static_cast<std::size_t>(moved), Want::nothing};
    if (errno == EAGAIN || errno == EINTR) return {0, want};
    throw Gone();
}

}  // namespace

TcpStream::TcpStream(asio::any_io_executor executor, Fd socket) : socket_(std::move(executor)) {
    // Which of the two families it is doesn't matter to a socket that is connected.
    socket_.assign(tcp::v4(), socket.get());
    socket.release();
    socket_.non_blocking(true);
    socket_.set_option(tcp::no_delay(true));
}

Step TcpStream::read(std::span<char> into) {
    return step_of(::recv(number(), into.data(), into.size(), 0), Want::read);
}

Step TcpStream::peek() {
    char byte = 0;
    return step_of(::recv(number(), &byte, 1, MSG_PEEK), Want::read);
}

Step TcpStream::write(std::string_view first, std::string_view second) {
    iovec parts[2] = {{const_cast<char*>(first.data()), first.size()},
                      {const_cast<char*>(second.data()), second.size()}};
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = 2;
    return step_of(::sendmsg(number(), &message, MSG_NOSIGNAL), Want::write);
}

void TcpStream::finish() { ::shutdown(number(), SHUT_WR); }

asio::awaitable<bool> TcpStream::wait(Want want) {
    const auto kind = want == Want::write ? tcp::socket::wait_write : tcp::socket::wait_read;
    boost::system::error_code problem;
    // Not by the coroutine's own cancellation: that is for what a handler waits for (see Signal).
    auto token =
        asio::bind_cancellation_slot(asio::cancellation_slot(), asio::redirect_error(asio::use_awaitable, problem));
    co_await socket_.async_wait(kind, token);
    co_return !problem;
}

void TcpStream::cancel() {
    boost::system::error_code ignored;
    socket_.cancel(ignored);
}

void TcpStream::close() {
    boost::system::error_code ignored;
    socket_.close(ignored);
}

std::unique_ptr<Stream> tcp_stream(asio::any_io_executor executor, Fd socket) {
    return std::make_unique<TcpStream>(std::move(executor), std::move(socket));
}

}  // namespace atelier::http
