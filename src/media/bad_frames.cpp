#include "media/bad_frames.h"

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "media/parallel.h"
#include "media/picture.h"

namespace atelier::media {
namespace {

constexpr double black_level = 1.0 / 512;  // less than one step of 8 bits
constexpr std::size_t neighbours = 3;      // on each side
constexpr std::size_t fewest_frames = 4;   // with fewer there is nothing that sizes could be far from

struct Seen {
    int frame = 0;
    std::optional<PictureStatistics> statistics;  // nothing when it can't be read
    std::string problem;
};

Seen look(const FrameFiles& files, int frame) {
    Seen seen{frame, {}, {}};
    try {
        seen.statistics = measure_picture(files.path_of(frame));
    } catch (const Error& error) {
        // A missing decoder is not the frame's fault.
        if (error.kind() == Error::Kind::unavailable) throw;
        seen.problem = error.what();
    }
    return seen;
}

std::vector<Seen> look_at_all(const FrameFiles& files, const FrameNumbers& frames,
                              const std::function<void(std::size_t)>& told) {
    std::vector<Seen> seen(frames.size());
    std::size_t done = 0;
    in_parallel(
        frames.size(), [&](std::size_t i) { seen[i] = look(files, frames[i]); },
        [&] {
            if (told) told(++done);
        });
    return seen;
}

bool is_black(const PictureStatistics& statistics) {
    const std::size_t colours = statistics.channels.size() - (statistics.channels.size() % 2 == 0 ? 1 : 0);
    return std::all_of(statistics.channels.begin(), statistics.channels.begin() + static_cast<std::ptrdiff_t>(colours),
                       [](const auto& channel) { return channel.greatest < black_level; });
}

std::string percent(std::uint64_t part, std::uint64_t whole) {
    const auto tenths = (part * 1000 + whole / 2) / whole;
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " %";
}

void judge_pixels(const PictureStatistics& statistics, const BadFrameLimits& limits, BadFrame& bad) {
    if (statistics.not_finite > 0)
        bad.reasons.push_back({BadReason::not_finite, "there is no number (NaN or infinity) in " +
                                                          std::to_string(statistics.not_finite) + " of " +
                                                          std::to_string(statistics.pixels) + " pixels"});
    if (is_black(statistics)) bad.reasons.push_back({BadReason::black, "all of it is black"});
    if (static_cast<double>(statistics.pink) >= limits.pink_part * static_cast<double>(statistics.pixels) &&
        statistics.pink > 0)
        bad.reasons.push_back({BadReason::pink, percent(statistics.pink, statistics.pixels) +
                                                    " of it is in the pink of a missing texture"});
}

// The size that most frames have.
std::pair<int, int> usual_size(const std::vector<Seen>& seen) {
    std::vector<std::pair<int, int>> sizes;
    for (const Seen& frame : seen)
        if (frame.statistics) sizes.emplace_back(frame.statistics->info.width, frame.statistics->info.height);
    std::sort(sizes.begin(), sizes.end());
    std::pair<int, int> usual;
    std::ptrdiff_t most = 0;
    for (auto begin = sizes.begin(); begin != sizes.end();) {
        const auto end = std::upper_bound(begin, sizes.end(), *begin);
        if (end - begin > most) {
            most = end - begin;
            usual = *begin;
        }
        begin = end;
    }
    return usual;
}

void judge_size(const PictureInfo& info, std::pair<int, int> usual, BadFrame& bad) {
    if (std::pair(info.width, info.height) == usual) return;
    bad.reasons.push_back({BadReason::size, "it has " + std::to_string(info.width) + "x" + std::to_string(info.height) +
                                                " pixels, the others " + std::to_string(usual.first) + "x" +
                                                std::to_string(usual.second)});
}

// The median of what lies around it; 0 when nothing does.
std::uint64_t neighbours_bytes(const std::vector<Seen>& seen, std::size_t at) {
    std::vector<std::uint64_t> sizes;
    const auto take = [&](std::size_t i) {
        if (seen[i].statistics) sizes.push_back(seen[i].statistics->info.bytes);
    };
    for (std::size_t i = at; i-- > 0 && sizes.size() < neighbours;)
        take(i);
    const std::size_t most = sizes.size() + neighbours;
    for (std::size_t i = at + 1; i < seen.size() && sizes.size() < most; ++i)
        take(i);
    if (sizes.empty()) return 0;
    const auto middle = sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2);
    std::nth_element(sizes.begin(), middle, sizes.end());
    return *middle;
}

void judge_file_size(const std::vector<Seen>& seen, std::size_t at, const BadFrameLimits& limits, BadFrame& bad) {
    const auto own = static_cast<double>(seen[at].statistics->info.bytes);
    const auto usual = static_cast<double>(neighbours_bytes(seen, at));
    if (usual == 0 || (own <= usual * limits.file_size_ratio && usual <= own * limits.file_size_ratio)) return;
    bad.reasons.push_back({BadReason::file_size, "its file has " + format_bytes(static_cast<std::uint64_t>(own)) +
                                                     ", those around it " +
                                                     format_bytes(static_cast<std::uint64_t>(usual))});
}

}  // namespace

std::string_view to_string(BadReason reason) {
    switch (reason) {
        case BadReason::missing: return "missing";
        case BadReason::broken: return "broken";
        case BadReason::black: return "black";
        case BadReason::not_finite: return "not_finite";
        case BadReason::size: return "size";
        case BadReason::file_size: return "file_size";
        case BadReason::pink: return "pink";
    }
    return "?";
}

std::vector<BadFrame> find_bad_frames(const FrameFiles& files, const FrameNumbers& expected,
                                      const BadFrameLimits& limits, const std::function<void(std::size_t)>& told) {
    const FrameNumbers missing = missing_frames(expected, list_frames(files));
    std::vector<BadFrame> bad;
    for (const int frame : missing)
        bad.push_back({frame, {{BadReason::missing, "there is no " + files.pattern.name_of(frame)}}});
    const auto seen = look_at_all(files, missing_frames(expected, missing), told);
    const auto usual = usual_size(seen);
    const auto readable =
        std::count_if(seen.begin(), seen.end(), [](const Seen& frame) { return frame.statistics.has_value(); });
    for (std::size_t i = 0; i < seen.size(); ++i) {
        BadFrame frame{seen[i].frame, {}};
        if (!seen[i].statistics) {
            frame.reasons.push_back({BadReason::broken, seen[i].problem});
        } else {
            judge_pixels(*seen[i].statistics, limits, frame);
            judge_size(seen[i].statistics->info, usual, frame);
            if (static_cast<std::size_t>(readable) >= fewest_frames) judge_file_size(seen, i, limits, frame);
        }
        if (!frame.reasons.empty()) bad.push_back(std::move(frame));
    }
    std::sort(bad.begin(), bad.end(), [](const BadFrame& a, const BadFrame& b) { return a.frame < b.frame; });
    return bad;
}

}  // namespace atelier::media
