#include "archive/unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>

#include <memory>

#include "base/error.h"
#include "base/files.h"

namespace atelier::archive {

namespace {

constexpr std::size_t block = 256u << 10;

using Reader = std::unique_ptr<::archive, decltype(&::archive_read_free)>;

[[noreturn]] void damaged(const std::filesystem::path& file, ::archive* reader) {
    const char* const detail = ::archive_error_string(reader);
    throw Error(Error::Kind::invalid,
                file.string() + " is damaged, was cut short or is no tar" + (detail ? std::string(": ") + detail : ""));
}

}  // namespace

void unpack(const std::filesystem::path& file, const std::function<void(const UnpackedEntry&)>& each) {
    const Fd fd = open_file(file, O_RDONLY);
    const Reader reader(::archive_read_new(), &::archive_read_free);
    if (!reader) throw Error(Error::Kind::exhausted, "out of memory");
    ::archive_read_support_format_tar(reader.get());
    if (::archive_read_open_fd(reader.get(), fd.get(), block) != ARCHIVE_OK) damaged(file, reader.get());
    for (;;) {
        archive_entry* entry = nullptr;
        const int code = ::archive_read_next_header(reader.get(), &entry);
        if (code == ARCHIVE_EOF) return;
        if (code != ARCHIVE_OK) damaged(file, reader.get());
        const char* const path = ::archive_entry_pathname(entry);
        std::string buffer(block, '\0');
        const auto next = [&]() -> std::string_view {
            const la_ssize_t count = ::archive_read_data(reader.get(), buffer.data(), buffer.size());
            if (count < 0) damaged(file, reader.get());
            return std::string_view(buffer).substr(0, static_cast<std::size_t>(count));
        };
        each({path ? path : "", static_cast<std::uint64_t>(::archive_entry_size(entry)), next});
    }
}

}  // namespace atelier::archive
