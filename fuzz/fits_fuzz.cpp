// A FITS file from anybody, plain or gzip: it is refused with an Error, or its rows and columns are read; what a header
// says is the same once it was written and read again.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/files.h"
#include "pipelines/sky/fits/fits_file.h"
#include "pipelines/sky/fits/fits_tile.h"

namespace {

using namespace atelier::pipelines::sky;

void read_header(std::string_view bytes) {
    const FitsHeader header = FitsHeader::parse(bytes);
    std::string written;
    try {
        written = header.blocks();
    } catch (const atelier::Error&) {
        return;  // a value that fills its whole card
    }
    if (FitsHeader::parse(written).blocks() != written) std::abort();
}

void read_unit(FitsFile& file, std::size_t unit) {
    const FitsUnit& about = file.units()[unit];
    if (about.is_image) {
        std::vector<std::byte> row(static_cast<std::size_t>(about.width) * 8);
        file.read_row(unit, about.height - 1, row.data());
        file.read_values(unit, 0, row.data());
    } else {
        file.read_column(unit, 0);
    }
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
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    may_refuse([&] { read_header(bytes); });
    may_refuse([&] { read_fits_tile(bytes); });
    static const atelier::Fd memory(::memfd_create("fits", MFD_CLOEXEC));
    if (::ftruncate(memory.get(), 0) != 0 || ::pwrite(memory.get(), data, size, 0) != static_cast<ssize_t>(size))
        std::abort();
    may_refuse([&] {
        FitsFile file("/proc/self/fd/" + std::to_string(memory.get()));
        for (std::size_t unit = 0; unit < file.units().size(); ++unit)
            may_refuse([&] { read_unit(file, unit); });
    });
    return 0;
}
