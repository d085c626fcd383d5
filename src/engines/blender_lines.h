// What Blender prints while it renders, understood: how far a frame is, and how much memory it takes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace atelier::engines {

struct BlenderLine {
    std::optional<double> fraction;            // of this frame, 0 to 1
    std::string doing;                         // "Sample 80/256", "Updating Lights"
    std::optional<std::uint64_t> peak_memory;  // bytes; of the render, not of the process
};

// Nothing when the line tells nothing of a frame's progress.
std::optional<BlenderLine> parse_blender_line(std::string_view line);

}  // namespace atelier::engines
