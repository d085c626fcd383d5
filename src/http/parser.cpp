#include "http/parser.h"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <limits>

#include "base/text.h"

namespace atelier::http {

namespace beast = boost::beast;

namespace {

constexpr std::size_t most_headers = 128;

Error::Kind kind_for(int status) {
    switch (status) {
        case 408: return Error::Kind::unavailable;
        case 413:
        case 429:
        case 431: return Error::Kind::exhausted;
        default: return Error::Kind::invalid;
    }
}

std::optional<Method> method_of(beast::http::verb verb) {
    switch (verb) {
        case beast::http::verb::get: return Method::get;
        case beast::http::verb::head: return Method::head;
        case beast::http::verb::post: return Method::post;
        case beast::http::verb::put: return Method::put;
        case beast::http::verb::patch: return Method::patch;
        case beast::http::verb::delete_: return Method::remove;
        default: return {};
    }
}

Refusal broken(const std::string& what) { return {400, "The request can't be understood: " + what + "."}; }

}  // namespace

Refusal::Refusal(int status, const std::string& message, std::string hint)
    : Error(kind_for(status), message, std::move(hint)), status_(status) {}

struct Parser::Beast final : beast::http::basic_parser<true> {
    using error_code = beast::error_code;
    using string_view = beast::string_view;

    explicit Beast(std::size_t most_head) : most_head_(most_head) {
        header_limit(static_cast<std::uint32_t>(std::min<std::size_t>(most_head, std::numeric_limits<int>::max())));
        body_limit(boost::none);
    }

    void on_request_impl(beast::http::verb verb, string_view, string_view target, int version, error_code&) override {
        head_.method = method_of(verb);
        head_.target.assign(target.data(), target.size());
        head_.is_old = version < 11;
    }

    void on_field_impl(beast::http::field field, string_view name, string_view value, error_code&) override {
        if (head_.headers.size() == most_headers) throw Refusal(431, "The request has too many headers.");
        note(field, {value.data(), value.size()});
        head_.headers.emplace_back(lower({name.data(), name.size()}), std::string(value));
    }

    // Proxies before us may have taken the other of two lengths, and what follows for a request of its own.
    void note(beast::http::field field, std::string_view value) {
        if (field == beast::http::field::content_length) {
            if (has_length_ || value.find_first_not_of("0123456789") != std::string_view::npos)
                throw broken("its length is told twice or isn't a number");
            has_length_ = true;
        } else if (field == beast::http::field::transfer_encoding) {
            if (lower(value) != "chunked") throw Refusal(501, "Bodies are taken plain or in chunks, no other way.");
            if (head_.is_old) throw broken("HTTP/1.0 has no chunks");
            head_.is_chunked = true;
        } else if (field == beast::http::field::host) {
            if (has_host_) throw broken("it has two hosts");
            has_host_ = true;
        } else if (field == beast::http::field::expect) {
            if (lower(value) != "100-continue") throw Refusal(417, "Only 100-continue can be expected.");
            head_.expects_continue = !head_.is_old;
        }
    }

    void on_header_impl(error_code&) override {
        if (!has_host_ && !head_.is_old) throw broken("it has no Host");
        if (head_.is_chunked && has_length_) throw broken("it has both a length and chunks");
        if (has_length_) head_.length = content_length().value_or(0);
        head_.keeps_alive = keep_alive();
        has_head_ = true;
    }

    // Bodies don't come this way.
    std::size_t on_body_impl(string_view, error_code&) override { return 0; }
    std::size_t on_chunk_body_impl(std::uint64_t, string_view, error_code&) override { return 0; }
    void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
    void on_response_impl(int, string_view, int, error_code&) override {}
    void on_finish_impl(error_code&) override {}

    Head head_;
    std::size_t most_head_;
    std::size_t used_ = 0;
    bool has_head_ = false;
    bool has_host_ = false;
    bool has_length_ = false;
};

Parser::Parser(std::size_t most_head) : beast_(std::make_unique<Beast>(most_head)) {}
Parser::~Parser() = default;
Parser::Parser(Parser&&) noexcept = default;
Parser& Parser::operator=(Parser&&) noexcept = default;

std::size_t Parser::take_head(std::string_view bytes) {
    beast::error_code problem;
    const std::size_t used = beast_->put({bytes.data(), bytes.size()}, problem);
    beast_->used_ += used;
    // Beast's limit is for the bytes of one call; fields that trickle in would never reach it.
    const std::size_t all = beast_->used_ + (beast_->has_head_ ? 0 : bytes.size() - used);
    if (problem == beast::http::error::header_limit || all > beast_->most_head_)
        throw Refusal(431, "The headers of the request are too large.",
                      "At most " + std::to_string(beast_->most_head_) + " bytes are taken.");
    if (problem && problem != beast::http::error::need_more) throw broken(problem.message());
    return used;
}

bool Parser::has_head() const { return beast_->has_head_; }
Head& Parser::head() { return beast_->head_; }

Request request_of(Head& head) {
    std::string_view target = head.target;
    if (!target.starts_with('/')) {  // a proxy's form: http://host/path
        const std::size_t host = target.find("://");
        const std::size_t path = host == std::string_view::npos ? host : target.find('/', host + 3);
        if (path == std::string_view::npos) throw broken("its address is not a path");
        target.remove_prefix(path);
    }
    const std::size_t query = std::min(target.find('?'), target.size());
    Request request;
    request.method = head.method.value_or(Method::get);
    request.path = target.substr(0, query);
    if (query < target.size()) request.query = parse_query(target.substr(query + 1));
    request.headers = std::move(head.headers);
    return request;
}

}  // namespace atelier::http
