#include "engines/blender_lines.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace atelier::engines {

namespace {

// "12.5M" behind the word, as Blender writes sizes.
std::optional<std::uint64_t> size_after(std::string_view line, std::string_view word) {
    const std::size_t at = line.find(word);
    if (at == std::string_view::npos) return std::nullopt;
    const std::string_view rest = line.substr(at + word.size());
    double number = 0;
    const auto [end, problem] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (problem != std::errc() || end == rest.data() + rest.size() || number < 0 || number > 1e9) return std::nullopt;
    constexpr double mebi = 1024.0 * 1024.0;
    const double unit = *end == 'G' ? mebi * 1024 : *end == 'K' ? 1024 : mebi;
    return static_cast<std::uint64_t>(number * unit);
}

// "80/256" or "51 / 64" behind the word.
std::optional<double> part_after(std::string_view text, std::string_view word) {
    const std::size_t at = text.find(word);
    if (at == std::string_view::npos) return std::nullopt;
    const std::string_view rest = text.substr(at + word.size());
    const std::size_t slash = rest.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const std::string_view whole_text = trim(rest.substr(slash + 1));
    const auto done = parse_int(trim(rest.substr(0, slash)));
    const auto whole = parse_int(whole_text.substr(0, whole_text.find_first_not_of("0123456789")));
    if (!done || !whole || *whole <= 0 || *done < 0 || *done > *whole) return std::nullopt;
    return static_cast<double>(*done) / static_cast<double>(*whole);
}

// Of a frame in tiles the samples are those of one tile; how many tiles there are stands in the line, too.
std::optional<double> fraction_of(std::string_view doing) {
    const auto samples = part_after(doing, "Sample ");
    if (const auto tiles = part_after(doing, "Rendered ")) {
        const std::size_t slash = doing.find('/');
        const std::string_view rest = doing.substr(slash + 1);
        const auto count = parse_int(rest.substr(0, rest.find_first_not_of("0123456789")));
        return std::min(1.0, *tiles + samples.value_or(0) / static_cast<double>(count.value_or(1)));
    }
    return samples ? samples : part_after(doing, "Rendering ");
}

}  // namespace

std::optional<BlenderLine> parse_blender_line(std::string_view line) {
    if (!line.starts_with("Fra:")) return std::nullopt;
    BlenderLine told;
    told.peak_memory = size_after(line, "(Peak ");
    const std::size_t bar = line.rfind(" | ");
    if (bar == std::string_view::npos) return told;
    const std::string_view doing = trim(line.substr(bar + 3));
    told.doing = doing;
    told.fraction = fraction_of(doing);
    return told;
}

}  // namespace atelier::engines
