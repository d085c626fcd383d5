#include "pipelines/povray/job_maker.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <set>

#include "base/error.h"
#include "base/files.h"
#include "job/literal_text.h"
#include "media/frames.h"
#include "pipelines/povray/dependencies.h"
#include "pipelines/povray/scene_template.h"

namespace atelier::pipelines::povray {

namespace fs = std::filesystem;

namespace {

using Words = std::vector<std::string>;

constexpr int least_digits = 4;
constexpr int usual_width = 800;  // POV-Ray's own, told so that it is the same on every machine
constexpr int usual_height = 600;
constexpr int least_chunk = 4;
constexpr int most_chunk = 24;
constexpr int chunks_aimed_at = 8;
constexpr int most_processes = 6;
constexpr int tries = 2;             // a scene's error stays one; a machine's may not
constexpr int seconds_to_stop = 15;  // in which POV-Ray leaves the state of a picture
const std::string output = "{{Param.OutputDir}}";
constexpr const char* tool = "atelier-povray";
constexpr const char* media_tool = "atelier-media";

json::Value path_parameter(const std::string& name, const char* kind, const char* flow) {
    return json::Object{{"name", name}, {"type", "PATH"}, {"objectType", kind}, {"dataFlow", flow}};
}

void add(Words& words, const Words& more) { words.insert(words.end(), more.begin(), more.end()); }

class JobMaker {
public:
    explicit JobMaker(PovJob job) : job_(std::move(job)), place_{fs::absolute(job_.output), job_.name} {}

    MadeJob make() {
        find_scene();
        find_libraries();
        settle_options();
        find_files();
        check_data();
        if (plan_.animation)
            add_frames();
        else if (job_.rows > 0)
            add_rows();
        else
            add_still();
        finish();
        return std::move(made_);
    }

private:
    void find_scene() {
        const auto input = job_.options.get("Input_File_Name");
        if (!input)
            throw Error(Error::Kind::invalid, "nothing says which scene is to be drawn",
                        "an INI file has a line Input_File_Name=scene.pov");
        scene_ = fs::absolute(*input).lexically_normal();
        if (!fs::is_regular_file(scene_))
            throw Error(Error::Kind::not_found, "the scene " + scene_.string() + " is not there");
        roots_ = {scene_.parent_path()};
        set_value("SceneFolder", roots_[0], "DIRECTORY", "IN");
        scene_words_ = {"--scene", "{{Param.SceneFolder}}/" + literal_(scene_.filename().string()), "--library",
                        "{{Param.SceneFolder}}"};
    }

    // Those that a person names may lie anywhere; those of a scene's own settings only where the scene may read.
    void find_libraries() {
        for (const fs::path& library : job_.libraries)
            add_library(fs::absolute(library).lexically_normal());
        for (const std::string& named : job_.options.libraries()) {
            const fs::path library = (roots_[0] / named).lexically_normal();
            const std::string relative = library.lexically_relative(roots_[0]).string();
            if (!relative.starts_with("..") && fs::is_directory(library))
                add(scene_words_, {"--library", "{{Param.SceneFolder}}/" + literal_(relative)});
            else if (job_.trust && fs::is_directory(library))
                add_library(library);
            else if (!library.string().starts_with("/usr/share/povray"))
                made_.notes.push_back("the scene's Library_Path " + named +
                                      " is left out: it is not below the scene's folder; --library allows it");
        }
    }

    void add_library(const fs::path& library) {
        if (!fs::is_directory(library))
            throw Error(Error::Kind::not_found, "the library " + library.string() + " is not a folder");
        const std::string name = fmt::format("Library{}", roots_.size());
        roots_.push_back(library);
        set_value(name, library, "DIRECTORY", "IN");
        add(scene_words_, {"--library", "{{Param." + name + "}}"});
    }

