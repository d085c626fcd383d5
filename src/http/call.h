// A request to anybody's server and its answer, whatever its status is: what http/fetch.h and published files in the
// cloud are made of. Blocking, from any thread, over connections that are kept; no redirects, nothing but http and
// https.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"

namespace atelier::http {

struct CallerOptions {
    std::string user_agent = "atelier";
    std::chrono::milliseconds connect_time{10'000};
    std::chrono::seconds silence{30};  // without a byte in either direction
    std::filesystem::path authority;   // PEM, for servers whose certificate isn't signed by a known one
};

struct Reply {
    int status = 0;
    Headers headers;                                 // names in lower case
    std::string content;                             // unless it went to the sink
    std::optional<std::chrono::seconds> come_again;  // when the server wants to be asked again (Retry-After)

    std::string header(std::string_view name) const;  // empty when there is none
};

struct Call {
    std::string method = "GET";
    std::string url;  // what comes after '?' may be secret: it is in no error
    Headers headers;
    std::string_view content;           // sent by PUT and POST; must live until the answer
    std::uint64_t limit = 64u << 20;    // of the answer's content, unpacked; beyond it is Error::exhausted
    std::string encoding = "identity";  // asked for; the answer is unpacked whatever it comes in (gzip, deflate)
    // Takes the content of answers with a status of 200 to 299, with their head. What it throws ends the transfer.
    std::function<void(const Reply& head, std::string_view piece)> sink;
};

class Caller {
public:
    explicit Caller(CallerOptions options = {});
    ~Caller();
    Caller(const Caller&) = delete;
    Caller& operator=(const Caller&) = delete;

    // Throws Error::unavailable when there is no answer, or not all of it; invalid for an address that can't be one.
    Reply send(const Call& call);

private:
    class Pool;
    std::unique_ptr<Pool> pool_;
};

struct Persistence {
    int tries = 5;
    std::chrono::milliseconds first_pause{500};  // each pause is twice the one before, shortened at random
    std::chrono::milliseconds longest_pause{30'000};
};

// Sends until there is an answer that another try wouldn't change: not after 408, 429, 500, 502, 503, 504, or a
// connection that broke. `make`: called for each try, since what is signed has a time in it. What the last try gave,
// after all.
Reply send_patiently(Caller& caller, const Persistence& persistence, const std::function<Call()>& make);

// An address for people: without a password and without what comes after '?'.
std::string shown_url(const std::string& url);

}  // namespace atelier::http
