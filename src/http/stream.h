// What a connection is read from and written to, TCP and TLS alike: steps that never block, and the wait between two
// of them. So the session is written once, and nothing is held for a connection that waits.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <span>
#include <string_view>

#include "base/files.h"

namespace atelier::http {

// The other side has gone, or what was waited for was cancelled. Never told to anyone: there is nobody left to tell.
struct Gone : std::exception {
    const char* what() const noexcept override { return "the connection is gone"; }
};

enum class Want { nothing, read, write };

struct Step {
    std::size_t bytes = 0;
    Want want = Want::nothing;  // what must be waited for before it goes on
};

class Stream {
public:
    virtual ~Stream() = default;
    virtual Step handshake() = 0;
    // With nothing wanted and no bytes, the other side has sent all it will. Throws Gone when the connection broke.
    virtual Step read(std::span<char> into) = 0;
    virtual Step write(std::string_view first, std::string_view second) = 0;
    virtual Step peek() = 0;                                   // as read, but leaves the bytes
    virtual void finish() = 0;                                 // tells the other side that nothing more comes
    virtual bool holds() const = 0;                            // bytes that a wait wouldn't tell of
    virtual boost::asio::awaitable<bool> wait(Want want) = 0;  // false: cancelled
    virtual void cancel() = 0;
    virtual void close() = 0;
};

// The context of TLS: the certificate and key. Throws Error with the file's name in it.
class TlsContext;
std::shared_ptr<TlsContext> load_tls(const std::filesystem::path& certificate, const std::filesystem::path& key);

std::unique_ptr<Stream> tcp_stream(boost::asio::any_io_executor executor, Fd socket);
std::unique_ptr<Stream> tls_stream(boost::asio::any_io_executor executor, Fd socket,
                                   const std::shared_ptr<TlsContext>& context);

}  // namespace atelier::http
