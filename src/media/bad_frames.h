// Frames that a person would not want: missing, truncated, all black, with values that are no numbers, of another size
// than the rest, far larger or smaller a file than their neighbours, or in the pink of a missing texture. Per frame the
// reasons.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "media/frames.h"

namespace atelier::media {

enum class BadReason { missing, broken, black, not_finite, size, file_size, pink };

std::string_view to_string(BadReason reason);

struct BadFrame {
    struct Reason {
        BadReason kind = BadReason::missing;
        std::string text;  // "no picture can be read: frame_0007.png ends too early"
    };
    int frame = 0;
    std::vector<Reason> reasons;
};

struct BadFrameLimits {
    double file_size_ratio = 8;  // to the median of the nearest frames
    double pink_part = 0.002;    // of the pixels
};

// Decodes every frame of the list (on all cores); gives the bad ones, ascending. `seen` is told after each frame how
// many are done.
std::vector<BadFrame> find_bad_frames(const FrameFiles& files, const FrameNumbers& expected,
                                      const BadFrameLimits& limits = {},
                                      const std::function<void(std::size_t)>& seen = {});

}  // namespace atelier::media