    void settle_options() {
        plan_ = plan_of(job_.options);
        if (!job_.options.get("Width")) job_.options.set("Width", std::to_string(usual_width));
        if (!job_.options.get("Height")) job_.options.set("Height", std::to_string(usual_height));
        extension_ = extension_of(job_.options);
        if (job_.rows > 0) settle_rows();
        add(scene_words_, {"--settings", "{{Task.File.Settings}}", "--extension", extension_});
        add(scene_words_, {"--width", *job_.options.get("Width"), "--height", *job_.options.get("Height")});
        if (!job_.trust) scene_words_.emplace_back("--walled");
        for (const std::string& warning : job_.options.warnings())
            made_.notes.push_back(warning);
    }

    void settle_rows() {
        if (plan_.animation)
            throw Error(Error::Kind::invalid, "--rows is for a still; this is an animation",
                        "its frames are shared out by themselves");
        if (extension_ != ".png" && extension_ != ".exr")
            throw Error(Error::Kind::invalid, "parts of a still are joined as PNG or OpenEXR, not as " + extension_);
        if (job_.rows > job_.options.integer("Height", usual_height))
            throw Error(Error::Kind::invalid, fmt::format("there are fewer than {} rows", job_.rows));
        if (make_joinable(job_.options))
            made_.notes.emplace_back(
                "anti-aliasing is done by the adaptive method without jitter (+AM2 -J): only then parts join without "
                "a seam");
    }

    void find_files() {
        const Dependencies found = dependencies_of(scene_, roots_);
        for (std::size_t root = 0; root < roots_.size(); ++root)
            made_.only[root == 0 ? "SceneFolder" : fmt::format("Library{}", root)] = found.files[root];
        for (const std::string& missing : found.missing)
            made_.notes.push_back("not found, as far as the text tells: " + missing);
    }

    // Files with placeholders are those of the scene's own folder that hold one of the data's names.
    void check_data() {
        if (!job_.data) return;
        const auto rows = parse_rows(read_file(*job_.data), job_.data->string());
        if (rows.empty()) throw Error(Error::Kind::invalid, "there is no row in " + job_.data->string());
        for (const std::string& name : made_.only["SceneFolder"]) {
            const std::string text = read_file(roots_[0] / name);
            if (placeholders_in(text).empty()) continue;
            fills_.push_back(name);
            for (Row row : rows) {
                row.emplace("frame", "");
                fill(text, row, name);  // refused here, not in each task
            }
        }
        if (fills_.empty())
            throw Error(Error::Kind::invalid, "no file of the scene has a {{ placeholder }} for the data");
        plan_for_rows(static_cast<int>(rows.size()));
        set_value("Data", fs::absolute(*job_.data), "FILE", "IN");
    }

    void plan_for_rows(int rows) {
        if (!plan_.animation) {
            job_.options.set("Final_Frame", std::to_string(plan_.initial + rows - 1));
            plan_ = plan_of(job_.options);
            plan_.animation = true;  // also when there is one row
        }
        if (plan_.final - plan_.initial + 1 > rows)
            throw Error(Error::Kind::invalid,
                        fmt::format("there are {} rows for {} frames", rows, plan_.final - plan_.initial + 1));
    }

    void add_frames() {
        const std::size_t digits = std::max<std::size_t>(least_digits, std::to_string(plan_.final).size());
        const media::FramePattern pattern =
            media::FramePattern::parse("frame_" + std::string(digits, '#') + extension_);
        const media::JobFrames all{folder(), pattern, frames_wanted()};
        const media::FilmChoice choice = media::choose_film(job_.film, film_material());
        if (!choice.why_not.empty()) made_.notes.push_back(choice.why_not);
        made_.results.frames = place_.frames();
        if (choice.settings) made_.results.film = place_.film(choice.settings->codec);
        const auto chunks = choice.settings ? media::film_chunks(all.frames, media::FrameOrder::forward, job_.film)
                                            : std::vector<media::FrameNumbers>{all.frames};
        if (chunks.size() > 1)
            add_chunks(all, chunks);
        else
            add_frames_of_one_go(all, choice.settings.has_value());
        if (has_looks()) add_looks(all);
    }

