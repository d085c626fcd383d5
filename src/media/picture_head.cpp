#include "media/picture_head.h"

#include <algorithm>
#include <cctype>

#include "base/text.h"

namespace atelier::media {
namespace {

constexpr std::size_t longest_head = 1024;
constexpr std::size_t longest_pnm_head = 64 * 1024;
constexpr std::int64_t max_pnm_number = 1'000'000'000;
constexpr int most_pieces = 1'000'000;  // of a file that is nothing else
const PictureProblem too_short{"it ends too early"};

// Numbers at an offset of bytes that are there.
class Head {
public:
    Head(const PictureBytes& bytes, std::size_t needed) : text_(bytes.read(0, longest_head)) {
        if (text_.size() < needed) throw too_short;
    }
    Head(std::string text, std::size_t needed) : text_(std::move(text)) {
        if (text_.size() < needed) throw too_short;
    }
    std::uint8_t byte(std::size_t at) const { return static_cast<std::uint8_t>(text_.at(at)); }
    std::uint32_t big(std::size_t at, int count) const {
        std::uint32_t value = 0;
        for (int i = 0; i < count; ++i)
            value = value << 8 | byte(at + static_cast<std::size_t>(i));
        return value;
    }
    std::uint32_t little(std::size_t at, int count) const {
        std::uint32_t value = 0;
        for (int i = count - 1; i >= 0; --i)
            value = value << 8 | byte(at + static_cast<std::size_t>(i));
        return value;
    }
    std::string_view text() const { return text_; }

private:
    std::string text_;
};

PictureInfo make_info(PictureKind kind, std::int64_t width, std::int64_t height, int channels, ChannelDepth depth,
                      std::uint64_t bytes) {
    check_picture_size(width, height);
    return {kind, static_cast<int>(width), static_cast<int>(height), channels, depth, bytes};
}

int png_channels(int colour, bool transparent) {
    switch (colour) {
        case 0: return transparent ? 2 : 1;
        case 2:
        case 3: return transparent ? 4 : 3;
        case 4: return 2;
        case 6: return 4;
        default: throw PictureProblem{"its kind of colour is unknown"};
    }
}

// Chunk after chunk up to IEND, without the pixels.
PictureInfo read_png(const PictureBytes& bytes) {
    const Head head(bytes, 33);
    if (head.text().substr(12, 4) != "IHDR" || head.big(8, 4) != 13) throw PictureProblem{"its header is missing"};
    bool transparent = false, pixels = false;
    std::uint64_t at = 8;
    std::string name;
    for (int chunks = 0; name != "IEND"; ++chunks) {
        const Head chunk(bytes.read(at, 8), 8);
        const std::uint64_t length = chunk.big(0, 4);
        name = chunk.text().substr(4, 4);
        if (bytes.size - at < length + 12) throw too_short;
        if (chunks == most_pieces ||
            !std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalpha(c); }))
            throw PictureProblem{"it is damaged at byte " + std::to_string(at)};
        transparent |= name == "tRNS";
        pixels |= name == "IDAT";
        at += length + 12;
    }
    if (!pixels) throw PictureProblem{"it has no pixels"};
    const int bits = head.byte(24);
    return make_info(PictureKind::png, head.big(16, 4), head.big(20, 4), png_channels(head.byte(25), transparent),
                     bits == 16 ? ChannelDepth::sixteen : ChannelDepth::eight, bytes.size);
}

