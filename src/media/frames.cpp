#include "media/frames.h"

#include <algorithm>
#include <array>
#include <deque>
#include <map>

#include "base/error.h"
#include "base/text.h"
#include "media/picture.h"

namespace atelier::media {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t longest_name = 255;
constexpr std::size_t longest_digits = 12;

constexpr std::array<std::string_view, 3> order_names = {"forward", "backward", "coarse"};

[[noreturn]] void refuse_frames(std::string_view text, const std::string& why) {
    throw Error(Error::Kind::invalid, "the frames \"" + printable(text.substr(0, 80)) + "\" can't be read: " + why,
                "write them like 1-10,20,30-40:2");
}

int parse_frame(std::string_view text, std::string_view all) {
    const auto number = parse_int(text);
    if (!number) refuse_frames(all, "\"" + printable(text.substr(0, 30)) + "\" is no whole number");
    if (*number > max_frame_number || *number < -max_frame_number)
        refuse_frames(all, std::string(text.substr(0, 30)) + " is too large a number for a frame");
    return static_cast<int>(*number);
}

struct Range {
    int first = 0;
    int last = 0;
    int step = 1;
};

// "5", "1-10", "-5--1", "30-40:2": the minus that separates is the first one that isn't a sign.
Range parse_range(std::string_view text, std::string_view all) {
    Range range;
    const auto colon = text.find(':');
    const std::string_view span = trim(text.substr(0, colon));
    const auto minus = span.find('-', 1);
    range.first = parse_frame(trim(span.substr(0, minus)), all);
    range.last = minus == std::string_view::npos ? range.first : parse_frame(trim(span.substr(minus + 1)), all);
    if (colon != std::string_view::npos) {
        if (minus == std::string_view::npos) refuse_frames(all, "a step needs a range");
        range.step = parse_frame(trim(text.substr(colon + 1)), all);
    }
    if (range.step <= 0) refuse_frames(all, "a step is at least 1");
    if (range.last < range.first) refuse_frames(all, "the range " + std::string(span) + " ends before it begins");
    return range;
}

std::string print_range(const Range& range) {
    const std::string first = std::to_string(range.first);
    if (range.first == range.last) return first;
    const std::string text = first + "-" + std::to_string(range.last);
    return range.step == 1 ? text : text + ":" + std::to_string(range.step);
}

// The longest run of equal steps from `begin`; two frames are a run only when they are neighbours.
std::size_t run_length(const FrameNumbers& frames, std::size_t begin) {
    std::size_t end = begin + 1;
    if (end == frames.size()) return 1;
    const int step = frames[end] - frames[begin];
    while (end < frames.size() && frames[end] - frames[end - 1] == step)
        ++end;
    return end - begin > 2 || step == 1 ? end - begin : 1;
}

FrameNumbers coarse_order(const FrameNumbers& frames) {
    FrameNumbers ordered = {frames.front()};
    if (frames.size() > 1) ordered.push_back(frames.back());
    std::deque<std::pair<std::size_t, std::size_t>> between = {{0, frames.size() - 1}};  // both ends are taken
    for (; !between.empty(); between.pop_front()) {
        const auto [left, right] = between.front();
        if (right - left < 2) continue;
        const std::size_t middle = left + (right - left) / 2;
        ordered.push_back(frames[middle]);
        between.emplace_back(left, middle);
        between.emplace_back(middle, right);
    }
    return ordered;
}

// A name around its last run of digits. Files without zeros in front have numbers of different lengths: the shortest
// counts.
struct Sequence {
    std::size_t files = 0;
    std::size_t digits = longest_digits;
};
using Sequences = std::map<std::pair<std::string, std::string>, Sequence>;

void count_name(const std::string& name, Sequences& sequences) {
    const auto dot = name.rfind('.');
    if (dot == std::string::npos || dot == 0 || name.find('#') != std::string::npos) return;
    const auto last = name.find_last_of("0123456789", dot - 1);
    if (last == std::string::npos) return;
    const auto before = name.find_last_not_of("0123456789", last);
    const auto first = before == std::string::npos ? 0 : before + 1;
    if (last + 1 - first > longest_digits) return;
    Sequence& sequence = sequences[{name.substr(0, first), name.substr(last + 1)}];
    ++sequence.files;
    sequence.digits = std::min(sequence.digits, last + 1 - first);
}

fs::directory_iterator open_folder(const fs::path& folder) {
    std::error_code error;
    fs::directory_iterator entries(folder, error);
    if (error) throw Error::from_errno("cannot read the folder of frames " + folder.string(), error.value());
    return entries;
}

}  // namespace

FrameNumbers parse_frames(std::string_view text) {
    FrameNumbers frames;
    for (const std::string_view part : split(text, ',')) {
        if (trim(part).empty()) refuse_frames(text, "there is nothing between two commas");
        const Range range = parse_range(trim(part), text);
        const auto count = static_cast<std::size_t>((range.last - range.first) / range.step) + 1;
        if (frames.size() + count > max_frames)
            refuse_frames(text, "these are more than " + std::to_string(max_frames));
        for (std::size_t i = 0; i < count; ++i)
            frames.push_back(range.first + static_cast<int>(i) * range.step);
    }
    return in_order(std::move(frames), FrameOrder::forward);
}

