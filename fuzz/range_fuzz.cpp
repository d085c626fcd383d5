// Range expressions: what is read can be written, and reads the same again; the ends can be reached.
#include <cstdint>
#include <cstdlib>

#include "base/error.h"
#include "job/range_expr.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using atelier::job::RangeExpr;
    try {
        const RangeExpr range = RangeExpr::parse({reinterpret_cast<const char*>(data), size});
        const std::string text = range.text();
        const RangeExpr again = RangeExpr::parse(text);
        if (again.text() != text || again.size() != range.size()) std::abort();
        const std::uint64_t last = range.size() - 1;
        if (range.at(0) != again.at(0) || range.at(last) != again.at(last) || range.at(0) > range.at(last))
            std::abort();
        const RangeExpr half = range.slice(last / 2, last - last / 2 + 1);
        if (half.at(0) != range.at(last / 2) || half.at(half.size() - 1) != range.at(last)) std::abort();
    } catch (const atelier::Error&) {
    }
    return 0;
}
