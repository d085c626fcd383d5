#include "proxy.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "base/error.h"

namespace atelier::tests {

namespace {

constexpr std::size_t piece_size = 16u << 10;
constexpr std::size_t most_waiting = 256u << 10;
constexpr std::size_t most_kept = 64u << 10;
constexpr int look_again_ms = 10;

std::int64_t now_ms() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    return address;
}

Fd new_socket(int more = 0) { return Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | more, 0)); }

// Nothing when nobody answers there: as it is when the server is away.
Fd connected_to(int port) {
    Fd socket = new_socket();
    const sockaddr_in address = loopback(port);
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return {};
    ::fcntl(socket.get(), F_SETFL, O_NONBLOCK);
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return socket;
}

void reset_at_close(const Fd& socket) {
    const linger at_once{1, 0};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

}  // namespace

Proxy::Proxy(int server_port, Chances chances, unsigned seed)
    : server_port_(server_port), chances_(chances), random_(seed), listener_(new_socket(SOCK_NONBLOCK)) {
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    constexpr int many = 128;
    if (::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(listener_.get(), many) != 0)
        throw Error::from_errno("the proxy can't listen");
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { loop(); });
}

Proxy::~Proxy() {
    stopping_ = true;
    thread_.join();
}

std::string Proxy::url() const { return fmt::format("http://127.0.0.1:{}", port_); }

bool Proxy::happens(double chance) {
    if (is_healed_ || std::uniform_real_distribution(0.0, 1.0)(random_) >= chance) return false;
    ++faults_;
    return true;
}

void Proxy::loop() {
    while (!stopping_) {
        std::vector<pollfd> polled{{listener_.get(), POLLIN, 0}};
        for (const auto& connection : connections_)
            for (const Direction* direction : {&connection->up, &connection->down})
                if (!direction->at_end && direction->waiting.size() < most_waiting)
                    polled.push_back({direction->from->get(), POLLIN, 0});
        ::poll(polled.data(), polled.size(), look_again_ms);
        if (is_blocked_) {
            std::this_thread::sleep_for(std::chrono::milliseconds(look_again_ms));
            continue;
        }
        accept_one();
        for (const auto& connection : connections_)
            for (Direction* direction : {&connection->up, &connection->down}) {
                if (!connection->is_over) read(*connection, *direction);
                if (!connection->is_over) write(*connection, *direction);
            }
        connections_.remove_if(
            [](const auto& each) { return each->is_over || (each->up.told_end && each->down.told_end); });
    }
}

void Proxy::accept_one() {
    Fd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!client) return;
    auto made = std::make_unique<Connection>();
    made->client = std::move(client);
    made->server = connected_to(server_port_);
    if (!made->server) return reset_at_close(made->client);
    made->up = {&made->client, &made->server, {}, 0, false, false, false};
    made->down = {&made->server, &made->client, {}, 0, false, false, false};
    connections_.push_back(std::move(made));
}

void Proxy::read(Connection& connection, Direction& direction) {
    if (direction.at_end || direction.waiting.size() >= most_waiting) return;
    std::array<char, piece_size> buffer;
    const ssize_t count = ::read(direction.from->get(), buffer.data(), buffer.size());
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) {
        direction.at_end = true;
        return;
    }
    std::string piece(buffer.data(), static_cast<std::size_t>(count));
    if (&direction == &connection.up) {
        if (piece.starts_with("POST ") || piece.starts_with("PUT ") || piece.starts_with("GET ") ||
            piece.starts_with("PATCH "))
            connection.request.clear();
        if (connection.request.size() < most_kept) connection.request += piece;
    }
    spoil(connection, direction, std::move(piece));
}

void Proxy::spoil(Connection& connection, Direction& direction, std::string piece) {
    if (direction.is_lost || happens(chances_.lose)) {
        direction.is_lost = true;
        return;
    }
    const bool is_reset = happens(chances_.reset);
    if (is_reset || happens(chances_.cut)) {
        piece.resize(std::uniform_int_distribution<std::size_t>(0, piece.size() - 1)(random_));
        direction.waiting += piece;
        direction.not_before = 0;
        write(connection, direction);
        if (is_reset) reset_at_close(connection.client), reset_at_close(connection.server);
        connection.is_over = true;
        return;
    }
    constexpr int longest_delay_ms = 500;
    if (happens(chances_.delay))
        direction.not_before = now_ms() + std::uniform_int_distribution(1, longest_delay_ms)(random_);
    direction.waiting += piece;
    if (&direction == &connection.up && happens(chances_.twice)) send_again(connection.request);
}

// What it is answered is read by nobody.
void Proxy::send_again(const std::string& request) {
    const Fd socket = connected_to(server_port_);
    if (socket) [[maybe_unused]]
        const ssize_t ignored = ::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL);
    ::shutdown(socket.get(), SHUT_WR);
    std::array<char, piece_size> buffer;
    pollfd polled{socket.get(), POLLIN, 0};
    constexpr int patience_ms = 200;
    if (socket && ::poll(&polled, 1, patience_ms) > 0) [[maybe_unused]]
        const ssize_t ignored = ::read(socket.get(), buffer.data(), buffer.size());
}

void Proxy::write(Connection& connection, Direction& direction) {
    if (now_ms() < direction.not_before) return;
    while (!direction.waiting.empty()) {
        const ssize_t count =
            ::send(direction.to->get(), direction.waiting.data(), direction.waiting.size(), MSG_NOSIGNAL);
        if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (count < 0) {
            connection.is_over = true;
            return;
        }
        direction.waiting.erase(0, static_cast<std::size_t>(count));
    }
    if (!direction.at_end || direction.told_end || direction.is_lost) return;
    ::shutdown(direction.to->get(), SHUT_WR);
    direction.told_end = true;
}

}  // namespace atelier::tests