bool is_jpeg_frame(int marker) {
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

// Segments up to the one with the size; then only the end is looked at.
PictureInfo read_jpeg(const PictureBytes& bytes) {
    if (bytes.size < 4 || bytes.read(bytes.size - 2, 2) != "\xff\xd9") throw too_short;
    std::uint64_t at = 2;
    for (int pieces = 0;; ++pieces) {
        const Head segment(bytes.read(at, 10), 4);
        if (segment.byte(0) != 0xff || pieces == most_pieces)
            throw PictureProblem{"it is damaged at byte " + std::to_string(at)};
        const int marker = segment.byte(1);
        if (marker == 0xff) {
            ++at;
            continue;
        }
        if (is_jpeg_frame(marker)) {
            const Head frame(std::string(segment.text()), 10);
            if (frame.byte(4) != 8) throw PictureProblem{"it has other than 8 bits a channel"};
            if (frame.byte(9) != 1 && frame.byte(9) != 3)
                throw PictureProblem{"it is not in red, green and blue, and not grey"};
            return make_info(PictureKind::jpeg, frame.big(7, 2), frame.big(5, 2), frame.byte(9), ChannelDepth::eight,
                             bytes.size);
        }
        if (marker == 0xd9 || marker == 0xda) throw PictureProblem{"it has no header"};
        at += 2 + std::max<std::uint32_t>(segment.big(2, 2), 2);
    }
}

// As many bytes as its size needs when nothing is compressed.
void check_plain_size(const PictureInfo& info, std::uint64_t offset, std::uint64_t row) {
    const auto height = static_cast<std::uint64_t>(info.height);
    if (info.bytes < offset || info.bytes - offset < row * height) throw too_short;
}

// The words of a PNM's head, between blanks and remarks.
class PnmWords {
public:
    explicit PnmWords(std::string text) : text_(std::move(text)) {}

    int next_number() {
        skip_blanks();
        std::size_t end = at_;
        while (end < text_.size() && std::isdigit(static_cast<unsigned char>(text_[end])))
            ++end;
        const auto number = parse_int(std::string_view(text_).substr(at_, end - at_));
        if (end >= text_.size()) throw text_.size() < longest_pnm_head ? too_short : broken;
        if (!number || *number > max_pnm_number) throw broken;
        at_ = end;
        return static_cast<int>(*number);
    }
    // One blank stands between the head and the pixels.
    std::uint64_t end() const {
        if (at_ >= text_.size()) throw too_short;
        if (!std::isspace(static_cast<unsigned char>(text_[at_]))) throw broken;
        return at_ + 1;
    }

private:
    static inline const PictureProblem broken{"its header is damaged"};

    void skip_blanks() {
        for (; at_ < text_.size(); ++at_) {
            if (text_[at_] == '#')
                at_ = std::min(text_.find('\n', at_), text_.size() - 1);
            else if (!std::isspace(static_cast<unsigned char>(text_[at_])))
                return;
        }
    }

    std::string text_;
    std::size_t at_ = 2;  // behind "P6"
};

PictureInfo read_bmp(const PictureBytes& bytes) {
    const Head head(bytes, 54);
    const std::uint32_t bits = head.little(28, 2);
    const auto height = static_cast<std::int32_t>(head.little(22, 4));
    const PictureInfo info = make_info(PictureKind::bmp, static_cast<std::int32_t>(head.little(18, 4)),
                                       height < 0 ? -static_cast<std::int64_t>(height) : height, bits == 32 ? 4 : 3,
                                       ChannelDepth::eight, bytes.size);
    if (head.little(30, 4) == 0)
        check_plain_size(info, head.little(10, 4), (static_cast<std::uint64_t>(info.width) * bits + 31) / 32 * 4);
    return info;
}

PictureInfo read_targa(const PictureBytes& bytes) {
    const Head head(bytes, 18);
    const int type = head.byte(2), bits = head.byte(16);
    const bool grey = (type & 7) == 3;
    if (head.byte(1) > 1 || (type & 7) < 1 || (type & 7) > 3 || (type & ~15) != 0)
        throw PictureProblem{"it is no TARGA picture"};
    const PictureInfo info = make_info(PictureKind::targa, head.little(12, 2), head.little(14, 2),
                                       grey ? 1 : (bits == 32 ? 4 : 3), ChannelDepth::eight, bytes.size);
    if (type < 8) check_plain_size(info, 18u + head.byte(0), (static_cast<std::uint64_t>(info.width) * bits + 7) / 8);
    return info;
}

PictureInfo read_sgi(const PictureBytes& bytes) {
    const Head head(bytes, 512);
    const int depth = head.byte(3);
    const auto channels = static_cast<int>(head.big(10, 2));
    if (channels < 1 || channels > 4 || (depth != 1 && depth != 2)) throw PictureProblem{"it is no SGI picture"};
    const PictureInfo info = make_info(PictureKind::sgi, head.big(6, 2), head.big(8, 2), channels,
                                       depth == 2 ? ChannelDepth::sixteen : ChannelDepth::eight, bytes.size);
    if (head.byte(2) == 0)
        check_plain_size(info, 512, static_cast<std::uint64_t>(info.width) * static_cast<unsigned>(channels * depth));
    return info;
}

// Cineon and DPX are siblings: sizes and depth of the first element at fixed places, the file's length in the header.
PictureInfo read_film_scan(PictureKind kind, const PictureBytes& bytes) {
    const bool dpx = kind == PictureKind::dpx;
    const Head head(bytes, dpx ? 808 : 208);
    const bool big = dpx ? head.text().starts_with("SDPX") : head.byte(0) == 0x80;
    const auto number = [&](std::size_t at, int count) { return big ? head.big(at, count) : head.little(at, count); };
    const int bits = head.byte(dpx ? 803 : 198);
    const PictureInfo info = make_info(kind, number(dpx ? 772 : 200, 4), number(dpx ? 776 : 204, 4), 3,
                                       bits > 8 ? ChannelDepth::sixteen : ChannelDepth::eight, bytes.size);
    const std::uint32_t length = number(dpx ? 16 : 20, 4);
    if (length != 0xffffffff && length > bytes.size) throw too_short;
    return info;
}

}  // namespace