std::string print_frames(const FrameNumbers& frames) {
    std::vector<std::string> ranges;
    for (std::size_t begin = 0; begin < frames.size();) {
        const std::size_t length = run_length(frames, begin);
        const int step = length > 1 ? frames[begin + 1] - frames[begin] : 1;
        ranges.push_back(print_range({frames[begin], frames[begin + length - 1], step}));
        begin += length;
    }
    return join(ranges, ",");
}

FrameOrder parse_frame_order(std::string_view text) {
    const auto found = std::find(order_names.begin(), order_names.end(), text);
    if (found != order_names.end()) return static_cast<FrameOrder>(found - order_names.begin());
    throw Error(Error::Kind::invalid, "there is no order of frames \"" + printable(text.substr(0, 40)) + "\"",
                "it is forward, backward or coarse");
}

std::string_view to_string(FrameOrder order) { return order_names[static_cast<std::size_t>(order)]; }

FrameNumbers in_order(FrameNumbers frames, FrameOrder order) {
    std::sort(frames.begin(), frames.end());
    frames.erase(std::unique(frames.begin(), frames.end()), frames.end());
    if (order == FrameOrder::backward) std::reverse(frames.begin(), frames.end());
    if (order == FrameOrder::coarse && !frames.empty()) return coarse_order(frames);
    return frames;
}

FramePattern FramePattern::parse(std::string_view text) {
    const auto refuse = [&](const std::string& why) -> Error {
        return {Error::Kind::invalid, "\"" + printable(text.substr(0, 80)) + "\" is no name of frames: " + why,
                "write it like frame_####.png"};
    };
    const auto first = text.find('#');
    if (first == std::string_view::npos) throw refuse("no # stands for the number");
    const auto last = text.find_last_of('#');
    if (text.substr(first, last - first + 1).find_first_not_of('#') != std::string_view::npos)
        throw refuse("there are several runs of #");
    if (text.find('/') != std::string_view::npos || text.find('\0') != std::string_view::npos)
        throw refuse("it is not a plain file name");
    FramePattern pattern;
    pattern.before_ = text.substr(0, first);
    pattern.after_ = text.substr(last + 1);
    pattern.digits_ = last - first + 1;
    if (pattern.digits_ > longest_digits) throw refuse("there are more than 12 #");
    if (text.size() + longest_digits > longest_name) throw refuse("it is too long");
    return pattern;
}

std::string FramePattern::name_of(int frame) const {
    std::string number = std::to_string(std::abs(static_cast<long>(frame)));
    if (number.size() < digits_) number.insert(0, digits_ - number.size(), '0');
    return before_ + (frame < 0 ? "-" : "") + number + after_;
}

std::optional<int> FramePattern::number_of(std::string_view name) const {
    if (name.size() < before_.size() + digits_ + after_.size()) return std::nullopt;
    if (!name.starts_with(before_) || !name.ends_with(after_)) return std::nullopt;
    const auto number = parse_int(name.substr(before_.size(), name.size() - before_.size() - after_.size()));
    if (!number || *number > max_frame_number || *number < -max_frame_number) return std::nullopt;
    const int frame = static_cast<int>(*number);
    return name_of(frame) == name ? std::optional(frame) : std::nullopt;
}

std::string FramePattern::text() const { return before_ + std::string(digits_, '#') + after_; }

FrameNumbers list_frames(const FrameFiles& files) {
    FrameNumbers frames;
    for (const auto& entry : open_folder(files.folder))
        if (const auto number = files.pattern.number_of(entry.path().filename().string())) frames.push_back(*number);
    std::sort(frames.begin(), frames.end());
    return frames;
}

FrameFiles find_frames(const std::vector<fs::path>& files) {
    std::map<fs::path, Sequences> folders;
    for (const fs::path& file : files) {
        const std::string name = file.filename().string();
        if (!name.starts_with('.') && kind_by_name(name)) count_name(name, folders[file.parent_path()]);
    }
    std::optional<FrameFiles> best;
    std::pair<std::size_t, std::ptrdiff_t> best_rank;
    for (const auto& [folder, sequences] : folders)
        for (const auto& [around, sequence] : sequences) {
            const std::pair rank{sequence.files, -std::distance(folder.begin(), folder.end())};
            if (best && rank <= best_rank) continue;
            best_rank = rank;
            best = {folder, FramePattern::parse(around.first + std::string(sequence.digits, '#') + around.second)};
        }
    if (!best)
        throw Error(Error::Kind::not_found, "there are no numbered pictures", "frames are called like frame_0001.png");
    return *best;
}

FrameFiles find_frames(const fs::path& folder) {
    std::vector<fs::path> files;
    open_folder(folder);  // says when it can't be read
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        if (entry.is_regular_file()) files.push_back(entry.path());
    return find_frames(files);
}

FrameNumbers missing_frames(const FrameNumbers& expected, const FrameNumbers& present) {
    FrameNumbers missing;
    std::set_difference(expected.begin(), expected.end(), present.begin(), present.end(), std::back_inserter(missing));
    return missing;
}

std::string name_frames(const FramePattern& pattern, const FrameNumbers& frames, std::size_t at_most) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < std::min(frames.size(), at_most); ++i)
        names.push_back(pattern.name_of(frames[i]));
    if (frames.size() <= at_most) return join(names, ", ");
    return join(names, ", ") + " and " + std::to_string(frames.size() - at_most) + " more";
}

}  // namespace atelier::media
