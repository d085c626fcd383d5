// Films from frames, as far as that is thinking: settings, FFmpeg's arguments, and what has to be right of the frames
// before and of the film after. FFmpeg itself ends well with a short film when a frame is missing, so both are counted
// against the plan. film_maker.h runs it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "media/frames.h"
#include "media/look.h"
#include "media/picture.h"

namespace atelier::media {

// The name also tells the container: mp4, mp4, webm, webm, mov, gif.
enum class FilmCodec { h264, h265, vp9, av1, prores, gif };
enum class FilmQuality { draft, good, best, lossless };

struct FrameRate {
    int numerator = 24;
    int denominator = 1;
    bool operator==(const FrameRate&) const = default;
};

FrameRate parse_frame_rate(std::string_view text);  // "24", "23.976" (24000/1001), "24000/1001"; throws Error::invalid
std::string to_string(FrameRate rate);              // "24", "24000/1001"

struct FilmSettings {
    FilmCodec codec = FilmCodec::h264;
    FilmQuality quality = FilmQuality::good;
    FrameRate rate = {};
    std::optional<ToneMapping> tone_mapping = {};  // without it frames of 16 or 32 bits are refused
    int threads = 0;                               // 0: as FFmpeg likes
};

FilmCodec parse_film_codec(std::string_view text);      // also "mp4", "webm", "mov"; throws Error::invalid
FilmQuality parse_film_quality(std::string_view text);  // throws Error::invalid
std::string_view to_string(FilmCodec codec);
std::string_view to_string(FilmQuality quality);
std::string_view extension_of(FilmCodec codec);  // ".mp4"

// Throws Error::invalid for what doesn't go together: lossless ProRes, AV1 or GIF; a rate that makes no sense.
void check_settings(const FilmSettings& settings);

// A GIF's colours are chosen over the whole film, so it is made in one go.
bool can_be_chunked(FilmCodec codec);

// The frames of a film, in their order.
struct FilmPlan {
    FrameFiles files;
    FrameNumbers frames;
};

// All frames are there, whole, of one kind, size and depth, and fit the settings; what they are. Else an Error that
// names the frames: not_found for gaps, invalid for the others. Doesn't decode them.
PictureInfo check_frames(const FilmPlan& plan, const FilmSettings& settings);

// True when the pixels go to FFmpeg by a pipe, tone-mapped by us, instead of being read by it.
bool is_tone_mapped(const PictureInfo& info);

// How FFmpeg gets the frames: numbered from 0 in a folder, or as raw pixels (rgb24, for ProRes rgb48le) on stdin.
struct FilmInput {
    PictureInfo info;
    std::string pattern;  // "/tmp/x/%08d.png"; empty: raw pixels
    std::size_t frames = 0;
};

// The arguments without the program's name. Odd sizes: a codec with halved colour gets one more column or row, a copy
// of the last one. Alpha lies over black.
std::vector<std::string> encode_arguments(const FilmSettings& settings, const FilmInput& input,
                                          const std::filesystem::path& film);
std::vector<std::string> join_arguments(const FilmSettings& settings, const std::filesystem::path& list,
                                        const std::filesystem::path& film);
// An empty path: the film comes by stdin.
std::vector<std::string> probe_arguments(const std::filesystem::path& film, bool decode);

struct FilmInfo {
    std::string codec;  // FFmpeg's name of it
    std::string pixel_format;
    int width = 0;
    int height = 0;
    FrameRate rate = {};
    std::uint64_t frames = 0;
    double seconds = 0;
};

// What ffprobe printed. Throws Error::invalid when it tells of no film.
FilmInfo parse_probe(std::string_view json);

// Throws Error::internal that tells what differs: frames, size, codec.
void check_film(const FilmInfo& film, const FilmSettings& settings, const PictureInfo& frames, std::size_t count);

}  // namespace atelier::media
