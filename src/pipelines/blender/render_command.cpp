// The commands `render` and `blend`.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/json_struct.h"
#include "base/pair.h"
#include "base/text.h"
#include "cli/exit_status.h"
#include "cli/run.h"
#include "media/film_tool.h"
#include "media/output_folder.h"
#include "pipelines/blender/commands.h"
#include "pipelines/blender/dependencies.h"
#include "pipelines/blender/render_job.h"

namespace atelier::pipelines::blender {

namespace fs = std::filesystem;

namespace {

struct Render {
    RenderRequest request;
    cli::RunOptions options;
    std::string size, tiles, order = "forward";
    bool retry_bad = false;

    void add_scene(CLI::App& command) {
        command.add_option("SCENE", request.scene, "A .blend")->required();
        command.add_option("--output", request.output, "A folder; else renders/NAME");
        command.add_option("--scene", request.scene_name, "Which of its scenes");
        command.add_option("--camera", request.camera, "Which of its cameras");
        command.add_option("--frames", request.frames, "1-10,20,30-40:2; else the scene's own");
        command.add_option("--engine", request.engine, "cycles, eevee, workbench");
        command.add_option("--format", request.format, "PNG, JPEG, OPEN_EXR, ...");
        command.add_option("--size", size, "WIDTHxHEIGHT");
        command.add_option("--percent", request.percent, "Of the size")->check(CLI::Range(1, 1000));
        command.add_option("--samples", request.samples)->check(CLI::PositiveNumber);
        command.add_option("--device", request.device, "cpu, or gpu: fails when no card can render")
            ->check(CLI::IsMember({"cpu", "gpu"}));
        command.add_flag("!--no-denoise", request.denoise,
                         "Cycles shows its noise, also where the scene says otherwise");
        command.add_flag("--trust", request.trust, "Let the scene's own scripts run");
        command.add_flag("--allow-missing", request.allow_missing, "Render without files that aren't there");
        command.add_option("--blender", request.program, "Another Blender than the one in PATH");
    }

    void add_work(CLI::App& command) {
        command.add_option("--order", order, "forward, backward, coarse: first, last, middle, then finer");
        command.add_flag("--skip-existing", request.skip_existing, "Frames that are there and whole stay");
        command.add_option("--chunk", request.chunk, "A Blender of its own for each so many frames")
            ->check(CLI::PositiveNumber);
        command.add_option("--tiles", tiles, "COLUMNSxROWS: a still in parts, joined to the same pixels");
        command.add_option("--samples-slices", request.slices, "A still (Cycles) as the mean of so many")
            ->check(CLI::Range(2, 1024));
        command.add_option("--hang", request.hang_seconds, "Such as 90s, 5m: without a line and without work; else 5m")
            ->transform(CLI::AsNumberWithUnit(std::map<std::string, int>{{"s", 1}, {"m", 60}, {"h", 3600}},
                                              CLI::AsNumberWithUnit::UNIT_REQUIRED))
            ->check(CLI::PositiveNumber);
        command.add_option("--max-tries", request.settings.max_tries, "Tries of a frame that fails; else 3")
            ->check(CLI::Range(1, 100));
        command.add_option("--workers", options.workers, "Blenders at one time; else one a core")
            ->check(CLI::Range(1, 1024));
        command.add_option("--priority", request.settings.priority)->check(CLI::Range(0, 100));
        command.add_flag("--sandbox", request.settings.sandbox, "Let Blender see only the scene's own files");
        command.add_flag("--isolate", request.settings.isolate, "Give Blender copies of the files");
        command.add_flag("--in-place", options.in_place, "The server's workers see these files: send nothing");
        command.add_flag("--dry-run", options.dry_run, "Show the job, run nothing");
    }

    void add_film(CLI::App& command) {
        command.add_option("--film", request.film.codec,
                           "mp4, h265, webm, av1, mov, gif, none; else mp4 of an animation");
        command.add_option("--quality", request.film.quality, "draft, good, best, lossless");
        command.add_option("--fps", request.film.rate, "Frames per second; else the scene's own");
        command.add_option("--tone", request.film.tone, "How 16 and 32 bits become a film: standard, filmic");
        command
            .add_option("--film-chunk", request.film.chunk,
                        "Frames of a long film that are encoded while others are rendered; 0: all in one go")
            ->check(CLI::NonNegativeNumber);
        command.add_flag("--allow-gaps", request.film.allow_gaps, "A film also without frames that failed");
        command.add_flag("--retry-bad", retry_bad, "Render frames again that look wrong: black, cut off, ...");
        command.add_flag("!--no-looks", request.looks, "No thumbnails, no contact sheet, no search for bad frames");
    }

    int run(cli::Output& output) {
        if (!size.empty()) {
            const auto [width, height] = parse_pair(size, "--size");
            request.size = Size{width, height};
        }
        if (!tiles.empty()) {
            const auto [columns, rows] = parse_pair(tiles, "--tiles");
            request.tiles = Grid{columns, rows};
        }
        request.order = media::parse_frame_order(order);
        const int status = render(plan_render(request), output);
        if (!told.empty()) output.json(document());
        return status;
    }

private:
    int render(const RenderPlan& plan, cli::Output& output) {
        if (options.dry_run) return submit(plan, output);
        media::check_writable(plan.folder.frames());
        if (!plan.note.empty()) output.warn(plan.note);
        if (!plan.skipped.empty()) output.say(fmt::format("{} frames are there already", plan.skipped.size()));
        int status = submit(plan, output);
        if (status == cli::failed && request.film.allow_gaps && !plan.film.empty())
            status = finish_with_gaps(plan, output);
        media::Results results{plan.folder.frames(), plan.film, {}, plan.report, media::read_bad_frames(plan.report)};
        if (retry_bad && !results.bad.empty()) {
            output.say(fmt::format("frames {} look wrong and are rendered again", media::print_frames(results.bad)));
            request.only = results.bad;
            status = submit(plan_render(request), output);
            results.bad = media::read_bad_frames(plan.report);
        }
        if (status == cli::done) tell(plan, results, output);
        return status;
    }

