// A form from anybody, read whole or in pieces of any size: it is the same form, or none, and it gives no more than was
// sent.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/error.h"
#include "http/multipart.h"

namespace {

struct Outcome {
    bool is_refused = false;
    std::string parts;
    std::size_t bytes = 0;
    bool operator==(const Outcome&) const = default;
};

Outcome read(std::string_view bytes, std::size_t step) {
    Outcome outcome;
    atelier::http::Multipart form(
        "multipart/form-data; boundary=\"b\"",
        [&](const atelier::http::FormPart& part) {
            outcome.parts += "\n" + part.name + "/" + part.filename.value_or("-") + ":";
        },
        [&](std::string_view piece) {
            outcome.parts += piece;
            outcome.bytes += piece.size();
        });
    try {
        for (; !bytes.empty(); bytes.remove_prefix(std::min(step, bytes.size())))
            form.feed(bytes.substr(0, step));
        form.finish();
    } catch (const atelier::Error&) {
        outcome = {};  // what was told until then may differ
        outcome.is_refused = true;
    }
    return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const Outcome whole = read(bytes, bytes.size() + 1);
    if (whole.bytes > size) std::abort();
    for (const std::size_t step : {1, 3, 17})
        if (read(bytes, step) != whole) std::abort();
    return 0;
}
