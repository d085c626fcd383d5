// The sky pipeline's config and the work folder's, from anybody: read, or refused with an Error that names the place.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "pipelines/sky/feed/config.h"
#include "pipelines/sky/work/data_place.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace atelier::pipelines::sky;
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    try {
        parse_config(text, "fuzz");
    } catch (const atelier::Error&) {
    }
    try {
        parse_data_place(text, "fuzz");
    } catch (const atelier::Error&) {
    }
    return 0;
}
