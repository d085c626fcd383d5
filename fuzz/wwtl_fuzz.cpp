// A layer file from anybody: it is refused with an Error, or its image lies within it and on the sky.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "base/files.h"
#include "pipelines/sky/place/position.h"
#include "pipelines/sky/place/wwtl.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace atelier::pipelines::sky;
    static const atelier::Fd memory(::memfd_create("layer", MFD_CLOEXEC));
    if (::ftruncate(memory.get(), 0) != 0 || ::pwrite(memory.get(), data, size, 0) != static_cast<ssize_t>(size))
        std::abort();
    try {
        const Wwtl wwtl = read_wwtl("/proc/self/fd/" + std::to_string(memory.get()));
        if (wwtl.offset > size || wwtl.size > size - wwtl.offset) std::abort();
        wcs_of_sky_image(wwtl.image, 100).at(1, 1);
    } catch (const atelier::Error&) {
    }
    return 0;
}
