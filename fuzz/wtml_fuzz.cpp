// WTML from anybody: it is refused with an Error, or what is written of it reads back to the same text, also once its
// URLs are absolute.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "pipelines/sky/place/wtml.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace atelier::pipelines::sky;
    WtmlFolder folder;
    try {
        folder = read_wtml({reinterpret_cast<const char*>(data), size}, "fuzz");
    } catch (const atelier::Error&) {
        return 0;
    }
    const std::string written = write_wtml(folder);
    if (write_wtml(read_wtml(written, "written")) != written) std::abort();
    make_absolute(folder, "//host/folder", "id");
    read_wtml(write_wtml(folder), "absolute");
    return 0;
}
