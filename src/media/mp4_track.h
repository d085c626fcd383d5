// What an MP4 or MOV file says of its one film, read without a process: how many frames, and what its decoder has to
// know. Chunks can be joined when that is the same. For the sources of media/ alone.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace atelier::media {

struct Mp4Track {
    std::uint64_t frames = 0;
    int width = 0;
    int height = 0;
    std::string format;         // "avc1"
    std::string configuration;  // the decoder's: parameter sets and such; may be empty
    bool operator==(const Mp4Track&) const = default;
};

// Of the box `moov`, without its own header. Nothing when there isn't exactly one film in it, or it is damaged.
std::optional<Mp4Track> read_mp4_track(std::string_view moov);

// Of a file. Nothing when it isn't such a file, or is damaged.
std::optional<Mp4Track> read_mp4_track(const std::filesystem::path& path);

}  // namespace atelier::media
