// A request and its answer, as handlers see them. A plain handler takes a Request with its whole content and returns a
// Response; one that must wait, or takes a body of any size, is a coroutine and pulls the body itself. Includes nothing
// heavy.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/json.h"

namespace atelier::http {

template <class T>
using Task = boost::asio::awaitable<T>;

enum class Method { get, head, post, put, patch, remove };

std::string_view name_of(Method method);  // DELETE

using Headers = std::vector<std::pair<std::string, std::string>>;

// The body of a request, pulled: what isn't read isn't taken from the network.
class Body {
public:
    virtual ~Body() = default;
    // At least one byte, or 0 at the end. Throws Error: invalid when it is cut short or broken.
    virtual Task<std::size_t> read(std::span<char> into) = 0;
    virtual std::optional<std::uint64_t> length() const = 0;  // when it was told
};

struct Request {
    Method method = Method::get;
    std::string path;                           // as it came, without the query
    std::map<std::string, std::string> query;   // decoded; a key that comes twice is refused before the handler
    Headers headers;                            // names in lower case
    std::map<std::string, std::string> places;  // what stood for {id} in the pattern, decoded
    std::string content;                        // the whole body, for plain handlers
    Body* body = nullptr;                       // for those that pull it
    std::string peer;                           // the address that it came from, without the port
    bool is_secure = false;                     // it came by TLS

    std::optional<std::string_view> header(std::string_view name) const;
    const std::string& operator[](const std::string& place) const { return places.at(place); }
    std::optional<std::string> asked(const std::string& key) const;          // of the query
    std::optional<std::int64_t> asked_number(const std::string& key) const;  // throws Error::invalid that names it
    std::optional<std::string> cookie(std::string_view name) const;
    json::Value json() const;  // of `content`; throws Error::invalid
};

// Bytes that go to the client as fast as it takes them.
class Sink {
public:
    virtual ~Sink() = default;
    virtual Task<void> write(std::string_view bytes) = 0;  // throws when the client is gone
};

struct Response {
    int status = 200;
    Headers headers;
    std::string content;
    // Instead of `content`: gives the next piece, empty at the end. Its length, when it is known.
    std::function<std::string_view()> pieces;
    std::optional<std::uint64_t> length;
    // Instead of both: writes for as long as it likes (events).
    std::function<Task<void>(Sink&)> live;

    Response& with(std::string name, std::string value);

    static Response json(const json::Value& value, int status = 200);
    static Response text(std::string content, std::string_view type = "text/plain; charset=utf-8", int status = 200);
    static Response empty();  // 204
    // The one form of an error: {"error": {"kind", "message", "hint", "where"}}.
    static Response error(const Error& error);
    static Response error(const Error& error, int status);
};

int status_of(Error::Kind kind);
// The Error that a server answered with, from its status and body.
Error error_of(int status, std::string_view body);

// A file, whole or the one range that the request asks for (206, 416), with an ETag by which it isn't sent twice (304).
// `tag`: names the content, as its digest does. HEAD gives the headers alone.
Response file_response(const Request& request, int file, std::uint64_t size, std::string_view type,
                       const std::string& tag);

// %41 and, in queries, + are decoded; throws Error::invalid for broken escapes, NUL, and what isn't UTF-8.
std::string decode(std::string_view text, bool plus_is_blank);
std::string encode(std::string_view text);  // for one segment of a path or one value of a query
std::map<std::string, std::string> parse_query(std::string_view text);

}  // namespace atelier::http
