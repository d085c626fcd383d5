// Requests to a server, over libcurl: blocking, from any thread, with connections that are kept. Bodies of any size
// stream both ways.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/json.h"
#include "http/message.h"

namespace atelier::http {

struct ClientOptions {
    std::string url;                  // https://farm.example:7070; a path in it stands before every other
    std::string token;                // sent as a bearer token; never logged, never in an error
    std::filesystem::path authority;  // PEM of who signed the server's certificate, when it isn't a known one
    std::chrono::milliseconds connect_time{5'000};
};

struct Ask {
    Method method = Method::get;
    std::string path;  // encoded, with its query
    std::string content;
    std::string type = "application/json";
    Headers headers;
    // Instead of `content`: gives the next piece, empty at the end; `size` bytes in all.
    std::function<std::string_view()> pieces;
    std::uint64_t size = 0;
    // Takes the answer's body in pieces, instead of whole; not called for errors. What it throws ends the transfer.
    std::function<void(std::string_view)> sink;
    std::chrono::milliseconds patience{30'000};  // without a byte in either direction
};

struct Answer {
    int status = 0;
    Headers headers;  // names in lower case
    std::string content;
};

class Client {
public:
    explicit Client(ClientOptions options);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    // Throws Error::unavailable when the server can't be reached or the answer is cut short, and the Error that the
    // server answered with for a status of 400 and above (503 is `unavailable` too).
    Answer send(const Ask& ask);
    json::Value get(const std::string& path);
    json::Value post(const std::string& path, const json::Value& body);

    // A long poll: the same, but interrupt() from another thread sends `nudge` on a connection of its own, upon which
    // the server is to answer what waits. One at a time.
    Answer poll(const Ask& ask, const Ask& nudge);
    void interrupt();  // fine when nothing waits: the next poll is nudged at once

    const std::string& url() const;

private:
    class Pool;
    std::unique_ptr<Pool> pool_;
};

}  // namespace atelier::http
