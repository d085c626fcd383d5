// What comes from outside as text or as a picture's head: the first byte chooses the reader. Nothing but Error may come
// out, and what was read says the same again.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "media/ffmpeg_progress.h"
#include "media/film.h"
#include "media/frames.h"
#include "media/mp4_track.h"
#include "media/picture_head.h"

namespace {

using namespace atelier::media;

void check(bool holds) {
    if (!holds) std::abort();
}

void read_range(std::string_view text) {
    const FrameNumbers frames = parse_frames(text);
    check(frames.size() <= max_frames && parse_frames(print_frames(frames)) == frames);
}

void read_pattern(std::string_view text) {
    const FramePattern pattern = FramePattern::parse(text);
    check(FramePattern::parse(pattern.text()) == pattern);
    check(pattern.number_of(pattern.name_of(-17)) == -17);
}

void read_rate(std::string_view text) {
    const FrameRate rate = parse_frame_rate(text);
    check(parse_frame_rate(to_string(rate)) == rate);
}

void read_progress(std::string_view text) {
    FfmpegProgress progress;
    for (std::uint64_t frames = 0; !text.empty(); frames = progress.frames()) {
        const auto end = std::min(text.find('\n'), text.size());
        progress.line(text.substr(0, end));
        check(progress.frames() >= frames);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

void read_picture(std::string_view bytes) {
    const PictureBytes picture{bytes.size(), [&](std::uint64_t offset, std::size_t count) {
                                   return offset < bytes.size() ? std::string(bytes.substr(offset, count)) : "";
                               }};
    for (int kind = 0; kind <= static_cast<int>(PictureKind::cineon); ++kind) {
        try {
            const auto info = read_picture_head(static_cast<PictureKind>(kind), picture);
            check(!info || (info->width > 0 && info->height > 0 && info->width <= max_picture_side &&
                            info->height <= max_picture_side));
        } catch (const PictureProblem&) {
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    try {
        switch (data[0] % 8) {
            case 0: read_range(text); break;
            case 1: read_pattern(text); break;
            case 2: read_rate(text); break;
            case 3: parse_tone_mapping(text); break;
            case 4: read_progress(text); break;
            case 5: parse_probe(text); break;
            case 6: read_picture(text); break;
            default: read_mp4_track(text);
        }
    } catch (const atelier::Error&) {
    }
    return 0;
}