    // What an older render told of bad frames is not of this one.
    int submit(const RenderPlan& plan, cli::Output& output) {
        if (!options.dry_run && !plan.report.empty()) fs::remove(plan.report);
        options.only = plan.inputs;
        cli::Conclusion end = cli::bring_to_end(plan.submission, options, output);
        if (!end.told.is_null()) told.push_back(std::move(end.told));
        return end.status;
    }

    // The farm makes no film of frames that failed. Whoever wants one all the same has it made of what is there.
    int finish_with_gaps(const RenderPlan& plan, cli::Output& output) {
        if (media::list_frames(plan.files()).empty()) return cli::failed;
        output.say("the film is made without the frames that failed");
        request.only = media::FrameNumbers{};
        return submit(plan_render(request), output);
    }

    void tell(const RenderPlan& plan, const media::Results& results, cli::Output& output) {
        media::remove_chunks(plan.folder);
        for (const std::string& line : lines_about(results))
            output.say(line);
        told.back().as_object()["results"] = to_json(results);
    }

    // The last job, and those that it took up from.
    json::Value document() {
        json::Value last = std::move(told.back());
        told.pop_back();
        if (!told.empty()) last.as_object()["before"] = std::move(told);
        return last;
    }

    json::Array told;
};

int show_info(const fs::path& path, cli::Output& output) {
    BlendFile file(path);
    const Header& header = file.header();
    json::Object object;
    object["header"] = json::write(header);
    const auto scene = file.current_scene();
    object["scene"] = scene ? json::write(*scene) : json::Value(nullptr);
    output.json(object);
    output.say(fmt::format("Blender {}, {} bit, {}-endian", header.version_text(), header.pointer_size * 8,
                           header.endianness == ByteOrder::big ? "big" : "little"));
    if (!scene) {
        output.say("no scene");
        return cli::done;
    }
    output.say(fmt::format("scene   {}", printable(scene->name)));
    output.say(
        fmt::format("frames  {} to {}, step {}: {}", scene->start, scene->end, scene->step, scene->frame_count()));
    output.say(fmt::format("size    {} x {} at {} %", scene->width, scene->height, scene->percentage));
    output.say(fmt::format("rate    {:.6g} frames per second", scene->frames_per_second()));
    output.say(fmt::format("engine  {}", printable(scene->engine.value_or("(of before 2.5)"))));
    output.say(fmt::format("format  {}", scene->image_format.value_or(std::to_string(scene->image_type))));
    output.say(fmt::format("camera  {}", printable(scene->camera.value_or("(none)"))));
    output.say(fmt::format("output  {}", printable(scene->output)));
    return cli::done;
}

int show_scenes(const fs::path& path, cli::Output& output) {
    BlendFile file(path);
    const auto scenes = file.scenes();
    json::Array list;
    std::vector<std::vector<std::string>> rows;
    for (const Scene& scene : scenes) {
        list.push_back(json::write(scene));
        rows.push_back({printable(scene.name), fmt::format("{}-{}:{}", scene.start, scene.end, scene.step),
                        fmt::format("{}x{}", scene.rendered_width(), scene.rendered_height()),
                        printable(scene.engine.value_or("")), printable(scene.camera.value_or(""))});
    }
    output.json(list);
    output.table({{"scene"}, {"frames"}, {"size"}, {"engine"}, {"camera"}}, rows);
    return cli::done;
}

// Fails when something is missing, so that scripts can ask.
int show_dependencies(const fs::path& path, cli::Output& output) {
    json::Array list;
    std::vector<std::vector<std::string>> rows;
    bool is_complete = true;
    for (const Dependency& dependency : find_dependencies(path)) {
        const bool is_lacking = (dependency.missing || dependency.problem) && !dependency.optional;
        is_complete &= !is_lacking;
        list.push_back(json::write(dependency));
        const std::string state = dependency.problem   ? printable(*dependency.problem)
                                  : dependency.missing ? "missing"
                                                       : fmt::format("{}", dependency.files.size());
        rows.push_back({printable(dependency.block), printable(dependency.resolved), state});
    }
    output.json(list);
    output.table({{"block"}, {"path"}, {"files"}}, rows);
    return is_complete ? cli::done : cli::failed;
}

using Show = int (*)(const fs::path&, cli::Output&);

void add_show(CLI::App& command, cli::Context& context, const char* name, const char* summary, Show show) {
    CLI::App& verb = cli::add_verb(command, name, summary, fmt::format("atelier blend {} scene.blend", name));
    const auto path = std::make_shared<fs::path>();
    verb.add_option("FILE", *path, "A .blend")->required();
    cli::when_chosen(verb, context, [path, show, &context] { return show(*path, context.output); });
}

}  // namespace

void add_render(CLI::App& command, cli::Context& context) {
    const auto render = std::make_shared<Render>();
    render->add_scene(command);
    render->add_work(command);
    render->add_film(command);
    cli::when_chosen(command, context, [render, &context] { return render->run(context.output); });
}

void add_blend(CLI::App& command, cli::Context& context) {
    command.require_subcommand(1);
    add_show(command, context, "info", "its version, and the scene that would be rendered", show_info);
    add_show(command, context, "scenes", "its scenes with their settings", show_scenes);
    add_show(command, context, "deps", "the files outside of it that a render needs", show_dependencies);
}

}  // namespace atelier::pipelines::blender
