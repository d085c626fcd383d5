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
        if (is_in_parts(parts_) && !parts_.frames.empty())
            add_part_steps();
        else
            add_frames_and_film();
        if (parts_.looks) add_media("Looks", looks_words(all_frames()), names_);
        json::Object document{{"specificationVersion", "jobtemplate-2023-09"},
                              {"name", parts_.name},
                              {"parameterDefinitions", parameters()},
                              {"steps", std::move(steps_)}};
        if (is_chunked(parts_)) document["extensions"] = json::Array{"TASK_CHUNKING"};
        return document;
    }

private:
    media::JobFrames all_frames() const { return {folder_, parts_.pattern, parts_.wanted}; }

    // A long film is encoded in chunks, each as soon as its frames are there. Its steps come before those of the next
    // frames, so that they are what a free worker takes first.
    void add_frames_and_film() {
        const auto chunks = parts_.film ? media::film_chunks(parts_.wanted, parts_.order, *parts_.film)
                                        : std::vector<media::FrameNumbers>{parts_.wanted};
        if (chunks.size() == 1) {
            add_frames(parts_.frames, "");
            return add_film();
        }
        const media::FilmWish& wish = *parts_.film;
        Words films;
        for (const media::FrameNumbers& chunk : chunks) {
            const std::string name = " " + media::name_of_chunk(chunk);
            const Words rendered = add_frames(of_chunk(chunk), name);
            add_media("Film" + name,
                      film_words({folder_, parts_.pattern, chunk}, wish, place_of_chunk(folder_, wish, chunk)),
                      rendered);
            films.push_back("Film" + name);
        }
        add_media("Film", join_words(all_frames(), wish, chunks), films);
    }

    void add_film() {
        if (parts_.film)
            add_media("Film", film_words(all_frames(), *parts_.film, place_of_film(folder_, *parts_.film)), names_);
    }

    // Those that are rendered, in their order.
    media::FrameNumbers of_chunk(const media::FrameNumbers& chunk) const {
        media::FrameNumbers frames = parts_.frames;
        std::erase_if(frames, [&](int frame) { return !std::binary_search(chunk.begin(), chunk.end(), frame); });
        return frames;
    }

    // The steps that were added. A range is sorted by the farm, a list is not; but a list has a bound, so many frames
    // in another order are several steps.
    Words add_frames(const media::FrameNumbers& frames, const std::string& name) {
        const bool is_range = parts_.order == media::FrameOrder::forward || parts_.chunk > 0;
        const std::size_t length = is_range ? frames.size() : longest_list;
        Words added;
        for (std::size_t begin = 0; begin < frames.size(); begin += length) {
            const media::FrameNumbers some(
                frames.begin() + static_cast<std::ptrdiff_t>(begin),
                frames.begin() + static_cast<std::ptrdiff_t>(std::min(frames.size(), begin + length)));
            added.push_back("Render" + name + (begin > 0 ? fmt::format(" ({})", added.size() + 1) : ""));
            json::Value range = json::Array(some.begin(), some.end());
            if (is_range) range = media::print_frames(some);
            parts_.chunk > 0 ? add_chunked_frames(added.back(), range) : add_single_frames(added.back(), range);
        }
        names_.insert(names_.end(), added.begin(), added.end());
        return added;
    }

    void add_single_frames(const std::string& name, json::Value range) {
        json::Object space{{"name", "Frame"}, {"type", "INT"}, {"range", std::move(range)}};
        const Words words = frame_words("{{Task.Param.Frame}}", frame_place());
        add_rendering_step(name, std::move(space), script_of(action("atelier-blender", words)));
    }

    // A Blender for each task, with several frames.
    void add_chunked_frames(const std::string& name, json::Value range) {
        json::Object space{
            {"name", "Frame"},
            {"type", "CHUNK[INT]"},
            {"range", std::move(range)},
            {"chunks", json::Object{{"defaultTaskCount", parts_.chunk}, {"rangeConstraint", "NONCONTIGUOUS"}}}};
        const Words words = own_words("{{Task.Param.Frame}}", frame_place());
        add_rendering_step(name, std::move(space), script_of(action("atelier-blender", words)));
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
        add_media("Join", join, {"Parts"});
        names_ = {"Join"};
        add_film();
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

    void add_media(const std::string& name, const Words& words, const Words& before) {
        steps_.push_back(after(step_of(name, {}, script_of(action("atelier-media", words))), before));
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
        if (parts_.looks && !is_in_parts(parts_)) add(words, {"--thumbnails", folder_.thumbnails()});
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
