// POV-Ray's INI files as text: sections, settings, and lines of words (switches such as +W640, names of other files).
// What they mean is the matter of scene_options.h. Bounded: comes from strangers.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace atelier::pipelines::povray {

struct IniItem {
    std::string section;  // in lower case; empty before the first
    std::string name;     // of a setting, as it is written; empty for a word
    std::string value;    // of the setting, without its quotes; or the word
    int line = 0;
};

constexpr std::size_t most_ini_bytes = 1 << 20;
constexpr std::size_t most_ini_items = 20'000;

// Throws Error::invalid with the line. `name` is for errors.
std::vector<IniItem> parse_ini(std::string_view text, const std::string& name);

// Words of a line: separated by blanks, "quoted" or 'quoted' in parts, up to a comment (; or #).
std::vector<std::string> ini_words(std::string_view line);

// The items that count for a section: those before the first section, and its own. Throws Error::not_found for one that
// isn't there; without a section (empty), those before the first.
std::vector<IniItem> items_of_section(std::vector<IniItem> items, std::string_view section, const std::string& name);

// "scene.ini[high]" as path and section.
struct IniName {
    std::filesystem::path path;
    std::string section;
};
IniName parse_ini_name(std::string_view text);

}  // namespace atelier::pipelines::povray
