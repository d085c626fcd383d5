#include "archive/seek_table.h"

#include <sys/stat.h>
#include <unistd.h>

#include <optional>
#include <string_view>

#include "base/error.h"

namespace atelier::archive {

namespace {

constexpr std::uint32_t skippable_magic = 0x184D2A5E;
constexpr std::uint32_t table_magic = 0x8F92EAB1;
constexpr std::size_t head_size = 8;             // magic, size of what follows
constexpr std::size_t entry_size = 8;            // packed, content
constexpr std::size_t foot_size = 9;             // count, flags, magic
constexpr std::uint64_t most_frames = 1u << 22;  // 16 TB of content

void add_number(std::string& out, std::uint32_t number) {
    for (int shift = 0; shift < 32; shift += 8)
        out += static_cast<char>(number >> shift & 0xFF);
}

std::uint32_t number_at(std::string_view bytes, std::size_t offset) {
    std::uint32_t number = 0;
    for (std::size_t i = 0; i < 4; ++i)
        number |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[offset + i])) << (8 * i);
    return number;
}

// Nothing when the file ends before.
std::optional<std::string> bytes_at(const Fd& file, const std::filesystem::path& path, std::uint64_t offset,
                                    std::size_t size) {
    std::string bytes(size, '\0');
    for (std::size_t used = 0; used < size;) {
        const ssize_t count = ::pread(file.get(), bytes.data() + used, size - used, static_cast<off_t>(offset + used));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw Error::from_errno("cannot read " + path.string());
        if (count == 0) return std::nullopt;
        used += static_cast<std::size_t>(count);
    }
    return bytes;
}

}  // namespace

std::string write_seek_table(const std::vector<Frame>& frames) {
    std::string table;
    add_number(table, skippable_magic);
    add_number(table, static_cast<std::uint32_t>(frames.size() * entry_size + foot_size));
    for (const Frame& frame : frames) {
        add_number(table, frame.packed);
        add_number(table, frame.content);
    }
    add_number(table, static_cast<std::uint32_t>(frames.size()));
    table += '\0';  // no checksums: each frame has its own
    add_number(table, table_magic);
    return table;
}

std::vector<Frame> read_seek_table(const Fd& file, const std::filesystem::path& path) {
    const auto refuse = [&] {
        throw Error(Error::Kind::invalid, path.string() + " is damaged: its table of frames is wrong");
    };
    struct stat info {};
    if (::fstat(file.get(), &info) != 0) throw Error::from_errno("cannot read " + path.string());
    const auto size = static_cast<std::uint64_t>(info.st_size);
    if (size < head_size + foot_size) return {};
    const auto foot = bytes_at(file, path, size - foot_size, foot_size);
    if (!foot || number_at(*foot, foot_size - 4) != table_magic || (*foot)[4] != '\0') return {};
    const std::uint64_t count = number_at(*foot, 0);
    if (count > most_frames || count * entry_size + head_size + foot_size > size) refuse();
    const std::uint64_t table_size = head_size + count * entry_size + foot_size;
    const auto table = bytes_at(file, path, size - table_size, table_size);
    if (!table || number_at(*table, 0) != skippable_magic || number_at(*table, 4) != table_size - head_size) refuse();
    std::vector<Frame> frames(count);
    std::uint64_t packed = 0;
    for (std::size_t i = 0; i < count; ++i) {
        frames[i] = {number_at(*table, head_size + i * entry_size), number_at(*table, head_size + i * entry_size + 4)};
        packed += frames[i].packed;
    }
    if (packed != size - table_size) refuse();
    return frames;
}

}  // namespace atelier::archive
