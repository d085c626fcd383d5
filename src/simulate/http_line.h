// One connection to a server over plain HTTP, kept open: a request out, its answer in. It doesn't wait for answers, so
// that one thread can have thousands of them open. Only as much of HTTP as our own server speaks to such a client.
#pragma once

#include <sys/socket.h>

#include <optional>
#include <string>
#include <string_view>

#include "base/files.h"

namespace atelier::simulate {

// Where the server is, and who asks.
struct ServerAddress {
    std::string host;  // as the URL has it, with its port
    std::string token;
    sockaddr_storage address{};
    socklen_t size = 0;
};

ServerAddress find_server(const std::string& url, std::string token);  // throws Error::invalid for anything but http://

struct HttpAnswer {
    int status = 0;
    std::string content;
};

class HttpLine {
public:
    explicit HttpLine(const ServerAddress& server) : server_(server) {}

    // Connects when it must. What goes wrong is Error::unavailable, and the next one connects anew.
    void ask(std::string_view method, std::string_view path, std::string_view content);
    std::optional<HttpAnswer> take();  // the answer once it is whole
    // The same with waiting; an answer of 400 and above is thrown as an Error.
    std::string ask_and_wait(std::string_view method, std::string_view path, std::string_view content = {});

    int socket() const { return socket_.get(); }
    void close();

private:
    void connect();
    void write(std::string_view bytes);
    bool read_some();
    [[noreturn]] void fail(const std::string& what);

    const ServerAddress& server_;
    Fd socket_;
    std::string inbox_;
};

}  // namespace atelier::simulate
