// The XMP packet of an image file: where its format keeps it, or else wherever in the file it stands.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/files.h"
#include "pipelines/sky/place/avm.h"

namespace atelier::pipelines::sky {

namespace {

using std::string_view_literals::operator""sv;

constexpr std::size_t largest_packet = 32u << 20;
constexpr std::size_t most_pieces = 100'000;  // segments, chunks, tags of one file

// Numbers and pieces at any offset; what lies beyond the end is empty.
class File {
public:
    explicit File(const std::filesystem::path& path) : path_(path), file_(open_file(path, O_RDONLY)) {
        struct stat about {};
        if (::fstat(file_.get(), &about) != 0) throw Error::from_errno("cannot look at " + path.string());
        if (!S_ISREG(about.st_mode)) throw Error(Error::Kind::invalid, path.string() + " is no file");
        size_ = static_cast<std::uint64_t>(about.st_size);
    }

    std::uint64_t size() const { return size_; }
    // As much of it as there is.
    std::string read(std::uint64_t offset, std::uint64_t count) const {
        if (offset >= size_) return {};
        std::string bytes(std::min(count, size_ - offset), '\0');
        std::size_t done = 0;
        while (done < bytes.size()) {
            const ssize_t got =
                ::pread(file_.get(), bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) throw Error::from_errno("cannot read " + path_.string());
            if (got == 0) break;
            done += static_cast<std::size_t>(got);
        }
        bytes.resize(done);
        return bytes;
    }
    std::uint64_t number(std::uint64_t offset, int bytes, bool little = false) const {
        std::string text = read(offset, static_cast<std::uint64_t>(bytes));
        if (little) std::reverse(text.begin(), text.end());
        std::uint64_t value = 0;
        for (const char byte : text)
            value = value << 8 | static_cast<unsigned char>(byte);
        return text.size() == static_cast<std::size_t>(bytes) ? value : 0;
    }

private:
    std::filesystem::path path_;
    Fd file_;
    std::uint64_t size_ = 0;
};

bool speaks_of_avm(std::string_view packet) { return packet.find("avm/1.0/") != std::string_view::npos; }

// APP1 segments. What doesn't fit into one of them stands in further ones, each with its place in the whole.
std::optional<std::string> in_jpeg(const File& file) {
    constexpr auto main_name = "http://ns.adobe.com/xap/1.0/\0"sv, more_name = "http://ns.adobe.com/xmp/extension/\0"sv;
    constexpr std::size_t guid = 32;
    std::optional<std::string> packet;
    std::string more;
    std::uint64_t offset = 2;
    for (std::size_t piece = 0; piece < most_pieces; ++piece) {
        const std::uint64_t marker = file.number(offset, 2);
        if (marker == 0xFFFF) {  // padding
            ++offset;
            continue;
        }
        const std::uint64_t length = file.number(offset + 2, 2);
        if (marker < 0xFF00 || marker == 0xFFDA || marker == 0xFFD9 || length < 2) break;
        if (marker == 0xFFE1) {
            const std::string content = file.read(offset + 4, length - 2);
            if (content.starts_with(main_name) && !packet) packet = content.substr(main_name.size());
            if (content.starts_with(more_name) && content.size() >= more_name.size() + guid + 8) {
                const std::uint64_t at = file.number(offset + 4 + more_name.size() + guid + 4, 4);
                const std::string_view part = std::string_view(content).substr(more_name.size() + guid + 8);
                if (at == more.size() && more.size() + part.size() <= largest_packet) more += part;
            }
        }
        offset += 2 + length;
    }
    if ((!packet || !speaks_of_avm(*packet)) && speaks_of_avm(more)) return more;
    return packet;
}

std::optional<std::string> inflated(const std::string& packed) {
    std::string content;
    z_stream stream{};
    if (::inflateInit(&stream) != Z_OK) return std::nullopt;
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    int result = Z_OK;
    while (result == Z_OK && content.size() < largest_packet) {
        const std::size_t before = content.size();
        content.resize(before + (1u << 16));
        stream.next_out = reinterpret_cast<Bytef*>(content.data() + before);
        stream.avail_out = 1u << 16;
        result = ::inflate(&stream, Z_NO_FLUSH);
        content.resize(content.size() - stream.avail_out);
    }
    ::inflateEnd(&stream);
    return result == Z_STREAM_END ? std::optional(std::move(content)) : std::nullopt;
}

// iTXt: keyword, flag, method, language, translated keyword; each text ends with a zero.
std::optional<std::string> in_text_chunk(const std::string& content) {
    constexpr auto keyword = "XML:com.adobe.xmp\0"sv;
    if (!content.starts_with(keyword) || content.size() < keyword.size() + 2) return std::nullopt;
    const bool packed = content[keyword.size()] == 1;
    std::size_t at = keyword.size() + 2;
    for (int text = 0; text < 2; ++text) {
        at = content.find('\0', at);
        if (at == std::string::npos) return std::nullopt;
        ++at;
    }
    return packed ? inflated(content.substr(at)) : content.substr(at);
}

std::optional<std::string> in_png(const File& file) {
    std::uint64_t offset = 8;
    for (std::size_t piece = 0; piece < most_pieces && offset < file.size(); ++piece) {
        const std::uint64_t length = file.number(offset, 4);
        const std::string type = file.read(offset + 4, 4);
        if (type == "iTXt" && length <= largest_packet)
            if (auto packet = in_text_chunk(file.read(offset + 8, length))) return packet;
        if (type == "IEND") break;
        offset += 12 + length;
    }
    return std::nullopt;
}

// Tag 700 of the first directory, plain or of a BigTIFF.
std::optional<std::string> in_tiff(const File& file, bool little) {
    const bool big = file.number(2, 2, little) == 43;
    const int word = big ? 8 : 4;
    const std::uint64_t directory = file.number(big ? 8 : 4, word, little);
    const std::uint64_t count = file.number(directory, big ? 8 : 2, little);
    const std::uint64_t first = directory + (big ? 8 : 2);
    const std::uint64_t entry_size = big ? 20 : 12;
    for (std::uint64_t i = 0; i < std::min<std::uint64_t>(count, most_pieces); ++i) {
        const std::uint64_t entry = first + i * entry_size;
        if (file.number(entry, 2, little) != 700) continue;
        const std::uint64_t length = file.number(entry + 4, word, little);
        const std::uint64_t value = entry + 4 + static_cast<std::uint64_t>(word);
        if (length > largest_packet) return std::nullopt;
        const bool inside = length <= static_cast<std::uint64_t>(word);
        return file.read(inside ? value : file.number(value, word, little), length);
    }
    return std::nullopt;
}

std::optional<std::string> anywhere(const File& file) {
    constexpr auto begin = "<x:xmpmeta"sv, end = "</x:xmpmeta>"sv;
    constexpr std::size_t piece_size = 1u << 20;
    for (std::uint64_t offset = 0; offset < file.size(); offset += piece_size) {
        const std::string piece = file.read(offset, piece_size + begin.size());
        const std::size_t at = piece.find(begin);
        if (at == std::string::npos) continue;
        std::string packet = file.read(offset + at, largest_packet);
        const std::size_t last = packet.find(end);
        if (last == std::string::npos) return std::nullopt;
        packet.resize(last + end.size());
        return packet;
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::string> find_xmp(const std::filesystem::path& path) {
    const File file(path);
    const std::string head = file.read(0, 8);
    if (head.starts_with("\xFF\xD8")) return in_jpeg(file);
    if (head == "\x89PNG\r\n\x1A\n") return in_png(file);
    if (head.starts_with("II*\0"sv) || head.starts_with("II+\0"sv)) return in_tiff(file, true);
    if (head.starts_with("MM\0*"sv) || head.starts_with("MM\0+"sv)) return in_tiff(file, false);
    return anywhere(file);
}

}  // namespace atelier::pipelines::sky
