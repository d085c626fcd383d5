#include "pipelines/blender/render_job.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "media/picture.h"
#include "pipelines/blender/blender_client.h"
#include "pipelines/blender/dependencies.h"
#include "pipelines/blender/render_template.h"

namespace atelier::pipelines::blender {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t most_named = 8;
constexpr std::size_t most_parts = 1024;
constexpr std::size_t pieces_of_a_sandboxed_job = 8;
constexpr std::size_t most_frames_of_one_start = 20;

Scene scene_of(const RenderRequest& request) {
    if (request.scene_name.empty()) return BlendFile::get_current_scene(request.scene);
    BlendFile file(request.scene);
    std::vector<std::string> names;
    for (const Scene& scene : file.scenes()) {
        if (scene.name == request.scene_name) return scene;
        names.push_back(scene.name);
    }
    throw Error(Error::Kind::not_found,
                fmt::format("{} has no scene '{}'", request.scene.string(), printable(request.scene_name)),
                names.empty() ? "it has none at all" : "it has " + printable(join(names, ", ")));
}

std::string engine_of(const RenderRequest& request, const Scene& scene) {
    static const std::map<std::string, std::string> short_names = {
        {"EEVEE", "BLENDER_EEVEE"}, {"WORKBENCH", "BLENDER_WORKBENCH"}, {"CYCLES", "CYCLES"}};
    static const std::set<std::string> of_the_past = {"BLENDER_RENDER", "BLENDER_GAME"};
    std::string name = request.engine;
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::toupper(c); });
    if (const auto known = short_names.find(name); known != short_names.end()) return known->second;
    if (name.empty() && of_the_past.contains(scene.engine.value_or("BLENDER_RENDER")))
        throw Error(Error::Kind::invalid,
                    fmt::format("{} is made for an engine that Blender no longer has ({})", request.scene.string(),
                                scene.engine.value_or("BLENDER_RENDER")),
                    "choose one: --engine cycles, eevee or workbench");
    return name;
}

// Films are rendered as frames and merged: never one task.
const ImageFormat& format_of(const RenderRequest& request, const Scene& scene) {
    const ImageFormat* format = request.format.empty() ? find_image_format(scene.image_type)
                                                       : find_image_format(std::string_view(request.format));
    if (format == nullptr || !format->can_be_rendered()) {
        std::vector<std::string> names;
        for (const ImageFormat& known : image_formats())
            if (known.can_be_rendered() && !known.film) names.emplace_back(known.name);
        const std::string wanted =
            request.format.empty() ? fmt::format("number {}", scene.image_type) : printable(request.format);
        throw Error(Error::Kind::invalid, "Blender can't write the format " + wanted,
                    "choose one with --format: " + join(names, ", "));
    }
    return format->film ? image_format(RenderOutputType::PNG) : *format;
}

media::FrameNumbers frames_of(const RenderRequest& request, const Scene& scene) {
    if (!request.frames.empty()) return media::parse_frames(request.frames);
    return media::parse_frames(fmt::format("{}-{}:{}", scene.start, scene.end, std::max(1, scene.step)));
}

std::string rate_of(const RenderRequest& request, const Scene& scene) {
    if (!request.film.rate.empty()) return media::to_string(media::parse_frame_rate(request.film.rate));
    if (scene.fps_base == 1) return std::to_string(scene.fps);
    return media::to_string(media::parse_frame_rate(fmt::format("{:.3f}", scene.frames_per_second())));
}

void refuse_missing(const std::vector<Dependency>& dependencies, const RenderRequest& request) {
    std::vector<std::string> missing;
    for (const Dependency& dependency : dependencies) {
        if (dependency.optional || (!dependency.missing && !dependency.problem)) continue;
        missing.push_back(fmt::format("{} ({})", printable(dependency.resolved), printable(dependency.block)));
    }
    if (missing.empty() || request.allow_missing) return;
    const std::size_t count = missing.size();
    missing.resize(std::min(count, most_named));
    throw Error(Error::Kind::not_found,
                fmt::format("{} needs {} that {} not there: {}{}", request.scene.string(),
                            count == 1 ? "a file" : fmt::format("{} files", count), count == 1 ? "is" : "are",
                            join(missing, ", "), count > most_named ? ", ..." : ""),
                "bring them, or render without them with --allow-missing");
}

