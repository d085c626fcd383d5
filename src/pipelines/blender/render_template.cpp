#include "pipelines/blender/render_template.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "job/literal_text.h"

namespace atelier::pipelines::blender {

namespace {

using Words = std::vector<std::string>;

const std::string output = "{{Param.Output}}";
constexpr std::size_t longest_list = 1024;  // of values that a template may list

void add(Words& words, const Words& more) { words.insert(words.end(), more.begin(), more.end()); }

json::Array array_of(const Words& words) { return json::Array(words.begin(), words.end()); }

json::Object action(const char* command, const Words& arguments) {
    return {{"command", command}, {"args", array_of(arguments)}};
}

json::Object script_of(json::Object on_run) { return {{"actions", json::Object{{"onRun", std::move(on_run)}}}}; }

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

std::string extension_of(const media::FramePattern& pattern) {
    const std::string text = pattern.text();
    return text.substr(text.rfind('.'));
}

bool is_in_parts(const RenderTemplate& parts) { return parts.tiles || parts.slices > 0; }
bool is_chunked(const RenderTemplate& parts) { return parts.chunk > 0 && !is_in_parts(parts) && !parts.frames.empty(); }

class TemplateMaker {
public:
    explicit TemplateMaker(const RenderTemplate& parts) : parts_(parts), folder_{output, parts.name} {}

    json::Value make() {
        if (!parts_.frames.empty()) add_rendering();
        const media::JobFrames frames{folder_, parts_.pattern, parts_.wanted};
        if (parts_.film) add_media("Film", film_words(frames, *parts_.film));
        if (parts_.looks) add_media("Looks", looks_words(frames));
        json::Object document{{"specificationVersion", "jobtemplate-2023-09"},
                              {"name", parts_.name},
                              {"parameterDefinitions", parameters()},
                              {"steps", std::move(steps_)}};
        if (is_chunked(parts_)) document["extensions"] = json::Array{"TASK_CHUNKING"};
        return document;
    }

private:
    void add_rendering() {
        if (is_in_parts(parts_)) return add_part_steps();
        if (is_chunked(parts_)) return add_chunk_step();
        add_frame_steps();
    }

    // A range is sorted by the farm, a list is not; but a list has a bound, so many frames in another order are several
    // steps.
    void add_frame_steps() {
        if (parts_.in_order) return add_frame_step(json::Value(media::print_frames(parts_.frames)));
        for (std::size_t begin = 0; begin < parts_.frames.size(); begin += longest_list) {
            const std::size_t end = std::min(parts_.frames.size(), begin + longest_list);
            add_frame_step(json::Array(parts_.frames.begin() + static_cast<std::ptrdiff_t>(begin),
                                       parts_.frames.begin() + static_cast<std::ptrdiff_t>(end)));
        }
    }

    void add_frame_step(json::Value range) {
        const std::string name = names_.empty() ? "Render" : fmt::format("Render {}", names_.size() + 1);
        json::Object space{{"name", "Frame"}, {"type", "INT"}, {"range", std::move(range)}};
        const Words words = frame_words("{{Task.Param.Frame}}", frame_place());
        add_rendering_step(name, std::move(space), script_of(action("atelier-blender", words)));
        names_.push_back(name);
    }

    // A Blender for each task, with several frames.
    void add_chunk_step() {
        json::Object space{
            {"name", "Frame"},
            {"type", "CHUNK[INT]"},
            {"range", media::print_frames(parts_.frames)},
            {"chunks", json::Object{{"defaultTaskCount", parts_.chunk}, {"rangeConstraint", "NONCONTIGUOUS"}}}};
        const Words words = own_words("{{Task.Param.Frame}}", frame_place());
        add_rendering_step("Render", std::move(space), script_of(action("atelier-blender", words)));
        names_.emplace_back("Render");
    }

