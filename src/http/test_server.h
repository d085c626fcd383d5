// For the tests of this folder: a server with routes of their own, and a socket that says just what a test wants.
#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "base/files.h"
#include "base/text.h"
#include "http/server.h"
#include "http/wait.h"

namespace atelier::http::testing_support {

// A connection that speaks bytes.
class Wire {
public:
    explicit Wire(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
            throw Error::from_errno("cannot connect");
    }

    // False when the other side has closed.
    bool say(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }

    // Takes until it ends with, or has in it, what is waited for, or the other side closes, or it is silent for long.
    std::string hear_until(std::string_view wanted) {
        std::string heard;
        while (wanted.empty() || heard.find(wanted) == std::string::npos) {
            pollfd waiting{socket_.get(), POLLIN, 0};
            if (::poll(&waiting, 1, 20'000) != 1) return heard + "<silence>";
            char buffer[65536];
            const ssize_t got = ::recv(socket_.get(), buffer, sizeof buffer, 0);
            if (got <= 0) return heard;
            heard.append(buffer, static_cast<std::size_t>(got));
        }
        return heard;
    }
    std::string hear_all() { return hear_until({}); }

    void end_sending() { ::shutdown(socket_.get(), SHUT_WR); }
    void close() { socket_.reset(); }
    int number() const { return socket_.get(); }

private:
    Fd socket_;
};

// Asks again and again, for long enough that only a defect makes it false.
inline bool eventually(const std::function<bool()>& condition) {
    for (int i = 0; i < 2000; ++i) {
        if (condition()) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return condition();
}

inline std::string get(std::string_view path, std::string_view headers = {}) {
    return "GET " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n" + std::string(headers) + "\r\n";
}

inline std::string post(std::string_view path, std::string_view content, std::string_view headers = {}) {
    return "POST " + std::string(path) + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(content.size()) +
           "\r\n" + std::string(headers) + "\r\n" + std::string(content);
}

// Of this process, in bytes.
inline std::uint64_t resident_memory() {
    const std::string status = read_file("/proc/self/status");
    for (const std::string_view line : split(status, '\n'))
        if (line.starts_with("VmRSS:"))
            return static_cast<std::uint64_t>(std::stoll(std::string(line.substr(6)))) * 1024;
    return 0;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool counts_memory = false;  // the sanitizers keep what was freed
#else
constexpr bool counts_memory = true;
#endif

// A server with a few routes; more can be added before start().
class ServerTest : public ::testing::Test {
protected:
    ServerTest() {
        options.limits.header_time = std::chrono::milliseconds(600);
        options.limits.body_time = std::chrono::milliseconds(600);
        router.add(Method::get, "/hello", [](Request&) { return Response::text("hello"); });
        router.add(
            Method::post, "/echo", [](Request& request) { return Response::text(request.content); }, 100'000);
        router.add(Method::post, "/count", count);
    }

    void start() {
        server.emplace(options, router);
        server->start();
    }
    Wire wire() const { return Wire(server->port()); }

    // How many bytes came, without keeping them.
    static Task<Response> count(Request& request) {
        std::uint64_t all = 0;
        std::string piece(256 * 1024, '\0');
        const std::span<char> into(piece);
        for (;;) {
            const std::size_t got = co_await request.body->read(into);
            if (got == 0) break;
            all += got;
        }
        co_return Response::text("bytes: " + std::to_string(all) + ".");
    }

    Router router;
    ServerOptions options;
    std::optional<Server> server;
};

}  // namespace atelier::http::testing_support