void check_picture_size(std::int64_t width, std::int64_t height) {
    if (width <= 0 || height <= 0) throw PictureProblem{"it has no size"};
    if (width > max_picture_side || height > max_picture_side ||
        static_cast<std::uint64_t>(width) * static_cast<std::uint64_t>(height) > max_picture_pixels)
        throw PictureProblem{"it claims to have " + std::to_string(width) + "x" + std::to_string(height) +
                             " pixels, more than is read"};
}

PnmHead read_pnm_head(const PictureBytes& bytes) {
    const std::string text = bytes.read(0, longest_pnm_head);
    if (!text.starts_with("P5") && !text.starts_with("P6")) throw PictureProblem{"it is no PPM picture"};
    const int channels = text[1] == '5' ? 1 : 3;
    PnmWords words(text);
    const int width = words.next_number(), height = words.next_number();
    PnmHead head;
    head.largest = words.next_number();
    head.pixels_at = words.end();
    if (head.largest < 1 || head.largest > 65535) throw PictureProblem{"its largest value can't be"};
    const bool wide = head.largest > 255;
    head.info = make_info(PictureKind::ppm, width, height, channels, wide ? ChannelDepth::sixteen : ChannelDepth::eight,
                          bytes.size);
    check_plain_size(head.info, head.pixels_at,
                     static_cast<std::uint64_t>(width) * static_cast<unsigned>(channels) * (wide ? 2 : 1));
    return head;
}

std::optional<PictureInfo> read_picture_head(PictureKind kind, const PictureBytes& bytes) {
    switch (kind) {
        case PictureKind::png: return read_png(bytes);
        case PictureKind::jpeg: return read_jpeg(bytes);
        case PictureKind::bmp: return read_bmp(bytes);
        case PictureKind::ppm: return read_pnm_head(bytes).info;
        case PictureKind::targa: return read_targa(bytes);
        case PictureKind::sgi: return read_sgi(bytes);
        case PictureKind::dpx:
        case PictureKind::cineon: return read_film_scan(kind, bytes);
        default: return std::nullopt;
    }
}

}  // namespace atelier::media