    // A still in parts: tiles, or slices with other seeds; then the joining.
    void add_part_steps() {
        const int count = parts_.tiles ? parts_.tiles->columns * parts_.tiles->rows : parts_.slices;
        const std::string stem = parts_.name + "_part-";
        json::Object space{{"name", "Part"}, {"type", "INT"}, {"range", fmt::format("0-{}", count - 1)}};
        add_rendering_step("Parts", std::move(space), script_of(action("atelier-blender", part_words(stem))));

        Words join{parts_.tiles ? "join" : "average"};
        for (int part = 0; part < count; ++part)
            join.push_back(fmt::format("{}/parts/{}{}{}", output, stem, part, extension_of(parts_.pattern)));
        if (parts_.tiles) add(join, {"--columns", std::to_string(parts_.tiles->columns)});
        add(join, {"--to", folder_.frames() / parts_.pattern.name_of(parts_.frames[0])});
        names_ = {"Parts"};
        add_media("Join", join);
        names_ = {"Join"};
    }

    Words part_words(const std::string& stem) {
        const std::string frame = std::to_string(parts_.frames.at(0));
        const std::string place = output + "/parts/" + stem + "{{Task.Param.Part}}";
        Words words = parts_.chunk > 0 ? own_words(frame, place) : frame_words(frame, place);
        if (parts_.tiles)
            add(words, {"--tile", "{{Task.Param.Part}}", "--grid",
                        fmt::format("{}x{}", parts_.tiles->columns, parts_.tiles->rows), "--size",
                        fmt::format("{}x{}", parts_.size.width, parts_.size.height)});
        else
            add(words, {"--seed", "{{Task.Param.Part}}"});
        return words;
    }

    // With a Blender that stays open for the session, or, in chunks, one of each task's own.
    void add_rendering_step(const std::string& name, json::Object space, json::Object script) {
        if (parts_.chunk > 0) script["embeddedFiles"] = json::Array{settings_file()};
        json::Object step = step_of(name, std::move(space), std::move(script));
        if (parts_.chunk == 0) step["stepEnvironments"] = json::Array{blender_environment()};
        steps_.push_back(std::move(step));
    }

    void add_media(const char* name, const Words& words) {
        steps_.push_back(after(step_of(name, {}, script_of(action("atelier-media", words))), names_));
    }

    // Without its extension: Blender appends it.
    std::string frame_place() const {
        return folder_.frames() / std::filesystem::path(parts_.pattern.text()).replace_extension();
    }

    Words frame_words(const std::string& frame, const std::string& place) const {
        return {"frame", frame, "--place", place, "--hang", std::to_string(parts_.hang_seconds)};
    }

    Words own_words(const std::string& frames, const std::string& place) {
        Words words{"frames", frames, "--place", place};
        add(words, opening("{{Task.File.Settings}}"));
        return words;
    }

    Words opening(const std::string& settings) {
        Words words{"{{Param.Files}}/{{Param.Scene}}",
                    "--settings",
                    settings,
                    "--root",
                    "{{Param.Files}}",
                    "--output",
                    output,
                    "--hang",
                    std::to_string(parts_.hang_seconds),
                    "--blender",
                    literal_(parts_.program)};
        if (parts_.trust) words.emplace_back("--trust");
        return words;
    }

    json::Object settings_file() {
        return {{"name", "Settings"}, {"type", "TEXT"}, {"data", literal_(json::text(parts_.settings))}};
    }

    json::Object blender_environment() {
        Words words{"open"};
        add(words, opening("{{Env.File.Settings}}"));
        return {{"name", "Blender"},
                {"script", json::Object{{"embeddedFiles", json::Array{settings_file()}},
                                        {"actions", json::Object{{"onEnter", action("atelier-blender", words)}}}}}};
    }

    json::Array parameters() const {
        const char* flow = parts_.keeps_earlier ? "INOUT" : "OUT";
        json::Array all{
            json::Object{{"name", "Files"}, {"type", "PATH"}, {"objectType", "DIRECTORY"}, {"dataFlow", "IN"}},
            json::Object{{"name", "Scene"}, {"type", "STRING"}},
            json::Object{{"name", "Output"}, {"type", "PATH"}, {"objectType", "DIRECTORY"}, {"dataFlow", flow}}};
        literal_.define(all);
        return all;
    }

    const RenderTemplate& parts_;
    const media::JobFolder folder_;
    json::Array steps_;
    Words names_;  // of the steps that the frames come from
    job::LiteralText literal_;
};

}  // namespace

json::Value render_template(const RenderTemplate& parts) { return TemplateMaker(parts).make(); }

}  // namespace atelier::pipelines::blender
