// Format strings: what is read keeps its text, and resolves when every name has a value.
#include <cstdint>
#include <cstdlib>

#include "base/error.h"
#include "job/format_string.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using atelier::job::FormatString;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    try {
        const FormatString format = FormatString::parse(text);
        if (format.text() != text) std::abort();
        atelier::job::Symbols symbols;
        for (const std::string& name : format.names())
            symbols[name] = "value";
        const std::string resolved = format.resolve(symbols);
        if (format.is_literal() && resolved != text) std::abort();
    } catch (const atelier::Error&) {
    }
    return 0;
}
