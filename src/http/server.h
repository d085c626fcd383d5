// The HTTP/1.1 server: Asio coroutines with Beast's parser, over TCP or TLS, keep-alive, bodies of any size with flat
// memory, limits and time-outs against those who send slowly, half, or too much. Errors of handlers become answers
// here, in one place.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "http/router.h"

namespace atelier::http {

struct Limits {
    std::size_t most_connections = 10'000;
    std::size_t header_bytes = 16 * 1024;
    std::chrono::milliseconds header_time{10'000};  // from the first byte of a request to the end of its headers
    std::chrono::milliseconds body_time{30'000};    // without a byte of a body; the same while we write
    std::chrono::milliseconds idle_time{75'000};    // between two requests
};

struct ServerOptions {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;             // 0: any free one
    std::filesystem::path certificate;  // PEM, with the chain; TLS when it is given
    std::filesystem::path key;
    int threads = 2;  // for the network
    int workers = 4;  // for plain handlers
    Limits limits;
};

struct ServerCounts {
    std::uint64_t connections = 0;   // open now
    std::uint64_t requests = 0;      // answered since the start
    std::uint64_t by_class[6] = {};  // [4]: those answered with 4xx
};

class Server {
public:
    // Listens at once; throws Error::unavailable when the address can't be had. The router must outlive it.
    Server(ServerOptions options, const Router& router);
    ~Server();  // stop()
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    void start();
    // Takes nothing new, lets what is being answered finish for a while, then closes. Live answers are closed at once.
    void stop(std::chrono::milliseconds grace = std::chrono::milliseconds(2000));

    std::uint16_t port() const;
    std::string url() const;  // http://127.0.0.1:7070
    boost::asio::any_io_executor executor() const;
    ServerCounts counts() const;

private:
    class Engine;
    std::unique_ptr<Engine> engine_;
};

}  // namespace atelier::http
