// The options that come with a scene, by name: one table for the query, for forms and for the OpenAPI document.
#include "base/error.h"
#include "base/pair.h"
#include "base/text.h"
#include "pipelines/blender/task_scheduler.h"

namespace atelier::pipelines::blender {

namespace {

using Set = void (*)(RenderTaskOptions& options, const std::string& name, const std::string& value);

template <std::string RenderRequest::*Member>
void text(RenderTaskOptions& options, const std::string&, const std::string& value) {
    options.request.*Member = value;
}

template <std::string media::FilmWish::*Member>
void film(RenderTaskOptions& options, const std::string&, const std::string& value) {
    options.request.film.*Member = value;
}

bool flag_of(const std::string& name, const std::string& value) {
    if (value != "true" && value != "false")
        throw Error(Error::Kind::invalid, "'" + name + "' is true or false", {}, name);
    return value == "true";
}

template <bool RenderRequest::*Member>
void flag(RenderTaskOptions& options, const std::string& name, const std::string& value) {
    options.request.*Member = flag_of(name, value);
}

template <int RenderRequest::*Member, int Most>
void number(RenderTaskOptions& options, const std::string& name, const std::string& value) {
    const auto parsed = parse_int(value);
    if (!parsed || *parsed < 1 || *parsed > Most)
        throw Error(Error::Kind::invalid, "'" + name + "' is a number from 1 to " + std::to_string(Most), {}, name);
    options.request.*Member = static_cast<int>(*parsed);
}

void size(RenderTaskOptions& options, const std::string& name, const std::string& value) {
    const auto [width, height] = parse_pair(value, name);
    options.request.size = Size{width, height};
}

void device(RenderTaskOptions& options, const std::string& name, const std::string& value) {
    if (value != "cpu" && value != "gpu") throw Error(Error::Kind::invalid, "'" + name + "' is cpu or gpu", {}, name);
    options.request.device = value;
}

struct Option {
    RenderTaskOption name;
    Set set;
};

const std::vector<Option>& table() {
    static const std::vector<Option> options = {
        {{"upload", "string", "what the file is called; frames and film are named after it"},
         [](RenderTaskOptions& task, const std::string&, const std::string& value) { task.upload = value; }},
        {{"blend", "string", "which .blend of a zip is rendered; else the only one at its top"},
         [](RenderTaskOptions& task, const std::string&, const std::string& value) { task.blend = value; }},
        {{"frames", "string", "1-10,20,30-40:2; else the scene's own"}, text<&RenderRequest::frames>},
        {{"scene", "string", "which scene of the file; else the current one"}, text<&RenderRequest::scene_name>},
        {{"camera", "string", "which camera"}, text<&RenderRequest::camera>},
        {{"engine", "string", "cycles, eevee or workbench"}, text<&RenderRequest::engine>},
        {{"format", "string", "of the frames: PNG, JPEG, OPEN_EXR, ..."}, text<&RenderRequest::format>},
        {{"size", "string", "WIDTHxHEIGHT"}, size},
        {{"percent", "integer", "of the size"}, number<&RenderRequest::percent, 1000>},
        {{"samples", "integer", "of Cycles and EEVEE"}, number<&RenderRequest::samples, 1'000'000>},
        {{"device", "string", "cpu or gpu"}, device},
        {{"film", "string", "mp4, h265, webm, av1, mov, gif; none: the result is a zip of the frames"},
         film<&media::FilmWish::codec>},
        {{"quality", "string", "of the film: draft, good, best, lossless"}, film<&media::FilmWish::quality>},
        {{"fps", "string", "frames per second of the film"}, film<&media::FilmWish::rate>},
        {{"tone", "string", "how frames of 16 and 32 bits become a film: standard, filmic"},
         film<&media::FilmWish::tone>},
        {{"allow_missing", "boolean", "render also when files that the scene names weren't sent"},
         flag<&RenderRequest::allow_missing>},
        {{"sandbox", "boolean", "false: Blender sees its worker's files; quicker for many short frames"},
         [](RenderTaskOptions& task, const std::string& name, const std::string& value) {
             task.sandbox = flag_of(name, value);
         }},
        {{"trust", "boolean", "let the scene's own scripts run; for admins"}, flag<&RenderRequest::trust>},
    };
    return options;
}

}  // namespace

void RenderTaskOptions::set(const std::string& name, const std::string& value) {
    for (const Option& option : table())
        if (name == option.name.name) return option.set(*this, name, value);
    std::vector<std::string> names;
    for (const Option& option : table())
        names.emplace_back(option.name.name);
    throw Error(Error::Kind::invalid, "there is no option '" + printable(name) + "'", "there are " + join(names, ", "),
                printable(name));
}

const std::vector<RenderTaskOption>& render_task_options() {
    static const std::vector<RenderTaskOption> names = [] {
        std::vector<RenderTaskOption> all;
        for (const Option& option : table())
            all.push_back(option.name);
        return all;
    }();
    return names;
}

}  // namespace atelier::pipelines::blender
