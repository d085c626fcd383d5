#include "archive/zstd.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "archive/seek_table.h"
#include "base/error.h"
#include "base/files.h"
#include "base/id.h"

namespace atelier::archive {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t frame_content = 4u << 20;
constexpr int level = 3;
constexpr int largest_window = 27;  // 128 MB: what a file by others may ask us to keep in memory

[[noreturn]] void damaged(const fs::path& file, const std::string& why) {
    throw Error(Error::Kind::invalid, file.string() + " is damaged or not compressed by zstd: " + why);
}

// Fills the buffer as far as the file goes.
std::size_t read_some(const Fd& file, const fs::path& path, std::string& buffer) {
    std::size_t used = 0;
    while (used < buffer.size()) {
        const ssize_t count = ::read(file.get(), buffer.data() + used, buffer.size() - used);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw Error::from_errno("cannot read " + path.string());
        if (count == 0) break;
        used += static_cast<std::size_t>(count);
    }
    return used;
}

void compress(const Fd& from, const fs::path& from_path, const Fd& to, const fs::path& to_path) {
    const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(), &ZSTD_freeCCtx);
    if (!context) throw Error(Error::Kind::exhausted, "out of memory");
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
    std::string content(frame_content, '\0');
    std::string frame(ZSTD_compressBound(frame_content), '\0');
    std::vector<Frame> frames;
    while (const std::size_t size = read_some(from, from_path, content)) {
        const std::size_t packed = ZSTD_compress2(context.get(), frame.data(), frame.size(), content.data(), size);
        if (ZSTD_isError(packed)) throw Error(Error::Kind::internal, std::string("zstd: ") + ZSTD_getErrorName(packed));
        write_all(to.get(), std::string_view(frame).substr(0, packed), to_path);
        frames.push_back({static_cast<std::uint32_t>(packed), static_cast<std::uint32_t>(size)});
    }
    write_all(to.get(), write_seek_table(frames), to_path);
}

// Where to begin to read so that `offset` comes soon: in the file, and in the content.
struct Start {
    std::uint64_t in_file = 0;
    std::uint64_t in_content = 0;
};

Start start_for(const std::vector<Frame>& frames, std::uint64_t offset) {
    Start start;
    for (const Frame& frame : frames) {
        if (start.in_content + frame.content > offset) break;
        start.in_file += frame.packed;
        start.in_content += frame.content;
    }
    return start;
}

}  // namespace

void compress_file(const fs::path& from, const fs::path& to) {
    const Fd source = open_file(from, O_RDONLY);
    const fs::path folder = to.has_parent_path() ? to.parent_path() : fs::path(".");
    const fs::path beside = folder / ("." + to.filename().string() + "." + random_id(8) + ".tmp");
    try {
        const Fd target = open_file(beside, O_WRONLY | O_CREAT | O_EXCL);
        compress(source, from, target, to);
        if (::fsync(target.get()) != 0) throw Error::from_errno("cannot sync " + to.string());
        if (::rename(beside.c_str(), to.c_str()) != 0) throw Error::from_errno("cannot write " + to.string());
    } catch (...) {
        ::unlink(beside.c_str());
        throw;
    }
    sync_folder(folder);
}

void read_compressed(const fs::path& path, std::uint64_t offset, std::uint64_t length,
                     const std::function<void(std::string_view)>& sink) {
    const Fd file = open_file(path, O_RDONLY);
    const Start start = start_for(read_seek_table(file, path), offset);
    if (::lseek(file.get(), static_cast<off_t>(start.in_file), SEEK_SET) < 0)
        throw Error::from_errno("cannot read " + path.string());
    const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(), &ZSTD_freeDCtx);
    if (!context) throw Error(Error::Kind::exhausted, "out of memory");
    ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, largest_window);

    std::string packed(ZSTD_DStreamInSize(), '\0');
    std::string content(ZSTD_DStreamOutSize(), '\0');
    std::uint64_t to_skip = offset - start.in_content;
    std::size_t expected = 1;  // 0 at the end of a frame: only there may the file end
    while (length > 0) {
        const std::size_t size = read_some(file, path, packed);
        if (size == 0 && expected != 0) damaged(path, "it was cut short");
        if (size == 0) return;
        ZSTD_inBuffer in{packed.data(), size, 0};
        for (bool more = true; more && length > 0;) {
            ZSTD_outBuffer out{content.data(), content.size(), 0};
            expected = ZSTD_decompressStream(context.get(), &out, &in);
            if (ZSTD_isError(expected)) damaged(path, ZSTD_getErrorName(expected));
            more = in.pos < in.size || out.pos == out.size;
            const std::uint64_t skipped = std::min<std::uint64_t>(to_skip, out.pos);
            const std::uint64_t given = std::min<std::uint64_t>(out.pos - skipped, length);
            to_skip -= skipped;
            length -= given;
            if (given > 0) sink(std::string_view(content).substr(skipped, given));
        }
    }
}

}  // namespace atelier::archive
