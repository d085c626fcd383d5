#include "pipelines/povray/scene_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "pipelines/povray/switches.h"

namespace atelier::pipelines::povray {

namespace fs = std::filesystem;

namespace {

constexpr int deepest_include = 16;
constexpr int largest_frame = 10'000'000;
constexpr int largest_side = 100'000;

// The farm's own business, or a matter of a screen: a task is told other things, or nothing.
constexpr std::array not_for_tasks{"all_console",
                                   "all_file",
                                   "append_file",
                                   "continue_trace",
                                   "create_continue_trace_log",
                                   "create_ini",
                                   "debug_console",
                                   "debug_file",
                                   "display",
                                   "display_gamma",
                                   "draw_vistas",
                                   "end_column",
                                   "end_row",
                                   "fatal_console",
                                   "fatal_file",
                                   "frame_step",
                                   "input_file_name",
                                   "output_file_name",
                                   "output_to_file",
                                   "palette",
                                   "pause_when_done",
                                   "preview_end_size",
                                   "preview_start_size",
                                   "render_console",
                                   "render_file",
                                   "start_column",
                                   "start_row",
                                   "statistic_console",
                                   "statistic_file",
                                   "subset_end_frame",
                                   "subset_start_frame",
                                   "test_abort",
                                   "test_abort_count",
                                   "verbose",
                                   "video_mode",
                                   "warning_console",
                                   "warning_file",
                                   "work_threads",
                                   "warning_level",
                                   "create_histogram",
                                   "histogram_name",
                                   "histogram_type",
                                   "histogram_grid_size"};

bool is_for_tasks(std::string_view name) {
    return std::find(not_for_tasks.begin(), not_for_tasks.end(), name) == not_for_tasks.end();
}

// POV-Ray would start a program for it: never here.
bool is_shellout(std::string_view name) {
    return (name.starts_with("pre_") || name.starts_with("post_") || name.starts_with("user_abort_") ||
            name.starts_with("fatal_error_")) &&
           (name.ends_with("_command") || name.ends_with("_return"));
}

bool is_plain(std::string_view name) {
    return !name.empty() && std::all_of(name.begin(), name.end(), [](char letter) {
        return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '_';
    });
}

[[noreturn]] void refuse(std::string_view name, std::string_view value, const std::string& hint = {}) {
    throw Error(Error::Kind::invalid, fmt::format("{}={} can't be", name, printable(value)), hint);
}

void check_number(std::string_view name, std::string_view value) {
    struct Bounds {
        std::string_view name;
        int least, most;
    };
    static constexpr Bounds integers[] = {{"width", 1, largest_side},          {"height", 1, largest_side},
                                          {"initial_frame", 0, largest_frame}, {"final_frame", 0, largest_frame},
                                          {"frame_step", 1, largest_frame},    {"quality", 0, 11}};
    for (const Bounds& bounds : integers) {
        if (name != bounds.name) continue;
        const auto number = parse_int(value);
        if (!number || *number < bounds.least || *number > bounds.most)
            refuse(name, value, fmt::format("a whole number from {} to {}", bounds.least, bounds.most));
    }
    static constexpr std::array reals{"initial_clock", "final_clock", "clock", "subset_start_frame",
                                      "subset_end_frame"};
    if (std::find(reals.begin(), reals.end(), name) != reals.end() && !parse_number(value))
        refuse(name, value, "a number");
}

std::string in_quotes(std::string_view value) {
    if (value.find_first_of(" \t;#'") == std::string_view::npos) return std::string(value);
    return '"' + std::string(value) + '"';
}

void check_text(std::string_view name, std::string_view value) {
    for (const char letter : value)
        if (static_cast<unsigned char>(letter) < ' ' || letter == '"') refuse(name, value, "quotes and line ends");
}

// A border of the subset: a number of a frame, or, below 1 and with a point, a part of the whole.
int subset_border(const SceneOptions& options, std::string_view name, const FramePlan& plan, int otherwise) {
    const auto text = options.get(name);
    if (!text) return otherwise;
    const double value = options.number(name, 0);
    if (text->find('.') != std::string::npos && value >= 0 && value <= 1)
        return plan.initial + static_cast<int>(std::lround((plan.final - plan.initial) * value));
    return static_cast<int>(std::clamp(value, -1.0, 2.0 * largest_frame));
}

void read_ini_into(const IniName& name, SceneOptions& options, int depth);

void apply_word(const std::string& word, const fs::path& folder, SceneOptions& options, int depth) {
    if (word.starts_with('+') || word.starts_with('-')) return options.set_switch(word);
    const std::size_t equals = word.find('=');
    if (equals != std::string::npos && is_plain(lower(word.substr(0, equals))))
        return options.set(word.substr(0, equals), word.substr(equals + 1));
    IniName ini = parse_ini_name(word);
    if (lower(ini.path.extension().string()) != ".ini") return options.set("Input_File_Name", word);
    ini.path = folder / ini.path;
    read_ini_into(ini, options, depth + 1);
}

void read_ini_into(const IniName& name, SceneOptions& options, int depth) {
    const std::string shown = name.path.string();
    if (depth > deepest_include)
        throw Error(Error::Kind::invalid, "INI files include each other in a circle", {}, shown);
    if (!fs::exists(name.path)) throw Error(Error::Kind::not_found, "the INI file " + shown + " is not there");
    const fs::path folder = name.path.parent_path();
    for (const IniItem& item :
         items_of_section(parse_ini(read_file(name.path, most_ini_bytes), shown), name.section, shown)) {
        try {
            if (item.name.empty())
                apply_word(item.value, folder, options, depth);
            else if (lower(item.name) == "include_ini")
                apply_word(item.value, folder, options, depth);
            else
                options.set(item.name, item.value);
        } catch (const Error& error) {
            if (!error.where().empty()) throw;
            throw Error(error.kind(), error.what(), error.hint(), shown + ":" + std::to_string(item.line));
        }
    }
}

// Relative paths of a file are those from its folder; what was set before stays as it is.
void anchor(SceneOptions& options, const fs::path& folder, const std::optional<std::string>& input_before) {
    const auto input = options.get("Input_File_Name");
    if (!input || input == input_before) return;
    fs::path scene = folder / *input;
    if (!fs::exists(scene) && !scene.has_extension()) scene += ".pov";
    options.set("Input_File_Name", fs::absolute(scene).lexically_normal().string());
}

}  // namespace

void SceneOptions::set(std::string_view name, std::string_view value) {
    const std::string key = lower(name);
    if (!is_plain(key)) throw Error(Error::Kind::invalid, "this is no setting: " + printable(name));
    check_text(key, value);
    check_number(key, value);
    if (is_shellout(key)) {
        if (!value.empty()) warnings_.push_back(fmt::format("{} is left out: a scene starts no programs here", name));
        return;
    }
    if (key == "declare") return declares_.emplace_back(value), void();
    if (key == "library_path") return libraries_.emplace_back(value), void();
    const auto found =
        std::find_if(settings_.begin(), settings_.end(), [&](const auto& setting) { return setting.first == key; });
    if (found == settings_.end())
        settings_.emplace_back(key, value);
    else
        found->second = value;
}

void SceneOptions::set_switch(std::string_view word) {
    for (const auto& [name, value] : settings_of_switch(word))
        set(name, value);
}

std::optional<std::string> SceneOptions::get(std::string_view name) const {
    const std::string key = lower(name);
    for (const auto& [known, value] : settings_)
        if (known == key) return value;
    return std::nullopt;
}

bool SceneOptions::is_on(std::string_view name, bool otherwise) const {
    const auto value = get(name);
    if (!value) return otherwise;
    const std::string word = lower(*value);
    return word == "on" || word == "true" || word == "yes" || word == "1";
}

int SceneOptions::integer(std::string_view name, int otherwise) const {
    const auto value = get(name);
    return value ? static_cast<int>(parse_int(*value).value_or(otherwise)) : otherwise;
}

double SceneOptions::number(std::string_view name, double otherwise) const {
    const auto value = get(name);
    return value ? parse_number(*value).value_or(otherwise) : otherwise;
}

std::string SceneOptions::text_for_tasks() const {
    std::string text;
    for (const auto& [name, value] : settings_)
        if (is_for_tasks(name)) text += name + "=" + in_quotes(value) + "\n";
    for (const std::string& value : declares_)
        text += "declare=" + in_quotes(value) + "\n";
    return text;
}

std::string FramePlan::range() const {
    if (first == last) return std::to_string(first);
    const int reached = first + (last - first) / step * step;
    return step == 1 ? fmt::format("{}-{}", first, last) : fmt::format("{}-{}:{}", first, reached, step);
}

FramePlan plan_of(const SceneOptions& options) {
    FramePlan plan;
    plan.initial = options.integer("Initial_Frame", 1);
    plan.final = options.integer("Final_Frame", plan.initial);
    if (plan.final < plan.initial)
        throw Error(Error::Kind::invalid,
                    fmt::format("the last frame {} comes before the first, {}", plan.final, plan.initial));
    plan.animation = plan.final > plan.initial;
    plan.step = options.integer("Frame_Step", 1);
    plan.first = subset_border(options, "Subset_Start_Frame", plan, plan.initial);
    plan.last = subset_border(options, "Subset_End_Frame", plan, plan.final);
    if (plan.first < plan.initial || plan.last > plan.final || plan.last < plan.first)
        throw Error(Error::Kind::invalid, fmt::format("the frames {} to {} don't lie within {} to {}", plan.first,
                                                      plan.last, plan.initial, plan.final));
    return plan;
}

std::string extension_of(const SceneOptions& options) {
    const std::string type = options.get("Output_File_Type").value_or("N");
    static constexpr std::pair<char, const char*> known[] = {{'n', ".png"}, {'p', ".ppm"}, {'j', ".jpg"},
                                                             {'t', ".tga"}, {'c', ".tga"}, {'b', ".bmp"},
                                                             {'e', ".exr"}, {'h', ".hdr"}};
    for (const auto& [letter, extension] : known)
        if (!type.empty() && lower(type)[0] == letter) return extension;
    throw Error(Error::Kind::invalid, "POV-Ray writes no pictures of the type \"" + printable(type) + "\" here",
                "N (PNG), J, T, B, P, E (OpenEXR) or H");
}

bool make_joinable(SceneOptions& options) {
    if (!options.is_on("Antialias")) return false;
    const bool joins = options.integer("Sampling_Method", 1) == 2 && !options.is_on("Jitter", true);
    options.set("Sampling_Method", "2");
    options.set("Jitter", "off");
    return !joins;
}

void read_ini(const IniName& name, SceneOptions& options) {
    const auto before = options.get("Input_File_Name");
    read_ini_into(name, options, 0);
    anchor(options, name.path.parent_path(), before);
}

void apply_words(const std::vector<std::string>& words, const fs::path& folder, SceneOptions& options) {
    const auto before = options.get("Input_File_Name");
    for (const std::string& word : words)
        apply_word(word, folder, options, 0);
    anchor(options, folder, before);
}

}  // namespace atelier::pipelines::povray