// The folder that all the files lie in, and their paths below it.
struct Files {
    fs::path root;
    std::vector<std::string> paths;
};

Files files_of(const fs::path& scene, const std::vector<Dependency>& dependencies) {
    std::set<fs::path> all{scene};
    for (const Dependency& dependency : dependencies)
        for (const std::string& file : dependency.files)
            all.insert(fs::path(file).lexically_normal());
    Files files{scene.parent_path(), {}};
    for (const fs::path& file : all)
        while (file.lexically_relative(files.root).string().starts_with(".."))
            files.root = files.root.parent_path();
    for (const fs::path& file : all)
        files.paths.push_back(file.lexically_relative(files.root).string());
    return files;
}

// Those that lie there and can be read to their end.
media::FrameNumbers existing_frames(const media::FrameFiles& files, const media::FrameNumbers& wanted) {
    media::FrameNumbers good;
    for (const int frame : wanted) {
        const fs::path path = files.path_of(frame);
        if (!fs::exists(path)) continue;
        try {
            media::verify_picture(path);
            good.push_back(frame);
        } catch (const Error&) {  // rendered again
        }
    }
    return good;
}

bool can_be_looked_at(const ImageFormat& format) {
    static const std::set<RenderOutputType> known = {RenderOutputType::PNG, RenderOutputType::JPEG,
                                                     RenderOutputType::TIFF, RenderOutputType::WEBP,
                                                     RenderOutputType::OPEN_EXR};
    return known.contains(format.type);
}

// Blender keeps the scene's bits of a channel where the format can have them, and takes the most that it can have where
// it can't.
bool has_more_than_8_bits(const ImageFormat& format, const Scene& scene) {
    constexpr int eight_bits = 2;
    if (format.type == RenderOutputType::OPEN_EXR) return true;
    if (format.type != RenderOutputType::PNG && format.type != RenderOutputType::TIFF) return false;
    return scene.image_depth != 0 && scene.image_depth != eight_bits;
}

media::FilmMaterial material_of(const ImageFormat& format, const Scene& scene) {
    if (!can_be_looked_at(format))
        return {fmt::format("frames in the format {}", format.name),
                "render PNG, JPEG, TIFF, WEBP or OPEN_EXR with --format", false};
    const bool is_deep = has_more_than_8_bits(format, scene);
    return {is_deep ? "frames of more than 8 bits" : "these frames", "", is_deep};
}

Size size_of(const RenderRequest& request, const Scene& scene) {
    const Size full = request.size.value_or(Size{scene.width, scene.height});
    const int percent = request.percent > 0 ? request.percent : request.size ? 100 : scene.percentage;
    return {full.width * percent / 100, full.height * percent / 100};
}

// What only some of the engines know. Blender itself takes all of it from all, and does nothing.
void check_engine(const RenderRequest& request, const std::string& engine) {
    if (engine != "CYCLES" && (!request.device.empty() || request.slices > 0))
        throw Error(Error::Kind::invalid,
                    fmt::format("{} is for Cycles, and this scene is rendered by {}",
                                request.slices > 0 ? "--samples-slices" : "--device", printable(engine)),
                    "choose it by --engine cycles");
    static const std::set<int> of_workbench = {5, 8, 11, 16, 32};
    if (engine == "BLENDER_WORKBENCH" && request.samples > 0 && !of_workbench.contains(request.samples))
        throw Error(Error::Kind::invalid, fmt::format("Workbench can't render with {} samples", request.samples),
                    "it knows 5, 8, 11, 16 and 32");
    if (request.slices > 0 && request.samples > 0 && request.samples < request.slices)
        throw Error(Error::Kind::invalid,
                    fmt::format("{} samples can't be shared by {} slices", request.samples, request.slices));
}

