// For tests alone: a server on loopback that answers with just the bytes that a test gives it, and closes. It remembers
// what it was asked.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/files.h"

namespace atelier::http::testing_support {

class ScriptedServer {
public:
    // Given the head of a request, as it came; after it the connection is closed.
    using Script = std::function<std::string(const std::string& head)>;

    explicit ScriptedServer(Script script)
        : script_(std::move(script)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        if (::bind(listener_.get(), generic, size) != 0 || ::listen(listener_.get(), 64) != 0 ||
            ::getsockname(listener_.get(), generic, &size) != 0)
            throw Error::from_errno("cannot listen");
        port_ = ntohs(address.sin_port);
        thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
    }

    std::string url(const std::string& path = "/") const { return "http://127.0.0.1:" + std::to_string(port_) + path; }
    std::vector<std::string> heads() const {
        const std::lock_guard lock(mutex_);
        return heads_;
    }
    std::size_t count() const { return heads().size(); }

private:
    void serve(const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            pollfd waiting{listener_.get(), POLLIN, 0};
            if (::poll(&waiting, 1, 20) != 1) continue;
            const Fd peer(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
            if (peer) answer(peer);
        }
    }

    void answer(const Fd& peer) {
        std::string head;
        while (head.find("\r\n\r\n") == std::string::npos) {
            char buffer[4096];
            const ssize_t got = ::recv(peer.get(), buffer, sizeof buffer, 0);
            if (got <= 0) return;
            head.append(buffer, static_cast<std::size_t>(got));
        }
        {
            const std::lock_guard lock(mutex_);
            heads_.push_back(head);
        }
        const std::string bytes = script_(head);
        for (std::string_view rest = bytes; !rest.empty();) {
            const ssize_t sent = ::send(peer.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
            if (sent <= 0) return;
            rest.remove_prefix(static_cast<std::size_t>(sent));
        }
        ::shutdown(peer.get(), SHUT_WR);
    }

    Script script_;
    Fd listener_;
    std::uint16_t port_ = 0;
    mutable std::mutex mutex_;
    std::vector<std::string> heads_;
    std::jthread thread_;  // the last: it ends before what it uses
};

// An answer with its length, and headers that end in "\r\n" each.
inline std::string answer_of(const std::string& status, const std::string& headers, const std::string& content) {
    return "HTTP/1.1 " + status + "\r\nConnection: close\r\n" + headers +
           "Content-Length: " + std::to_string(content.size()) + "\r\n\r\n" + content;
}

}  // namespace atelier::http::testing_support
