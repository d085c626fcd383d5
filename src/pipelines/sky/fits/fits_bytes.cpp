#include "pipelines/sky/fits/fits_bytes.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <array>
#include <memory>
#include <vector>

#include "base/error.h"

namespace atelier::pipelines::sky {

namespace {

constexpr std::size_t piece_size = 1u << 18;
// More than this no honest file unpacks to: so much in any case, and so much for each of its bytes.
constexpr std::uint64_t free_bytes = 1ull << 30;
constexpr std::uint64_t bytes_per_byte = 200;

std::uint64_t size_of_file(const Fd& file, const std::filesystem::path& path) {
    struct stat about {};
    if (::fstat(file.get(), &about) != 0) throw Error::from_errno("cannot look at " + path.string());
    if (!S_ISREG(about.st_mode)) throw Error(Error::Kind::invalid, path.string() + " is no file");
    return static_cast<std::uint64_t>(about.st_size);
}

Fd file_without_name() {
    const auto folder = std::filesystem::temp_directory_path();
    Fd file(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    if (!file) throw Error::from_errno("cannot make a temporary file in " + folder.string());
    return file;
}

struct InflateEnd {
    void operator()(z_stream* stream) const { ::inflateEnd(stream); }
};

}  // namespace

FitsBytes::FitsBytes(const std::filesystem::path& path) : path_(path), file_(open_file(path, O_RDONLY)) {
    size_ = size_of_file(file_, path);
    std::array<unsigned char, 2> head{};
    if (::pread(file_.get(), head.data(), head.size(), 0) == 2 && head[0] == 0x1F && head[1] == 0x8B) unpack();
}

void FitsBytes::unpack() {
    const std::uint64_t most = free_bytes + bytes_per_byte * size_;
    const auto damaged = [&](const char* why) {
        return Error(Error::Kind::invalid, fmt::format("{} can't be unpacked: {}", path_.string(), why),
                     "Fetch or make the file again.");
    };
    Fd plain = file_without_name();
    z_stream stream{};
    if (::inflateInit2(&stream, 15 + 16) != Z_OK) throw Error(Error::Kind::exhausted, "out of memory");
    const std::unique_ptr<z_stream, InflateEnd> ends(&stream);
    std::vector<unsigned char> packed(piece_size), content(piece_size);
    std::uint64_t taken = 0, given = 0;
    bool done = false;
    while (!done || stream.avail_in > 0) {
        if (stream.avail_in == 0) {
            const ssize_t count = ::pread(file_.get(), packed.data(), packed.size(), static_cast<off_t>(taken));
            if (count < 0) throw Error::from_errno("cannot read " + path_.string());
            if (count == 0 && done) break;
            if (count == 0) throw damaged("it was cut short");
            taken += static_cast<std::uint64_t>(count);
            stream.next_in = packed.data();
            stream.avail_in = static_cast<uInt>(count);
        }
        if (done) {  // a further member, or what doesn't belong to it
            if (*stream.next_in != 0x1F || ::inflateReset(&stream) != Z_OK) break;
            done = false;
        }
        stream.next_out = content.data();
        stream.avail_out = static_cast<uInt>(content.size());
        const int result = ::inflate(&stream, Z_NO_FLUSH);
        if (result != Z_OK && result != Z_BUF_ERROR && result != Z_STREAM_END)
            throw damaged(stream.msg != nullptr ? stream.msg : "its content is wrong");
        done = result == Z_STREAM_END;
        const std::size_t made = content.size() - stream.avail_out;
        given += made;
        if (given > most) throw damaged("it would become larger than any honest file");
        write_all(plain.get(), {reinterpret_cast<const char*>(content.data()), made}, path_);
    }
    file_ = std::move(plain);
    size_ = given;
}

void FitsBytes::read(std::uint64_t offset, std::byte* into, std::size_t count) const {
    std::size_t done = 0;
    while (done < count) {
        const ssize_t got = ::pread(file_.get(), into + done, count - done, static_cast<off_t>(offset + done));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw Error::from_errno("cannot read " + path_.string());
        if (got == 0)
            throw Error(Error::Kind::invalid, fmt::format("{} ends too early", path_.string()),
                        "Fetch or make the file again.");
        done += static_cast<std::size_t>(got);
    }
}

}  // namespace atelier::pipelines::sky