void check_parts(const RenderRequest& request, const ImageFormat& format, const Size& size, std::size_t frames) {
    if (!request.tiles && request.slices == 0) return;
    if (request.chunk > 0) throw Error(Error::Kind::invalid, "a still in parts has no chunks of frames");
    if (request.tiles && request.slices > 0)
        throw Error(Error::Kind::invalid, "tiles and slices don't go together", "choose one of the two");
    if (frames != 1)
        throw Error(Error::Kind::invalid, fmt::format("parts are for a still, and these are {} frames", frames),
                    "choose the frame with --frames");
    if (format.type != RenderOutputType::PNG && format.type != RenderOutputType::OPEN_EXR)
        throw Error(Error::Kind::invalid, "parts can be joined as PNG and OPEN_EXR alone", "choose with --format");
    const std::size_t parts =
        request.tiles ? static_cast<std::size_t>(request.tiles->columns) * static_cast<std::size_t>(request.tiles->rows)
                      : static_cast<std::size_t>(request.slices);
    if (request.tiles && (request.tiles->columns > size.width || request.tiles->rows > size.height))
        throw Error(Error::Kind::invalid, fmt::format("{} x {} pixels can't be cut into {} x {} tiles", size.width,
                                                      size.height, request.tiles->columns, request.tiles->rows));
    if (parts < 1 || parts > most_parts)
        throw Error(Error::Kind::invalid, fmt::format("{} parts can't be made; at most {}", parts, most_parts));
}

// A '#' would stand for a number, braces for a value of the template.
std::string name_of(const fs::path& scene) {
    std::string name = scene.stem().string();
    for (char& letter : name)
        if (std::string_view("#{}").find(letter) != std::string_view::npos) letter = '_';
    return name;
}

json::Object settings_of(const RenderRequest& request, const ImageFormat& format, const std::string& engine,
                         const fs::path& root) {
    json::Object settings;
    const auto set = [&](const char* name, const auto& value, bool is_given) {
        if (is_given) settings[name] = value;
    };
    set("scene", request.scene_name, !request.scene_name.empty());
    set("camera", request.camera, !request.camera.empty());
    set("engine", engine, !engine.empty());
    settings["format"] = format.bpy_name;
    set("percent", request.percent, request.percent > 0);
    set("samples", std::max(1, request.samples / std::max(1, request.slices)), request.samples > 0);
    set("device", request.device, !request.device.empty());
    set("exact", true, request.tiles || request.slices > 0);
    set("denoise", false, !request.denoise);
    if (request.size) {
        settings["width"] = request.size->width;
        settings["height"] = request.size->height;
    }
    settings["root_before"] = root.string();
    return settings;
}

// A sandbox keeps no Blender open between tasks: each that is started is for several frames, and there are pieces for
// as many workers as a small farm has.
int chunk_of(const RenderRequest& request, std::size_t frames) {
    if (!request.settings.sandbox || request.chunk > 0) return request.chunk;
    return static_cast<int>(std::clamp<std::size_t>(frames / pieces_of_a_sandboxed_job, 1, most_frames_of_one_start));
}

// A scene, and what a person wants of it, made into a plan.
class Planner {
public:
    explicit Planner(const RenderRequest& request)
        : request_(request), file_(fs::absolute(request.scene).lexically_normal()), name_(name_of(file_)) {}

    RenderPlan plan() {
        plan_.scene = scene_of(request_);
        engine_ = engine_of(request_, plan_.scene);
        format_ = &format_of(request_, plan_.scene);
        wanted_ = frames_of(request_, plan_.scene);
        size_ = size_of(request_, plan_.scene);
        check_engine(request_, engine_.empty() ? plan_.scene.engine.value_or("") : engine_);
        check_parts(request_, *format_, size_, wanted_.size());
        find_files();
        choose_frames();
        choose_film();
        if (request_.looks && can_be_looked_at(*format_)) plan_.report = plan_.folder.report();
        submit();
        return std::move(plan_);
    }

private:
    void find_files() {
        DependencyLimits limits;
        limits.only_below = request_.only_below;
        const auto dependencies = find_dependencies(file_, limits);
        refuse_missing(dependencies, request_);
        files_ = files_of(file_, dependencies);
    }

