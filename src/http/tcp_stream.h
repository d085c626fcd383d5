// The stream over a bare socket; TLS adds its own steps to it.
#pragma once

#include <boost/asio/ip/tcp.hpp>

#include "http/stream.h"

namespace atelier::http {

class TcpStream : public Stream {
public:
    TcpStream(boost::asio::any_io_executor executor, Fd socket);

    Step handshake() override { return {}; }
    Step read(std::span<char> into) override;
    Step write(std::string_view first, std::string_view second) override;
    Step peek() override;
    void finish() override;
    bool holds() const override { return false; }
    boost::asio::awaitable<bool> wait(Want want) override;
    void cancel() override;
    void close() override;

protected:
    int number() { return socket_.native_handle(); }

private:
    boost::asio::ip::tcp::socket socket_;
};

}  // namespace atelier::http
