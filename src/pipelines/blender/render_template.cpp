#include "pipelines/blender/render_template.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

namespace atelier::pipelines::blender {

namespace {

using Words = std::vector<std::string>;

const std::string output = "{{Param.Output}}";
constexpr std::size_t longest_list = 1024;  // of values that a template may list

json::Array array_of(const Words& words) { return json::Array(words.begin(), words.end()); }

json::Object action(const char* command, const Words& arguments) {
    return {{"command", command}, {"args", array_of(arguments)}};
}

json::Object script_of(json::Object on_run) { return {{"actions", json::Object{{"onRun", std::move(on_run)}}}}; }

// Two braces would begin or end a reference of the template's; in JSON one of them can be written otherwise.
std::string without_references(std::string text) {
    for (const auto& [braces, otherwise] : {std::pair{"{{", "{\\u007b"}, std::pair{"}}", "}\\u007d"}})
        for (std::size_t at = 0; (at = text.find(braces, at)) != std::string::npos;)
            text.replace(at, 2, otherwise);
    return text;
}

Words opening(const RenderTemplate& parts, const std::string& settings) {
    Words words{"{{Param.Files}}/{{Param.Scene}}",
                "--settings",
                settings,
                "--root",
                "{{Param.Files}}",
                "--output",
                "{{Param.Output}}",
                "--hang",
                std::to_string(parts.hang_seconds),
                "--blender",
                parts.program};
    if (parts.trust) words.emplace_back("--trust");
    return words;
}

json::Object settings_file(const RenderTemplate& parts) {
    return {{"name", "Settings"}, {"type", "TEXT"}, {"data", without_references(json::text(parts.settings))}};
}

json::Object blender_environment(const RenderTemplate& parts) {
    Words words{"open"};
    const Words rest = opening(parts, "{{Env.File.Settings}}");
    words.insert(words.end(), rest.begin(), rest.end());
    return {{"name", "Blender"},
            {"script", json::Object{{"embeddedFiles", json::Array{settings_file(parts)}},
                                    {"actions", json::Object{{"onEnter", action("atelier-blender", words)}}}}}};
}

json::Object step_of(const std::string& name, json::Object space, json::Object script) {
    json::Object step{{"name", name}, {"script", std::move(script)}};
    if (!space.empty())
        step["parameterSpace"] = json::Object{{"taskParameterDefinitions", json::Array{std::move(space)}}};
    return step;
}

json::Object after(json::Object step, const Words& before) {
    if (before.empty()) return step;
    json::Array dependencies;
    for (const std::string& name : before)
        dependencies.push_back(json::Object{{"dependsOn", name}});
    step["dependencies"] = std::move(dependencies);
    return step;
}

std::string stem_of(const media::FramePattern& pattern) {
    const std::string text = pattern.text();
    return text.substr(0, text.rfind('.'));
}

std::string extension_of(const media::FramePattern& pattern) {
    const std::string text = pattern.text();
    return text.substr(text.rfind('.'));
}

Words frame_words(const RenderTemplate& parts, const std::string& frame, const std::string& place) {
    return {"frame", frame, "--place", "{{Param.Output}}/" + place, "--hang", std::to_string(parts.hang_seconds)};
}

// By a Blender of the task's own.
Words own_words(const RenderTemplate& parts, const std::string& frames, const std::string& place) {
    Words words{"frames", frames, "--place", "{{Param.Output}}/" + place};
    const Words rest = opening(parts, "{{Task.File.Settings}}");
    words.insert(words.end(), rest.begin(), rest.end());
    return words;
}

json::Object own_script(const RenderTemplate& parts, const Words& words) {
    json::Object script = script_of(action("atelier-blender", words));
    script["embeddedFiles"] = json::Array{settings_file(parts)};
    return script;
}

// A range is sorted by the farm, a list is not; but a list has a bound, so many frames in another order are several
// steps.
void add_frame_steps(const RenderTemplate& parts, json::Array& steps, Words& names) {
    const auto add = [&](json::Value range) {
        const std::string name = names.empty() ? "Render" : fmt::format("Render {}", names.size() + 1);
        json::Object space{{"name", "Frame"}, {"type", "INT"}, {"range", std::move(range)}};
        json::Object step = step_of(
            name, space,
            script_of(action("atelier-blender", frame_words(parts, "{{Task.Param.Frame}}", stem_of(parts.pattern)))));
        step["stepEnvironments"] = json::Array{blender_environment(parts)};
        steps.push_back(std::move(step));
        names.push_back(name);
    };
    if (parts.in_order) return add(json::Value(media::print_frames(parts.frames)));
    for (std::size_t begin = 0; begin < parts.frames.size(); begin += longest_list) {
        const std::size_t end = std::min(parts.frames.size(), begin + longest_list);
        add(json::Array(parts.frames.begin() + static_cast<std::ptrdiff_t>(begin),
                        parts.frames.begin() + static_cast<std::ptrdiff_t>(end)));
    }
}

// A Blender for each task, with several frames.
void add_chunk_step(const RenderTemplate& parts, json::Array& steps, Words& names) {
    json::Object space{
        {"name", "Frame"},
        {"type", "CHUNK[INT]"},
        {"range", media::print_frames(parts.frames)},
        {"chunks", json::Object{{"defaultTaskCount", parts.chunk}, {"rangeConstraint", "NONCONTIGUOUS"}}}};
    const Words words = own_words(parts, "{{Task.Param.Frame}}", stem_of(parts.pattern));
    steps.push_back(step_of("Render", space, own_script(parts, words)));
    names.emplace_back("Render");
}

// A still in parts: tiles, or slices with other seeds; then the joining.
void add_part_steps(const RenderTemplate& parts, json::Array& steps, Words& names) {
    const int count = parts.tiles ? parts.tiles->columns * parts.tiles->rows : parts.slices;
    const std::string stem = parts.name + "_part-";
    const std::string frame = std::to_string(parts.frames.at(0));
    const std::string place = "parts/" + stem + "{{Task.Param.Part}}";
    Words words = parts.chunk > 0 ? own_words(parts, frame, place) : frame_words(parts, frame, place);
    if (parts.tiles) {
        const Words tile{"--tile", "{{Task.Param.Part}}",
                         "--grid", fmt::format("{}x{}", parts.tiles->columns, parts.tiles->rows),
                         "--size", fmt::format("{}x{}", parts.size.width, parts.size.height)};
        words.insert(words.end(), tile.begin(), tile.end());
    } else {
        words.insert(words.end(), {"--seed", "{{Task.Param.Part}}"});
    }
    json::Object space{{"name", "Part"}, {"type", "INT"}, {"range", fmt::format("0-{}", count - 1)}};
    if (parts.chunk > 0) {
        steps.push_back(step_of("Parts", space, own_script(parts, words)));
    } else {
        json::Object step = step_of("Parts", space, script_of(action("atelier-blender", words)));
        step["stepEnvironments"] = json::Array{blender_environment(parts)};
        steps.push_back(std::move(step));
    }

    Words join{parts.tiles ? "join" : "average"};
    for (int part = 0; part < count; ++part)
        join.push_back(fmt::format("{{{{Param.Output}}}}/parts/{}{}{}", stem, part, extension_of(parts.pattern)));
    if (parts.tiles) join.insert(join.end(), {"--columns", std::to_string(parts.tiles->columns)});
    join.insert(join.end(), {"--to", "{{Param.Output}}/" + parts.pattern.name_of(parts.frames[0])});
    steps.push_back(after(step_of("Join", {}, script_of(action("atelier-media", join))), {"Parts"}));
    names.emplace_back("Join");
}

bool is_in_parts(const RenderTemplate& parts) { return parts.tiles || parts.slices > 0; }
bool is_chunked(const RenderTemplate& parts) { return parts.chunk > 0 && !is_in_parts(parts) && !parts.frames.empty(); }

void add_rendering(const RenderTemplate& parts, json::Array& steps, Words& names) {
    if (is_in_parts(parts)) return add_part_steps(parts, steps, names);
    if (is_chunked(parts)) return add_chunk_step(parts, steps, names);
    add_frame_steps(parts, steps, names);
}

json::Object media_step(const char* name, const Words& words, const Words& before) {
    return after(step_of(name, {}, script_of(action("atelier-media", words))), before);
}

json::Array parameters_of(const RenderTemplate& parts) {
    const char* flow = parts.keeps_earlier ? "INOUT" : "OUT";
    return {json::Object{{"name", "Files"}, {"type", "PATH"}, {"objectType", "DIRECTORY"}, {"dataFlow", "IN"}},
            json::Object{{"name", "Scene"}, {"type", "STRING"}},
            json::Object{{"name", "Output"}, {"type", "PATH"}, {"objectType", "DIRECTORY"}, {"dataFlow", flow}}};
}

}  // namespace

json::Value render_template(const RenderTemplate& parts) {
    json::Array steps;
    Words names;
    if (!parts.frames.empty()) add_rendering(parts, steps, names);
    const media::FrameWords frames{output, parts.pattern, parts.wanted};
    if (!parts.film_file.empty())
        steps.push_back(media_step("Film", film_words(frames, parts.film, output + "/" + parts.film_file), names));
    if (parts.looks) steps.push_back(media_step("Looks", looks_words(frames, output, parts.name), names));
    json::Object document{{"specificationVersion", "jobtemplate-2023-09"},
                          {"name", parts.name},
                          {"parameterDefinitions", parameters_of(parts)},
                          {"steps", std::move(steps)}};
    if (is_chunked(parts)) document["extensions"] = json::Array{"TASK_CHUNKING"};
    return document;
}

}  // namespace atelier::pipelines::blender
