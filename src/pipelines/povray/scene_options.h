// What POV-Ray is told of a scene, from INI files, switches and the command line together: later words win, all
// settings are kept. Those that are the farm's own (display, consoles, threads, subsets, where the pictures go) are
// left out when the settings are handed to a task.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipelines/povray/ini.h"

namespace atelier::pipelines::povray {

class SceneOptions {
public:
    // Names are POV-Ray's, in any case ("Width"). Throws Error::invalid for a value that can't be.
    void set(std::string_view name, std::string_view value);
    // "+W640", "-A", "+KFI1"; throws Error::invalid for one that POV-Ray doesn't know.
    void set_switch(std::string_view word);

    // The last value; empty text and nothing differ.
    std::optional<std::string> get(std::string_view name) const;
    bool is_on(std::string_view name, bool otherwise = false) const;
    int integer(std::string_view name, int otherwise) const;
    double number(std::string_view name, double otherwise) const;

    const std::vector<std::string>& libraries() const { return libraries_; }
    const std::vector<std::string>& warnings() const { return warnings_; }

    // As an INI file for the tasks: what decides on the pixels, and nothing else.
    std::string text_for_tasks() const;

private:
    std::vector<std::pair<std::string, std::string>> settings_;  // names in lower case, in the order of their first set
    std::vector<std::string> declares_;
    std::vector<std::string> libraries_;
    std::vector<std::string> warnings_;
};

// Which frames there are to draw.
struct FramePlan {
    bool animation = false;
    int initial = 1;
    int final = 1;
    int step = 1;
    int first = 1;  // of the subset
    int last = 1;

    std::string range() const;  // "1-60", "1-60:10": as Open Job Description has it
    bool operator==(const FramePlan&) const = default;
};

FramePlan plan_of(const SceneOptions& options);  // throws Error::invalid

// Image files that POV-Ray writes: by the letter of Output_File_Type.
std::string extension_of(const SceneOptions& options);  // ".png"; throws Error::invalid for a type that isn't known

// Makes parts of a still join to the same pixels as the whole: the adaptive method without jitter, when the scene is
// anti-aliased. True when something was changed.
bool make_joinable(SceneOptions& options);

// Reads an INI file into the options, with the files that it includes; `seen` guards against circles. Paths in it are
// taken from its own folder: the scene's becomes absolute. Returns nothing but what it sets.
void read_ini(const IniName& name, SceneOptions& options);

// Words as on POV-Ray's command line: switches, Name=Value, other.ini, scene.pov.
void apply_words(const std::vector<std::string>& words, const std::filesystem::path& folder, SceneOptions& options);

}  // namespace atelier::pipelines::povray
