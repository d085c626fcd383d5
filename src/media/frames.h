// Frames of an animation: which ones (ranges as text), what their files are called (frame_####.png), in which order
// they are rendered, and which of them lie in a folder. Everything is bounded: a range from outside can't ask for more
// than max_frames.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace atelier::media {

using FrameNumbers = std::vector<int>;

constexpr int max_frame_number = 10'000'000;  // of either sign; Blender ends at 1,048,574
constexpr std::size_t max_frames = 1'000'000;

// "1-10,20,30-40:2", also "-5--1"; ascending, each once. Throws Error::invalid that tells the place.
FrameNumbers parse_frames(std::string_view text);

// The shortest text of that form; parse_frames of it gives the same numbers (ascending, each once).
std::string print_frames(const FrameNumbers& frames);

// coarse: first, last, middle, then the middles of what lies between, so that the whole is seen early.
enum class FrameOrder { forward, backward, coarse };

FrameOrder parse_frame_order(std::string_view text);  // throws Error::invalid
std::string_view to_string(FrameOrder order);

// The same frames in the order in which they are rendered.
FrameNumbers in_order(FrameNumbers frames, FrameOrder order);

// The name of a numbered file: one run of '#' stands for the number, with zeros in front up to the run's length (a
// minus stands before the zeros: frame_-0003.png; larger numbers get longer names).
class FramePattern {
public:
    static FramePattern parse(std::string_view text);  // a plain file name; throws Error::invalid

    std::string name_of(int frame) const;
    std::optional<int> number_of(std::string_view name) const;  // nothing unless name_of gives that name back
    std::string text() const;
    bool operator==(const FramePattern&) const = default;

private:
    std::string before_;
    std::string after_;
    std::size_t digits_ = 0;
};

// A sequence in a folder.
struct FrameFiles {
    std::filesystem::path folder;
    FramePattern pattern;

    std::filesystem::path path_of(int frame) const { return folder / pattern.name_of(frame); }
};

// The numbers of the files that are there, ascending. Throws Error when the folder can't be read.
FrameNumbers list_frames(const FrameFiles& files);

// The largest sequence of pictures among these files; of several that are as large, one that lies higher up. Throws
// Error::not_found when there is none.
FrameFiles find_frames(const std::vector<std::filesystem::path>& files);
// The same among all that is in a folder and below it.
FrameFiles find_frames(const std::filesystem::path& folder);

// What of `expected` is not in `present`; both ascending.
FrameNumbers missing_frames(const FrameNumbers& expected, const FrameNumbers& present);

// What a person reads: "frame_0003.png, frame_0007.png and 12 more".
std::string name_frames(const FramePattern& pattern, const FrameNumbers& frames, std::size_t at_most = 5);

}  // namespace atelier::media
