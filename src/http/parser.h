// The head of one request: bytes in, a Head out, no network. Around Beast's parser, and stricter than it where two
// readers could understand one message differently.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"

namespace atelier::http {

// An Error that has a status of its own (408, 413, 431, 501).
class Refusal : public Error {
public:
    Refusal(int status, const std::string& message, std::string hint = {});
    int status() const { return status_; }

private:
    int status_;
};

struct Head {
    std::optional<Method> method;  // nothing for one that we don't have
    std::string target;            // path and query, as it came
    Headers headers;
    std::optional<std::uint64_t> length;
    bool is_chunked = false;
    bool keeps_alive = true;
    bool is_old = false;  // HTTP/1.0
    bool expects_continue = false;

    bool has_body() const { return is_chunked || length.value_or(0) > 0; }
};

class Parser {
public:
    explicit Parser(std::size_t most_head);
    ~Parser();
    Parser(Parser&&) noexcept;
    Parser& operator=(Parser&&) noexcept;

    // Takes what belongs to the head and returns how many bytes that were; what is left is to come again, with more
    // behind it. Throws Refusal.
    std::size_t take_head(std::string_view bytes);
    bool has_head() const;
    Head& head();

private:
    struct Beast;
    std::unique_ptr<Beast> beast_;
};

// The request that a head is: the path, the query, the headers. Throws Error::invalid.
Request request_of(Head& head);

}  // namespace atelier::http
