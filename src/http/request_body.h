// The body of the request that a connection is at: sized or in chunks, taken from the network as it is asked for.
#pragma once

#include "http/chunks.h"
#include "http/connection.h"
#include "http/parser.h"

namespace atelier::http {

class RequestBody final : public Body {
public:
    RequestBody(Connection& connection, const Head& head, std::chrono::milliseconds patience);

    Task<std::size_t> read(std::span<char> into) override;
    std::optional<std::uint64_t> length() const override { return length_; }

    bool is_done() const { return is_done_; }
    // What is left is little enough that it is cheaper to read it than to begin a new connection.
    bool is_worth_draining() const;
    Task<void> drain();

    std::function<void()> on_done;  // called once, when all of it was read

private:
    Task<void> invite();
    Task<std::size_t> read_sized(std::span<char> into);
    Task<std::size_t> read_chunked(std::span<char> into);
    Task<void> fill();
    void finish();

    Connection& connection_;
    Chunks chunks_;
    std::chrono::milliseconds patience_;
    std::optional<std::uint64_t> length_;
    std::uint64_t left_ = 0;
    bool is_chunked_;
    bool is_awaited_;  // the client sends it only when it is told to
    bool is_done_ = false;
    bool is_broken_ = false;
};

}  // namespace atelier::http
