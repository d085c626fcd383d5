#include "media/png_chunks.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/files.h"

namespace atelier::media {
namespace {

constexpr std::size_t frame_size = 12;  // length, name and checksum of a piece
constexpr std::size_t copy_size = 1 << 20;
constexpr std::size_t largest_note = 1 << 20;
constexpr std::array<std::string_view, 9> notes = {"gAMA", "cHRM", "sRGB", "iCCP", "pHYs",
                                                   "tEXt", "zTXt", "iTXt", "tIME"};

class Pieces {
public:
    explicit Pieces(const std::filesystem::path& path) : path_(path), file_(open_file(path, O_RDONLY)) {}

    // take(name, offset, whole size) of each in turn.
    template <class Take>
    void each(const Take& take) const {
        std::uint64_t at = 8;
        for (std::string name; name != "IEND";) {
            const std::string head = read(at, 8);
            std::uint64_t length = 0;
            for (int i = 0; i < 4; ++i)
                length = length << 8 | static_cast<std::uint8_t>(head[static_cast<std::size_t>(i)]);
            name = head.substr(4);
            take(name, at, length + frame_size);
            at += length + frame_size;
        }
    }

    std::string read(std::uint64_t at, std::size_t count) const {
        std::string bytes(count, '\0');
        if (::pread(file_.get(), bytes.data(), count, static_cast<off_t>(at)) != static_cast<ssize_t>(count))
            throw Error(Error::Kind::invalid, path_.string() + " ends too early");
        return bytes;
    }

private:
    std::filesystem::path path_;
    Fd file_;
};

}  // namespace

void rewrite_png_like(const std::filesystem::path& pixels, const std::filesystem::path& like,
                      const std::filesystem::path& to) {
    const Pieces source(pixels), model(like);
    const Fd out = open_file(to, O_WRONLY | O_TRUNC);
    const auto copy = [&](const Pieces& from, std::uint64_t at, std::uint64_t size) {
        for (std::uint64_t done = 0; done < size;) {
            const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(copy_size, size - done));
            write_all(out.get(), from.read(at + done, count), to);
            done += count;
        }
    };
    const auto copy_notes = [&] {
        model.each([&](const std::string& name, std::uint64_t at, std::uint64_t size) {
            if (std::find(notes.begin(), notes.end(), name) != notes.end() && size <= largest_note)
                copy(model, at, size);
        });
    };
    copy(source, 0, 8);
    source.each([&](const std::string& name, std::uint64_t at, std::uint64_t size) {
        const bool kept = name == "IHDR" || name == "IDAT" || name == "IEND";
        if (kept) copy(source, at, size);
        if (name == "IHDR") copy_notes();
    });
}

}  // namespace atelier::media