    void add_frames_of_one_go(const media::JobFrames& all, bool with_film) {
        add_rendering("Render", all, all.frames.size());
        if (!with_film) return;
        add_step("Film", media_tool, film_words(all, job_.film, place_of_film(all.folder, job_.film)), nullptr,
                 rendering_);
    }

    // A long film is encoded in chunks, each as soon as its frames are there. Its steps come before those of the next
    // frames, so that they are what a free worker takes first.
    void add_chunks(const media::JobFrames& all, const std::vector<media::FrameNumbers>& chunks) {
        Words films;
        for (const media::FrameNumbers& chunk : chunks) {
            const media::JobFrames some{all.folder, all.pattern, chunk};
            const std::string name = " " + media::name_of_chunk(chunk);
            add_rendering("Render" + name, some, all.frames.size());
            films.push_back("Film" + name);
            add_step(films.back(), media_tool,
                     film_words(some, job_.film, place_of_chunk(all.folder, job_.film, chunk)), nullptr,
                     {rendering_.back()});
        }
        add_step("Film", media_tool, join_words(all, job_.film, chunks), nullptr, films);
    }

    // whole: frames of the job, which decide on how many a task has.
    void add_rendering(const std::string& name, const media::JobFrames& made, std::size_t whole) {
        const media::FrameNumbers& frames = made.frames;
        const int count = static_cast<int>(whole);
        const int chunk = job_.chunk > 0
                              ? job_.chunk
                              : std::clamp((count + chunks_aimed_at - 1) / chunks_aimed_at, least_chunk, most_chunk);
        const int processes = job_.processes > 0 ? job_.processes : std::min(chunk, most_processes);
        Words arguments{"frames", "--frames", "{{Task.Param.Frame}}"};
        add(arguments, {"--initial", std::to_string(plan_.initial), "--final", std::to_string(plan_.final)});
        add(arguments, {"--to", made.folder.frames(), "--pattern", made.pattern.text()});
        add(arguments, {"--processes", std::to_string(processes)});
        if (has_looks()) add(arguments, {"--thumbnails", made.folder.thumbnails()});
        if (job_.film.allow_gaps) add(arguments, {"--allow-gaps"});
        if (job_.data) add(arguments, {"--data", "{{Param.Data}}", "--folder", "{{Param.SceneFolder}}"});
        for (const std::string& file : fills_)
            add(arguments, {"--fill", literal_(file)});
        const bool contiguous = frames.back() - frames.front() + 1 == static_cast<int>(frames.size());
        add_step(
            name, tool, arguments,
            json::Object{{"name", "Frame"},
                         {"type", "CHUNK[INT]"},
                         {"range", media::print_frames(frames)},
                         {"chunks", json::Object{{"defaultTaskCount", chunk},
                                                 {"rangeConstraint", contiguous ? "CONTIGUOUS" : "NONCONTIGUOUS"}}}});
        rendering_.push_back(name);
    }

    bool has_looks() const {
        static const std::set<std::string> known = {".png", ".jpg", ".ppm", ".exr"};
        return job_.looks && known.contains(extension_);
    }

    media::FrameNumbers frames_wanted() const {
        media::FrameNumbers all;
        for (int frame = plan_.first; frame <= plan_.last; frame += plan_.step)
            all.push_back(frame);
        if (!job_.frames) return all;
        const media::FrameNumbers wanted = media::parse_frames(*job_.frames);
        if (wanted.front() < plan_.initial || wanted.back() > plan_.final)
            throw Error(Error::Kind::invalid, fmt::format("the frames {} don't lie within {} to {}", *job_.frames,
                                                          plan_.initial, plan_.final));
        return wanted;
    }

    media::FilmMaterial film_material() const {
        const bool may_be_deep = extension_ == ".png" || extension_ == ".ppm";
        const bool deep = may_be_deep && job_.options.integer("Bits_Per_Color", 8) > 8;
        return {"frames of more than 8 bits", "", extension_ == ".exr" || extension_ == ".hdr" || deep};
    }

