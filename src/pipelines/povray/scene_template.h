// Scenes with placeholders: {{ name }} in a .pov or .inc file becomes the value of a frame's row, from a CSV file with
// a head line or a JSON list of objects. {{ frame }} is there without being told.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace atelier::pipelines::povray {

using Row = std::map<std::string, std::string>;

constexpr std::size_t most_rows = 1'000'000;

// Throw Error::invalid with the line.
std::vector<Row> parse_csv(std::string_view text, const std::string& name);
std::vector<Row> parse_json_rows(std::string_view text, const std::string& name);
std::vector<Row> parse_rows(std::string_view text, const std::string& name);  // by the name's ending

// The names of all placeholders.
std::set<std::string> placeholders_in(std::string_view text);

// Throws Error::invalid that names the line of a placeholder that the row has no value for.
std::string fill(std::string_view text, const Row& row, const std::string& name);

}  // namespace atelier::pipelines::povray
