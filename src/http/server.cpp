#include "http/server.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "base/log.h"
#include "http/session.h"

namespace atelier::http {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr std::chrono::seconds abort_time{5};           // for what was aborted to notice
constexpr std::chrono::milliseconds accept_pause{100};  // when there are no more file descriptors

tcp::endpoint endpoint_of(asio::io_context& context, const ServerOptions& options) {
    boost::system::error_code problem;
    tcp::resolver resolver(context);
    const auto found = resolver.resolve(options.host, std::to_string(options.port),
                                        tcp::resolver::passive | tcp::resolver::numeric_service, problem);
    if (problem || found.empty())
        throw Error(Error::Kind::unavailable, "There is no address called " + options.host + ".",
                    "A server listens at an address of its own machine, e.g. 127.0.0.1 or 0.0.0.0.");
    return found.begin()->endpoint();
}

std::string place_of(const std::string& host, std::uint16_t port) {
    const bool is_six = host.find(':') != std::string::npos;
    return (is_six ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

tcp::acceptor listen(asio::io_context& context, const ServerOptions& options) {
    const tcp::endpoint endpoint = endpoint_of(context, options);
    boost::system::error_code problem;
    tcp::acceptor acceptor(context);
    acceptor.open(endpoint.protocol(), problem);
    if (!problem) acceptor.set_option(tcp::acceptor::reuse_address(true), problem);
    if (!problem) acceptor.bind(endpoint, problem);
    if (!problem) acceptor.listen(asio::socket_base::max_listen_connections, problem);
    if (!problem) acceptor.non_blocking(true, problem);
    if (problem)
        throw Error(Error::Kind::unavailable,
                    "Can't listen at " + place_of(options.host, options.port) + ": " + problem.message() + ".",
                    problem == boost::system::errc::address_in_use ? "Something else listens there already." : "");
    return acceptor;
}

std::shared_ptr<TlsContext> tls_of(const ServerOptions& options) {
    if (options.certificate.empty() != options.key.empty())
        throw Error(Error::Kind::invalid, "A certificate and its key belong together; one of them is missing.");
    if (options.certificate.empty()) return nullptr;
    return load_tls(options.certificate, options.key);
}

std::string name_of_peer(const sockaddr_storage& address) {
    char text[INET6_ADDRSTRLEN] = {};
    if (address.ss_family == AF_INET) {
        ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, text, sizeof text);
        return text;
    }
    ::inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, text, sizeof text);
    const std::string_view name = text;
    constexpr std::string_view mapped = "::ffff:";
    return std::string(name.starts_with(mapped) && name.find('.') != name.npos ? name.substr(mapped.size()) : name);
}

}  // namespace

class Server::Engine {
public:
    Engine(ServerOptions options, const Router& router)
        : options_(std::move(options)),
          context_(options_.threads),
          tls_(tls_of(options_)),
          acceptor_(listen(context_, options_)),
          port_(acceptor_.local_endpoint().port()),
          around_(router, options_.limits, options_.workers),
          work_(asio::make_work_guard(context_)) {}

    void start();
    void stop(std::chrono::milliseconds grace);

    std::uint16_t port() const { return port_; }
    std::string url() const { return (tls_ ? "https://" : "http://") + place_of(options_.host, port_); }
    asio::any_io_executor executor() { return asio::make_strand(context_); }
    ServerCounts counts() const;

private:
    struct Guest {
        std::shared_ptr<Session> session;
        asio::any_io_executor strand;
    };

    Task<void> accept();
    bool accept_all();
    void welcome(Fd socket, const sockaddr_storage& address);
    Task<void> serve(std::shared_ptr<Session> session);
    void tell_all(void (Session::*what)());
    void wait_for_all(std::chrono::milliseconds patience);

    ServerOptions options_;
    asio::io_context context_;
    std::shared_ptr<TlsContext> tls_;
    tcp::acceptor acceptor_;
    std::uint16_t port_;
    Surroundings around_;
    asio::executor_work_guard<asio::io_context::executor_type> work_;
    std::vector<std::thread> threads_;

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::unordered_map<Session*, Guest> guests_;
    bool is_stopping_ = false;
};

void Server::Engine::start() {
    asio::co_spawn(asio::make_strand(context_), accept(), asio::detached);
    for (int i = 0; i < options_.threads; ++i)
        threads_.emplace_back([this] { context_.run(); });
}

