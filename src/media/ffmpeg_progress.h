// What FFmpeg tells of its work by `-progress`: blocks of name=value lines, each ended by progress=continue or
// progress=end.
#pragma once

#include <cstdint>
#include <string_view>

namespace atelier::media {

class FfmpegProgress {
public:
    // A line without its end; what isn't understood is passed over. True when it ends a block: then the numbers below
    // belong together.
    bool line(std::string_view text);

    std::uint64_t frames() const { return frames_; }  // never goes back
    double frames_per_second() const { return frames_per_second_; }
    double seconds() const { return seconds_; }  // of the film
    bool ended() const { return ended_; }

private:
    std::uint64_t frames_ = 0;
    double frames_per_second_ = 0;
    double seconds_ = 0;
    bool ended_ = false;
};

}  // namespace atelier::media
