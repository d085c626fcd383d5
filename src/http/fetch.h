// What other people's servers hold: documents, and files of any size. Polite and patient: redirects are followed with
// care, busy servers are asked again later, what broke off goes on where it was, and what hasn't changed isn't sent
// again. May be used from any thread; connections are kept. Failures are Errors: not_found, denied, unavailable (after
// several tries), exhausted (too large), invalid (the address, or where it leads); what is secret in an address isn't
// shown.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "http/call.h"

namespace atelier::http {

struct FetchOptions {
    CallerOptions caller;
    Persistence persistence;
    int most_redirects = 8;  // a circle is refused at once; so is what leads from https to http, or to no web at all
};

// By this a server tells later whether something has changed. Either may be empty.
struct Version {
    std::string etag;
    std::string last_modified;
    bool operator==(const Version&) const = default;
};

struct Fetched {
    bool is_unchanged = false;  // still of the version that was asked with; then there is nothing else here
    std::string content;        // of fetch(); unpacked, where the server had packed it by gzip or deflate
    std::uint64_t size = 0;     // of download()
    std::string type;           // Content-Type, as the server gave it
    std::string url;            // where redirects led
    Version version;
};

struct Download {
    std::string url;
    std::filesystem::path file;
    std::uint64_t limit = UINT64_MAX;
    std::optional<std::uint64_t> size;  // as it was announced: another one is Error::conflict
    std::optional<Version> known;       // asks whether it has changed since
    std::function<void(std::uint64_t done, std::optional<std::uint64_t> of)> progress;
};

class Fetcher {
public:
    explicit Fetcher(FetchOptions options = {});
    ~Fetcher();
    Fetcher(const Fetcher&) = delete;
    Fetcher& operator=(const Fetcher&) = delete;

    Fetched fetch(const std::string& url, std::uint64_t limit, const std::optional<Version>& known = {});
    // Gathered beside the file, as FILE.part (and FILE.part.version), and renamed at the end. What an earlier try, or
    // an earlier process, has of the same version is not fetched again. One process at a time; Error::conflict
    // otherwise.
    Fetched download(const Download& wanted);

private:
    class Work;
    std::unique_ptr<Work> work_;
};

}  // namespace atelier::http