    void choose_frames() {
        const fs::path output = request_.output.empty() ? fs::path("renders") / name_ : request_.output;
        plan_.folder = {fs::absolute(output).lexically_normal(), name_};
        plan_.format = format_->type;
        plan_.pattern = media::FramePattern::parse(name_ + "_####" + std::string(format_->extension));
        if (request_.skip_existing) plan_.skipped = existing_frames(plan_.files(), wanted_);
        if (request_.only) plan_.skipped = media::missing_frames(wanted_, *request_.only);
        plan_.frames = media::in_order(media::missing_frames(wanted_, plan_.skipped), request_.order);
        if (plan_.frames.empty() && !request_.only)
            throw Error(Error::Kind::conflict, fmt::format("all {} frames are there already", wanted_.size()),
                        "without --skip-existing they are rendered again");
    }

    // A still becomes a film only when it is asked for.
    void choose_film() {
        if (!request_.film.is_asked_for() && wanted_.size() < 2) return;
        film_ = request_.film;
        film_.rate = rate_of(request_, plan_.scene);
        const media::FilmChoice choice = media::choose_film(film_, material_of(*format_, plan_.scene));
        plan_.note = choice.why_not;
        if (choice.settings) plan_.film = plan_.folder.film(choice.settings->codec);
    }

    RenderTemplate parts() const {
        RenderTemplate parts;
        parts.name = name_;
        parts.pattern = plan_.pattern;
        parts.wanted = wanted_;
        parts.frames = plan_.frames;
        parts.order = request_.order;
        parts.settings = settings_of(request_, *format_, engine_, files_.root);
        parts.chunk = chunk_of(request_, plan_.frames.size());
        parts.tiles = request_.tiles;
        parts.size = size_;
        parts.slices = request_.slices;
        parts.keeps_earlier = !plan_.skipped.empty();
        parts.looks = !plan_.report.empty();
        parts.trust = request_.trust;
        parts.hang_seconds = request_.hang_seconds;
        parts.program = request_.program;
        if (!plan_.film.empty()) parts.film = film_;
        return parts;
    }

    void submit() {
        wire::Submission& submission = plan_.submission;
        submission.name = name_;
        submission.job_template = {json::text(render_template(parts())), "json", "render"};
        submission.template_folder = submission.current_folder = fs::current_path().string();
        submission.values = {{"Files", files_.root.string()},
                             {"Scene", file_.lexically_relative(files_.root).string()},
                             {"Output", plan_.folder.root.string()}};
        submission.settings = request_.settings;
        submission.settings.isolate |= request_.settings.sandbox;
        add_log_rules(submission.settings);
        plan_.inputs["Files"] = files_.paths;
        for (const int frame : plan_.skipped)
            if (const fs::path path = plan_.files().path_of(frame); fs::exists(path))
                plan_.inputs["Output"].push_back(path.lexically_relative(plan_.folder.root));
    }

    static void add_log_rules(wire::Settings& settings) {
        settings.log_rules.push_back({"Blender hangs: ", wire::ResultClass::stalled});
        settings.log_rules.push_back({std::string(scene_problem), wire::ResultClass::failed_job});
        settings.log_rules.push_back(
            {"out of memory|Out of memory|Malloc returns null", wire::ResultClass::failed_resource});
    }

    const RenderRequest& request_;
    const fs::path file_;
    const std::string name_;
    RenderPlan plan_;
    std::string engine_;
    const ImageFormat* format_ = nullptr;
    media::FrameNumbers wanted_;  // the skipped ones too
    Size size_;
    Files files_;
    media::FilmWish film_;
};

}  // namespace

RenderPlan plan_render(const RenderRequest& request) { return Planner(request).plan(); }

}  // namespace atelier::pipelines::blender
