#include "archive/zstd.h"

#include <fcntl.h>
#include <unistd.h>
#include <zstd.h>

#include <memory>
#include <string>

#include "base/error.h"
#include "base/files.h"
#include "base/id.h"

namespace atelier::archive {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t frame_size = 4u << 20;  // of content: what is read to get at one byte
constexpr int level = 3;

std::size_t read_up_to(int fd, char* to, std::size_t size, const fs::path& path) {
    std::size_t used = 0;
    while (used < size) {
        const ssize_t count = ::read(fd, to + used, size - used);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw Error::from_errno("cannot read " + path.string());
        if (count == 0) break;
        used += static_cast<std::size_t>(count);
    }
    return used;
}

[[noreturn]] void damaged(const fs::path& file) {
    throw Error(Error::Kind::invalid, "the compressed file " + file.string() + " is damaged");
}

}  // namespace

void compress_file(const fs::path& from, const fs::path& to) {
    const Fd source = open_file(from, O_RDONLY);
    const fs::path beside = to.parent_path() / ("." + to.filename().string() + "." + random_id(8) + ".tmp");
    try {
        Fd target = open_file(beside, O_WRONLY | O_CREAT | O_EXCL, 0600);
        std::string content(frame_size, '\0');
        std::string packed(ZSTD_compressBound(frame_size), '\0');
        while (const std::size_t size = read_up_to(source.get(), content.data(), content.size(), from)) {
            const std::size_t length = ZSTD_compress(packed.data(), packed.size(), content.data(), size, level);
            if (ZSTD_isError(length) != 0) throw Error(Error::Kind::internal, ZSTD_getErrorName(length));
            write_all(target.get(), {packed.data(), length}, to);
        }
        if (::fsync(target.get()) != 0) throw Error::from_errno("cannot sync " + to.string());
        target.reset();
        if (::rename(beside.c_str(), to.c_str()) != 0) throw Error::from_errno("cannot write " + to.string());
    } catch (...) {
        ::unlink(beside.c_str());
        throw;
    }
    sync_folder(to.parent_path());
}

void read_compressed(const fs::path& file, std::uint64_t offset, std::uint64_t length,
                     const std::function<void(std::string_view)>& sink) {
    const Fd source = open_file(file, O_RDONLY);
    const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> stream(ZSTD_createDCtx(), ZSTD_freeDCtx);
    std::string packed(ZSTD_DStreamInSize(), '\0');
    std::string content(ZSTD_DStreamOutSize(), '\0');
    std::size_t pending = 0;  // of the frame that is open
    while (const std::size_t size = read_up_to(source.get(), packed.data(), packed.size(), file)) {
        ZSTD_inBuffer in{packed.data(), size, 0};
        bool full = true;
        while (in.pos < in.size || full) {
            ZSTD_outBuffer out{content.data(), content.size(), 0};
            pending = ZSTD_decompressStream(stream.get(), &out, &in);
            if (ZSTD_isError(pending) != 0) damaged(file);
            full = out.pos == out.size;
            const std::uint64_t skipped = std::min<std::uint64_t>(offset, out.pos);
            offset -= skipped;
            const std::uint64_t wanted = std::min<std::uint64_t>(length, out.pos - skipped);
            if (wanted > 0) sink({content.data() + skipped, wanted});
            length -= wanted;
            if (length == 0) return;
        }
    }
    if (pending != 0) damaged(file);  // it ends in the middle of a frame
}

}  // namespace atelier::archive
