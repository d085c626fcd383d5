#include "http/request_body.h"

#include <algorithm>

namespace atelier::http {

namespace {

constexpr std::uint64_t most_drained = 256 * 1024;
constexpr std::size_t chunked_capacity = 64 * 1024;

}  // namespace

RequestBody::RequestBody(Connection& connection, const Head& head, std::chrono::milliseconds patience)
    : connection_(connection), patience_(patience) {
    is_chunked_ = head.is_chunked;
    if (!is_chunked_) left_ = head.length.value_or(0);
    if (!is_chunked_) length_ = left_;
    is_done_ = !head.has_body();
    is_awaited_ = head.expects_continue && !is_done_;
}

Task<std::size_t> RequestBody::read(std::span<char> into) {
    if (is_done_ || into.empty()) co_return 0;
    if (is_broken_) throw Error(Error::Kind::invalid, "The body of the request is broken.");
    is_broken_ = true;  // unless it goes well
    if (is_awaited_) co_await invite();
    const std::size_t got = is_chunked_ ? co_await read_chunked(into) : co_await read_sized(into);
    is_broken_ = false;
    co_return got;
}

Task<void> RequestBody::invite() {
    is_awaited_ = false;
    co_await connection_.write("HTTP/1.1 100 Continue\r\n\r\n", patience_);
}

// Past the inbox, straight into the reader's memory, as soon as the inbox is empty.
Task<std::size_t> RequestBody::read_sized(std::span<char> into) {
    into = into.first(static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), left_)));
    std::size_t got = 0;
    if (!connection_.inbox.is_empty()) {
        got = std::min(into.size(), connection_.inbox.bytes().size());
        std::copy_n(connection_.inbox.bytes().data(), got, into.data());
        connection_.inbox.drop(got);
    } else {
        const auto deadline = std::chrono::steady_clock::now() + patience_;
        got = co_await connection_.read(into, deadline);
        if (got == 0) throw Error(Error::Kind::invalid, "The body of the request was cut short.");
    }
    left_ -= got;
    if (left_ == 0) finish();
    co_return got;
}

Task<std::size_t> RequestBody::read_chunked(std::span<char> into) {
    for (;;) {
        if (connection_.inbox.is_empty()) co_await fill();
        const Chunks::Taken taken = chunks_.take(connection_.inbox.bytes(), into);
        connection_.inbox.drop(taken.used);
        if (chunks_.is_done()) finish();
        if (taken.given > 0 || is_done_) co_return taken.given;
    }
}

Task<void> RequestBody::fill() {
    const auto deadline = std::chrono::steady_clock::now() + patience_;
    const std::size_t got = co_await connection_.fill(chunked_capacity, deadline);
    if (got == 0) throw Error(Error::Kind::invalid, "The body of the request was cut short.");
}

void RequestBody::finish() {
    is_done_ = true;
    if (on_done) on_done();
}

bool RequestBody::is_worth_draining() const {
    return is_done_ || (!is_broken_ && !is_awaited_ && !is_chunked_ && left_ <= most_drained);
}

Task<void> RequestBody::drain() {
    on_done = {};
    char bin[4096];
    while (!is_done_)
        co_await read(bin);
}

}  // namespace atelier::http
