#include "http/response_head.h"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <stdexcept>

#include "base/text.h"

namespace atelier::http {

namespace {

std::string_view reason_of(int status) {
    switch (status) {
        case 200: return "OK";
        case 201: return "Created";
        case 202: return "Accepted";
        case 204: return "No Content";
        case 206: return "Partial Content";
        case 303: return "See Other";
        case 304: return "Not Modified";
        case 400: return "Bad Request";
        case 401: return "Unauthorized";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 408: return "Request Timeout";
        case 409: return "Conflict";
        case 413: return "Content Too Large";
        case 416: return "Range Not Satisfiable";
        case 417: return "Expectation Failed";
        case 429: return "Too Many Requests";
        case 431: return "Request Header Fields Too Large";
        case 500: return "Internal Server Error";
        case 501: return "Not Implemented";
        case 503: return "Service Unavailable";
        case 507: return "Insufficient Storage";
        default: return {};
    }
}

// The time of day as headers say it; made anew once a second and thread.
const std::string& date() {
    thread_local std::time_t made = -1;
    thread_local std::string text;
    const std::time_t now = std::time(nullptr);
    if (now == made) return text;
    made = now;
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    char buffer[64];
    text.assign(buffer, std::strftime(buffer, sizeof buffer, "%a, %d %b %Y %H:%M:%S GMT", &parts));
    return text;
}

bool is_token(std::string_view name) {
    constexpr std::string_view others = "!#$%&'*+-.^_`|~";
    return !name.empty() && std::all_of(name.begin(), name.end(), [&](char letter) {
        return (letter >= '0' && letter <= '9') || (letter >= 'A' && letter <= 'Z') ||
               (letter >= 'a' && letter <= 'z') || others.find(letter) != std::string_view::npos;
    });
}

bool is_line(std::string_view value) {
    return std::none_of(value.begin(), value.end(), [](char letter) {
        const auto byte = static_cast<unsigned char>(letter);
        return (byte < 0x20 && letter != '\t') || byte == 0x7f;
    });
}

void add(std::string& text, std::string_view name, std::string_view value) {
    text.append(name).append(": ").append(value).append("\r\n");
}

bool has(const Response& response, std::string_view wanted) {
    return std::any_of(response.headers.begin(), response.headers.end(),
                       [&](const auto& one) { return lower(one.first) == wanted; });
}

std::uint64_t size_of(const Response& response) {
    return response.pieces ? response.length.value_or(0) : response.content.size();
}

}  // namespace

void check_head(const Response& response) {
    if (response.status < 200 || response.status > 599) throw std::logic_error("an answer with an impossible status");
    for (const auto& [name, value] : response.headers) {
        if (!is_token(name) || !is_line(value)) throw std::logic_error("an answer with a header that can't be sent");
        const std::string plain = lower(name);
        if (plain == "content-length" || plain == "transfer-encoding" || plain == "connection")
            throw std::logic_error("an answer that frames itself");
    }
}

Framing framing_of(const Response& response, const Manner& manner) {
    if (response.status == 204 || response.status == 304) return Framing::none;
    const bool is_known = !response.live && (!response.pieces || response.length);
    if (is_known) return Framing::sized;
    return manner.is_old ? Framing::until_close : Framing::chunked;
}

std::string head_text(const Response& response, const Manner& manner) {
    std::string text;
    text.reserve(320);
    text.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
    text.append(reason_of(response.status)).append("\r\n");
    add(text, "Date", date());
    for (const auto& [name, value] : response.headers)
        add(text, name, value);
    if (!has(response, "cache-control")) add(text, "Cache-Control", "no-store");
    add(text, "X-Content-Type-Options", "nosniff");
    const Framing framing = framing_of(response, manner);
    if (framing == Framing::sized) add(text, "Content-Length", std::to_string(size_of(response)));
    if (framing == Framing::chunked) add(text, "Transfer-Encoding", "chunked");
    if (!manner.keeps_alive) add(text, "Connection", "close");
    if (manner.keeps_alive && manner.is_old) add(text, "Connection", "keep-alive");
    return text.append("\r\n");
}

std::string chunk_of(std::string_view bytes) {
    char size[20];
    const auto end = std::to_chars(size, size + sizeof size, bytes.size(), 16).ptr;
    std::string chunk;
    chunk.reserve(bytes.size() + 24);
    return chunk.append(size, end).append("\r\n").append(bytes).append("\r\n");
}

}  // namespace atelier::http
