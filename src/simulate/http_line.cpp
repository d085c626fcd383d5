#include "simulate/http_line.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "base/error.h"
#include "base/text.h"

namespace atelier::simulate {

namespace {

constexpr int patience_ms = 30'000;
constexpr std::size_t piece_size = 16u << 10;
constexpr int first_error_status = 400;

void wait_for(int socket, short events) {
    pollfd poll{socket, events, 0};
    if (::poll(&poll, 1, patience_ms) == 0) throw Error(Error::Kind::unavailable, "the server is silent");
}

// The number after "Content-Length:", in a head that ends with an empty line.
std::size_t length_in(std::string_view head) {
    for (const std::string_view line : split(head, '\n')) {
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos || lower(line.substr(0, colon)) != "content-length") continue;
        const auto length = parse_int(trim(line.substr(colon + 1)));
        if (length && *length >= 0) return static_cast<std::size_t>(*length);
    }
    return 0;
}

}  // namespace

ServerAddress find_server(const std::string& url, std::string token) {
    constexpr std::string_view scheme = "http://";
    std::string host = url.starts_with(scheme) ? url.substr(scheme.size()) : "";
    if (host.ends_with('/')) host.pop_back();
    const std::size_t colon = host.rfind(':');
    if (colon == std::string::npos || host.find('/') != std::string::npos)
        throw Error(Error::Kind::invalid, "a simulation can't use the server \"" + printable(url) + "\"",
                    "give it as http://HOST:PORT, without TLS");
    std::string name = host.substr(0, colon);
    if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (const int problem = ::getaddrinfo(name.c_str(), host.c_str() + colon + 1, &wanted, &found); problem != 0)
        throw Error(Error::Kind::unavailable,
                    fmt::format("the server {} can't be found: {}", host, ::gai_strerror(problem)));
    ServerAddress server{host, std::move(token), {}, found->ai_addrlen};
    std::memcpy(&server.address, found->ai_addr, found->ai_addrlen);
    ::freeaddrinfo(found);
    return server;
}

void HttpLine::fail(const std::string& what) {
    close();
    throw Error(Error::Kind::unavailable, "the server at " + server_.host + " " + what);
}

void HttpLine::close() {
    socket_.reset();
    inbox_.clear();
}

void HttpLine::connect() {
    inbox_.clear();
    socket_.reset(::socket(server_.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket_) throw Error::from_errno("no more connections can be opened");
    if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&server_.address), server_.size) != 0)
        fail("can't be reached: " + std::generic_category().message(errno));
    const int yes = 1;
    ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    ::fcntl(socket_.get(), F_SETFL, O_NONBLOCK);
}

void HttpLine::write(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent >= 0)
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        else if (errno == EAGAIN)
            wait_for(socket_.get(), POLLOUT);
        else if (errno != EINTR)
            fail("is gone: " + std::generic_category().message(errno));
    }
}

void HttpLine::ask(std::string_view method, std::string_view path, std::string_view content) {
    if (!socket_) connect();
    std::string text = fmt::format(
        "{} {} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n"
        "Content-Length: {}\r\n\r\n",
        method, path, server_.host, server_.token, content.size());
    text += content;
    write(text);
}

// False when there is nothing just now.
bool HttpLine::read_some() {
    std::array<char, piece_size> piece;
    const ssize_t got = ::recv(socket_.get(), piece.data(), piece.size(), 0);
    if (got > 0) {
        inbox_.append(piece.data(), static_cast<std::size_t>(got));
        return true;
    }
    if (got == 0) fail("has closed the connection");
    if (errno != EAGAIN && errno != EINTR) fail("is gone: " + std::generic_category().message(errno));
    return false;
}

std::optional<HttpAnswer> HttpLine::take() {
    constexpr std::string_view end_of_head = "\r\n\r\n";
    constexpr std::size_t place_of_status = 9;  // after "HTTP/1.1 "
    for (;;) {
        const std::size_t end = inbox_.find(end_of_head);
        if (end != std::string::npos) {
            const std::size_t begin = end + end_of_head.size();
            const std::size_t length = length_in(std::string_view(inbox_).substr(0, end));
            if (inbox_.size() >= begin + length) {
                const auto status = parse_int(std::string_view(inbox_).substr(place_of_status, 3));
                HttpAnswer answer{static_cast<int>(status.value_or(0)), inbox_.substr(begin, length)};
                inbox_.erase(0, begin + length);
                return answer;
            }
        }
        if (!read_some()) return std::nullopt;
    }
}

std::string HttpLine::ask_and_wait(std::string_view method, std::string_view path, std::string_view content) {
    ask(method, path, content);
    for (;;) {
        if (auto answer = take()) {
            if (answer->status < first_error_status) return std::move(answer->content);
            throw Error(Error::Kind::invalid,
                        fmt::format("{} {} was answered with {}: {}", method, path, answer->status, answer->content));
        }
        wait_for(socket_.get(), POLLIN);
    }
}

}  // namespace atelier::simulate