void Server::Engine::stop(std::chrono::milliseconds grace) {
    {
        const std::lock_guard lock(mutex_);
        if (std::exchange(is_stopping_, true)) return;
    }
    if (!threads_.empty()) {
        asio::post(context_, [this] { acceptor_.close(); });
        tell_all(&Session::leave);
        wait_for_all(grace);
        tell_all(&Session::abort);
        wait_for_all(abort_time);
    }
    around_.pool.join();
    context_.stop();
    for (std::thread& thread : threads_)
        thread.join();
    const std::lock_guard lock(mutex_);
    guests_.clear();
}

void Server::Engine::tell_all(void (Session::*what)()) {
    const std::lock_guard lock(mutex_);
    for (const auto& [key, guest] : guests_)
        asio::post(guest.strand, [session = guest.session, what] { ((*session).*what)(); });
}

void Server::Engine::wait_for_all(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, patience, [this] { return guests_.empty(); });
}

Task<void> Server::Engine::accept() {
    for (;;) {
        boost::system::error_code problem;
        auto token = asio::redirect_error(asio::use_awaitable, problem);
        co_await acceptor_.async_wait(tcp::acceptor::wait_read, token);
        if (problem || !acceptor_.is_open()) co_return;
        const bool is_fine = accept_all();
        if (is_fine) continue;
        asio::steady_timer pause(context_, accept_pause);
        co_await pause.async_wait(token);
    }
}

// False when there is no room for another socket in this process or machine; they wait in the system's queue then.
bool Server::Engine::accept_all() {
    for (;;) {
        sockaddr_storage address{};
        socklen_t size = sizeof address;
        Fd socket(::accept4(acceptor_.native_handle(), reinterpret_cast<sockaddr*>(&address), &size,
                            SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (socket) {
            welcome(std::move(socket), address);
        } else if (errno == EAGAIN) {
            return true;
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
            log::warning("No more connections are taken for a moment: " + std::generic_category().message(errno));
            return false;
        } else if (errno == EBADF || errno == EINVAL) {
            return true;  // closed; the next wait tells
        }
    }
}

void Server::Engine::welcome(Fd socket, const sockaddr_storage& address) {
    std::unique_lock lock(mutex_);
    if (is_stopping_) return;
    if (guests_.size() >= options_.limits.most_connections) {
        constexpr std::string_view full =
            "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 5\r\nConnection: close\r\n\r\n";
        if (!tls_) ::send(socket.get(), full.data(), full.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        return;
    }
    const asio::any_io_executor strand = asio::make_strand(context_);
    auto stream = tls_ ? tls_stream(strand, std::move(socket), tls_) : tcp_stream(strand, std::move(socket));
    const auto connection = std::make_shared<Connection>(strand, std::move(stream));
    const auto session = std::make_shared<Session>(around_, strand, connection, name_of_peer(address), tls_ != nullptr);
    guests_.emplace(session.get(), Guest{session, strand});
    lock.unlock();
    // Keeps the session, whose the slot is, until nothing of the coroutine is left.
    const auto end = [session](const std::exception_ptr&) {};
    asio::co_spawn(strand, serve(session), asio::bind_cancellation_slot(session->interruption(), end));
}

Task<void> Server::Engine::serve(std::shared_ptr<Session> session) {
    co_await session->run();
    const std::lock_guard lock(mutex_);
    guests_.erase(session.get());
    changed_.notify_all();
}

ServerCounts Server::Engine::counts() const {
    ServerCounts counts;
    counts.requests = around_.requests;
    for (std::size_t i = 0; i < std::size(counts.by_class); ++i)
        counts.by_class[i] = around_.by_class[i];
    const std::lock_guard lock(mutex_);
    counts.connections = guests_.size();
    return counts;
}

Server::Server(ServerOptions options, const Router& router)
    : engine_(std::make_unique<Engine>(std::move(options), router)) {}
Server::~Server() { engine_->stop(std::chrono::milliseconds(2000)); }

void Server::start() { engine_->start(); }
void Server::stop(std::chrono::milliseconds grace) { engine_->stop(grace); }
std::uint16_t Server::port() const { return engine_->port(); }
std::string Server::url() const { return engine_->url(); }
asio::any_io_executor Server::executor() const { return engine_->executor(); }
ServerCounts Server::counts() const { return engine_->counts(); }

}  // namespace atelier::http
