// Small things that are done to text in many places.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace atelier {

std::string_view trim(std::string_view text);  // blanks, tabs, line ends
std::vector<std::string_view> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string lower(std::string_view text);  // ASCII only

std::optional<std::int64_t> parse_int(std::string_view text);  // the whole text, base 10, sign allowed
std::optional<double> parse_number(std::string_view text);     // the whole text; no hex, no "inf", no "nan"

// Unicode characters in UTF-8; nothing if it isn't valid UTF-8.
std::optional<std::size_t> count_characters(std::string_view utf8);

// What can be shown and stored: each byte that is not part of valid UTF-8 becomes \xNN.
std::string printable(std::string_view bytes);

std::string format_bytes(std::uint64_t bytes);                    // 512 B, 1.4 MB (powers of 1000)
std::optional<std::uint64_t> parse_bytes(std::string_view text);  // "10G", "512M", "1.5GiB", "4096"

// The candidate that was most likely meant, or nothing when none is near: "did you mean …?"
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates);

// Quoted for a POSIX shell, and only where that is needed.
std::string shell_quote(std::string_view word);

}  // namespace atelier
