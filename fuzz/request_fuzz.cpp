// The bodies that a server takes from strangers, as JSON: a submission, and a worker's exchange. Each is refused with
// an Error or read; what was read is written and read again as the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "base/json_struct.h"
#include "http/message.h"
#include "wire/submission_json.h"

namespace {

template <class T>
void read_and_write(const atelier::json::Value& value) {
    T first;
    try {
        first = atelier::json::read<T>(value);
    } catch (const atelier::Error&) {
        return;
    }
    const auto written = atelier::json::write(first);
    const auto again = atelier::json::write(atelier::json::read<T>(written));
    if (atelier::json::text(written) != atelier::json::text(again)) std::abort();
}

void order(const atelier::json::Value& value) {
    try {
        const auto submission = atelier::json::read<atelier::wire::Submission>(value);
        atelier::wire::make_order(submission, 0);
    } catch (const atelier::Error&) {
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    atelier::http::Request request;
    request.content.assign(reinterpret_cast<const char*>(data), size);
    try {
        const atelier::json::Value value = request.json();
        read_and_write<atelier::wire::ExchangeRequest>(value);
        read_and_write<atelier::wire::Submission>(value);
        order(value);
    } catch (const atelier::Error&) {
    }
    return 0;
}
