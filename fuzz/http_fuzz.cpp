// What a request goes through before a handler sees it. The head: read in one go or in pieces, it is the same request
// or none; what the router and the file's range make of it stays within bounds; the chunks of a body never give more
// than was sent.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

#include "base/error.h"
#include "http/byte_range.h"
#include "http/chunks.h"
#include "http/parser.h"
#include "http/router.h"

namespace {

using namespace atelier::http;

constexpr std::size_t most_head = 4096;

struct Outcome {
    bool is_refused = false;
    bool has_head = false;
    std::string target;
    Headers headers;
    std::string body;
};

// As a session does it: what isn't used comes again, with more behind it.
Outcome read(std::string_view bytes, std::size_t step) {
    Outcome outcome;
    Parser parser(most_head);
    Chunks chunks;
    std::string inbox;
    try {
        while (!bytes.empty()) {
            const std::size_t size = std::min(step, bytes.size());
            inbox.append(bytes.substr(0, size));
            bytes.remove_prefix(size);
            if (!parser.has_head()) inbox.erase(0, parser.take_head(inbox));
            if (!parser.has_head() || !parser.head().is_chunked) continue;
            while (!inbox.empty() && !chunks.is_done()) {
                char into[7];
                const Chunks::Taken taken = chunks.take(inbox, into);
                if (taken.used == 0 || taken.used > inbox.size()) std::abort();
                if (taken.given > sizeof into || taken.given > taken.used) std::abort();
                outcome.body.append(into, taken.given);
                inbox.erase(0, taken.used);
            }
        }
    } catch (const atelier::Error&) {
        outcome.is_refused = true;
    }
    outcome.has_head = parser.has_head();
    outcome.target = parser.head().target;
    outcome.headers = parser.head().headers;
    return outcome;
}

void check_range(const Request& request) {
    constexpr std::uint64_t size = 1000;
    const auto text = request.header("range");
    if (!text) return;
    const auto range = parse_range(*text, size);
    if (range && (range->size == 0 || range->first + range->size > size)) std::abort();
}

const Router& router() {
    static const Router* const made = [] {
        auto* routes = new Router;
        const Plain none = [](Request&) { return Response(); };
        routes->add(Method::get, "/jobs/{id}", none);
        routes->add(Method::get, "/jobs/new", none);
        routes->add(Method::post, "/files/{path...}", none);
        return routes;
    }();
    return *made;
}

void handle(std::string_view bytes) {
    try {
        Parser parser(most_head);
        parser.take_head(bytes);
        if (!parser.has_head()) return;
        const Request request = request_of(parser.head());
        if (!request.path.starts_with('/')) std::abort();
        check_range(request);
        request.cookie("session");
        for (const auto& [key, value] : request.query)
            if (decode(encode(key), true) != key || decode(encode(value), true) != value) std::abort();
        router().find(request.method, request.path);
    } catch (const atelier::Error&) {
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const Outcome whole = read(bytes, size + 1);
    const Outcome pieces = read(bytes, 3);
    // A head that isn't whole may be refused sooner or later; one that is, is the same.
    if (whole.has_head != pieces.has_head) std::abort();
    if (whole.has_head && (whole.target != pieces.target || whole.headers != pieces.headers)) std::abort();
    if (whole.has_head && whole.is_refused != pieces.is_refused) std::abort();
    if (whole.has_head && !whole.is_refused && whole.body != pieces.body) std::abort();
    handle(bytes);
    return 0;
}