    void add_looks(const media::JobFrames& frames) {
        add_step("Looks", media_tool, looks_words(frames), nullptr, rendering_);
        made_.results.report = place_.report();
    }

    void add_still() {
        const std::string file = job_.name + extension_;
        add_step("Render", tool, {"still", "--to", output + "/" + literal_(file)}, nullptr);
        made_.results.picture = place_.root / file;
    }

    void add_rows() {
        const std::string file = job_.name + extension_;
        const std::string parts = std::to_string(job_.rows);
        add_step("Render", tool,
                 {"bands", "--part", "{{Task.Param.Part}}", "--parts", parts, "--to", output + "/parts"},
                 json::Object{{"name", "Part"}, {"type", "INT"}, {"range", fmt::format("0-{}", job_.rows - 1)}});
        add_step("Join", tool,
                 {"join", "--from", output + "/parts", "--parts", parts, "--to", output + "/" + literal_(file)},
                 nullptr, {"Render"});
        made_.results.picture = place_.root / file;
    }

    // One that comes after none draws the scene.
    void add_step(const std::string& name, const char* program, Words arguments, json::Value parameter,
                  const Words& after = {}) {
        json::Object run{{"command", program},
                         {"cancelation",
                          json::Object{{"mode", "NOTIFY_THEN_TERMINATE"}, {"notifyPeriodInSeconds", seconds_to_stop}}}};
        json::Object script, step{{"name", name}};
        json::Array dependencies;
        for (const std::string& before : after)
            dependencies.push_back(json::Object{{"dependsOn", before}});
        if (after.empty()) {
            add(arguments, scene_words_);
            script["embeddedFiles"] =
                json::Array{json::Object{{"name", "Settings"},
                                         {"type", "TEXT"},
                                         {"filename", "settings.ini"},
                                         {"data", literal_("; of the farm\n" + job_.options.text_for_tasks())}}};
        } else {
            step["dependencies"] = std::move(dependencies);
        }
        run["args"] = json::Array(arguments.begin(), arguments.end());
        script["actions"] = json::Object{{"onRun", std::move(run)}};
        if (!parameter.is_null())
            step["parameterSpace"] = json::Object{{"taskParameterDefinitions", json::Array{std::move(parameter)}}};
        step["script"] = std::move(script);
        steps_.push_back(std::move(step));
    }

    void set_value(const std::string& name, const fs::path& path, const char* kind, const char* flow) {
        parameters_.push_back(path_parameter(name, kind, flow));
        made_.submission.values[name] = path.string();
    }

    void finish() {
        set_value("OutputDir", place_.root, "DIRECTORY", "OUT");
        std::string name = literal_(job_.name);
        literal_.define(parameters_);
        json::Object whole{{"specificationVersion", "jobtemplate-2023-09"},
                           {"extensions", json::Array{"TASK_CHUNKING"}},
                           {"name", std::move(name)},
                           {"parameterDefinitions", std::move(parameters_)},
                           {"steps", std::move(steps_)}};
        made_.submission.job_template = {json::text(whole), "json", "povray"};
        made_.submission.template_folder = fs::current_path().string();
        made_.submission.current_folder = fs::current_path().string();
        made_.submission.settings.sandbox = !job_.trust;
        made_.submission.settings.max_tries = tries;
        made_.submission.settings.tags = {"povray"};
    }

    // As the tasks see it.
    media::JobFolder folder() { return {output, literal_(job_.name)}; }

    PovJob job_;
    const media::JobFolder place_;
    MadeJob made_;
    fs::path scene_;
    std::vector<fs::path> roots_;
    FramePlan plan_;
    std::string extension_;
    Words scene_words_;  // of each task that draws
    Words fills_;
    Words rendering_;  // the steps that draw the frames
    job::LiteralText literal_;
    json::Array parameters_, steps_;
};

}  // namespace

MadeJob make_job(PovJob job) { return JobMaker(std::move(job)).make(); }

}  // namespace atelier::pipelines::povray
