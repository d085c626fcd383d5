#include "media/ffmpeg_progress.h"

#include <algorithm>

#include "base/text.h"

namespace atelier::media {

bool FfmpegProgress::line(std::string_view text) {
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) return false;
    const std::string_view name = trim(text.substr(0, equals)), value = trim(text.substr(equals + 1));
    if (name == "progress") {
        ended_ = value == "end";
        return true;
    }
    const auto number = parse_number(value);  // N/A is none
    if (!number || *number < 0 || *number > 1e15) return false;
    if (name == "frame") frames_ = std::max(frames_, static_cast<std::uint64_t>(*number));
    if (name == "fps") frames_per_second_ = *number;
    if (name == "out_time_us") seconds_ = *number / 1e6;
    return false;
}

}  // namespace atelier::media
