// An image from anybody, and its XMP: it is refused with an Error, has none, or its AVM is read, shown, and made a
// position.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "base/files.h"
#include "pipelines/sky/place/avm.h"

namespace {

using namespace atelier::pipelines::sky;

void use(const Avm& avm) {
    avm_text(avm, false);
    avm_text(avm, true);
    if (has_position(avm)) wcs_of(avm, 200, 100).at(1, 1);
}

template <class Action>
void may_refuse(const Action& action) {
    try {
        action();
    } catch (const atelier::Error&) {
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    may_refuse([&] { use(parse_avm({reinterpret_cast<const char*>(data), size})); });
    static const atelier::Fd memory(::memfd_create("image", MFD_CLOEXEC));
    if (::ftruncate(memory.get(), 0) != 0 || ::pwrite(memory.get(), data, size, 0) != static_cast<ssize_t>(size))
        std::abort();
    may_refuse([&] {
        if (const auto avm = read_avm("/proc/self/fd/" + std::to_string(memory.get()))) use(*avm);
    });
    return 0;
}
