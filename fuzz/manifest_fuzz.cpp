// A manifest from anybody: it is refused with an Error, or it is one whose text is canonical and reads as the same
// again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "store/manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using atelier::store::Manifest;
    Manifest manifest;
    try {
        manifest = Manifest::parse({reinterpret_cast<const char*>(data), size});
    } catch (const atelier::Error&) {
        return 0;
    }
    const std::string text = manifest.to_json();
    const Manifest again = Manifest::parse(text);
    if (again.entries != manifest.entries || again.to_json() != text) std::abort();
    return 0;
}
