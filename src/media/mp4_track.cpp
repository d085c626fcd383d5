#include "media/mp4_track.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <functional>

#include "base/files.h"

namespace atelier::media {
namespace {

constexpr std::size_t head_size = 8;
constexpr std::size_t wide_head_size = 16;
constexpr std::uint64_t largest_index = 256u << 20;
constexpr int most_boxes = 10'000;
constexpr std::size_t entry_size = 78;  // of a film's description, before its own boxes
constexpr std::size_t handler_at = 8;   // in the box hdlr: what kind of track this is

std::uint64_t number_at(std::string_view bytes, std::size_t at, std::size_t count) {
    std::uint64_t value = 0;
    for (const char byte : bytes.substr(at, count))
        value = value << 8 | static_cast<std::uint8_t>(byte);
    return value;
}

// A box's first bytes; `rest` is what there is from its beginning on.
struct Box {
    std::string_view name;
    std::uint64_t head = 0;
    std::uint64_t size = 0;  // with the head
};

std::optional<Box> read_box(std::string_view bytes, std::uint64_t rest) {
    if (bytes.size() < head_size) return std::nullopt;
    Box box{bytes.substr(4, 4), head_size, number_at(bytes, 0, 4)};
    if (box.size == 1) {
        if (bytes.size() < wide_head_size) return std::nullopt;
        box.head = wide_head_size;
        box.size = number_at(bytes, 8, 8);
    } else if (box.size == 0) {
        box.size = rest;  // up to the end
    }
    if (box.size < box.head || box.size > rest) return std::nullopt;
    return box;
}

// take(name, content) of each box in turn; false when something is damaged.
bool each_box(std::string_view bytes, const std::function<void(std::string_view, std::string_view)>& take) {
    for (int boxes = 0; !bytes.empty(); ++boxes) {
        const auto box = read_box(bytes, bytes.size());
        if (!box || boxes == most_boxes) return false;
        take(box->name, bytes.substr(box->head, box->size - box->head));
        bytes.remove_prefix(box->size);
    }
    return true;
}

// The first box of that name; empty when there is none.
std::string_view find_box(std::string_view bytes, std::string_view wanted) {
    std::string_view found;
    each_box(bytes, [&](std::string_view name, std::string_view content) {
        if (name == wanted && found.empty()) found = content;
    });
    return found;
}

std::optional<Mp4Track> read_track(std::string_view media) {
    const std::string_view table = find_box(find_box(media, "minf"), "stbl");
    const std::string_view sizes = find_box(table, "stsz"), descriptions = find_box(table, "stsd");
    if (sizes.size() < 12 || descriptions.size() < 8 || number_at(descriptions, 4, 4) != 1) return std::nullopt;
    const auto entry = read_box(descriptions.substr(8), descriptions.size() - 8);
    if (!entry || entry->size < entry->head + entry_size) return std::nullopt;
    const std::string_view content = descriptions.substr(8 + entry->head, entry->size - entry->head);
    Mp4Track track;
    track.frames = number_at(sizes, 8, 4);
    track.format = entry->name;
    track.width = static_cast<int>(number_at(content, 24, 2));
    track.height = static_cast<int>(number_at(content, 26, 2));
    const std::string_view boxes = content.substr(entry_size);
    for (const char* name : {"avcC", "hvcC"})
        track.configuration += find_box(boxes, name);
    return track;
}

}  // namespace

std::optional<Mp4Track> read_mp4_track(std::string_view moov) {
    std::optional<Mp4Track> track;
    int films = 0;
    const bool whole = each_box(moov, [&](std::string_view name, std::string_view content) {
        if (name != "trak") return;
        const std::string_view media = find_box(content, "mdia"), handler = find_box(media, "hdlr");
        if (handler.size() < handler_at + 4 || handler.substr(handler_at, 4) != "vide") return;
        ++films;
        track = read_track(media);
    });
    return whole && films == 1 ? track : std::nullopt;
}

std::optional<Mp4Track> read_mp4_track(const std::filesystem::path& path) {
    const Fd file = open_file(path, O_RDONLY);
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) return std::nullopt;
    const auto size = static_cast<std::uint64_t>(status.st_size);
    const auto read = [&](std::uint64_t at, std::uint64_t count) {
        std::string bytes(count, '\0');
        const ssize_t got = ::pread(file.get(), bytes.data(), count, static_cast<off_t>(at));
        bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
        return bytes;
    };
    std::optional<Mp4Track> track;
    std::uint64_t at = 0;
    for (int boxes = 0; at < size && boxes < most_boxes; ++boxes) {
        const std::string head = read(at, wide_head_size);
        const auto box = read_box(head, size - at);
        if (!box) return std::nullopt;  // it ends too early
        if (box->name == "moov") {
            if (track || box->size > largest_index) return std::nullopt;
            track = read_mp4_track(std::string_view(read(at + box->head, box->size - box->head)));
        }
        at += box->size;
    }
    return track;
}

}  // namespace atelier::media
