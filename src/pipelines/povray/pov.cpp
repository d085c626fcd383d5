#include "pipelines/povray/pov.h"

#include "base/error.h"
#include "base/pair.h"
#include "base/text.h"
#include "cli/exit_status.h"
#include "cli/run.h"
#include "media/film_tool.h"
#include "media/frames.h"
#include "media/job_folder.h"

namespace atelier::pipelines::povray {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void refuse(const std::string& what, const std::string& hint) {
    throw Error(Error::Kind::invalid, what, hint);
}

void apply_size(const std::string& size, SceneOptions& options) {
    if (size.empty()) return;
    const auto [width, height] = parse_pair(size, "--size");
    options.set("Width", std::to_string(width));
    options.set("Height", std::to_string(height));
}

void apply_clock(const std::string& clock, SceneOptions& options) {
    if (clock.empty()) return;
    const std::size_t dots = clock.find("..");
    if (dots == std::string::npos) return options.set("Clock", clock);
    options.set("Initial_Clock", clock.substr(0, dots));
    options.set("Final_Clock", clock.substr(dots + 2));
}

void apply_antialias(const std::string& antialias, SceneOptions& options) {
    if (antialias.empty()) return;
    options.set("Antialias", antialias == "off" ? "off" : "on");
    if (antialias == "on" || antialias == "off") return;
    if (!parse_number(antialias)) refuse("--antialias is on, off, or a threshold such as 0.3", {});
    options.set("Antialias_Threshold", antialias);
}

void apply_format(const std::string& format, SceneOptions& options) {
    if (format.empty()) return;
    static constexpr std::pair<std::string_view, std::string_view> known[] = {
        {"png", "N"}, {"png16", "N"}, {"jpg", "J"}, {"jpeg", "J"}, {"tga", "T"},
        {"bmp", "B"}, {"ppm", "P"},   {"exr", "E"}, {"hdr", "H"}};
    for (const auto& [name, type] : known)
        if (name == format) {
            options.set("Output_File_Type", type);
            return options.set("Bits_Per_Color", name.ends_with("16") ? "16" : "8");
        }
    refuse("POV-Ray writes no pictures of the format " + format, "png, png16, jpg, tga, bmp, ppm, exr, hdr");
}

// An animation that the files tell of is kept, and a part of it drawn; for a lone scene they say what it is.
void apply_frames(const std::string& frames, PovJob& job) {
    if (frames.empty()) return;
    const media::FrameNumbers numbers = media::parse_frames(frames);
    if (!job.options.get("Final_Frame")) {
        job.options.set("Initial_Frame", std::to_string(numbers.front()));
        job.options.set("Final_Frame", std::to_string(numbers.back()));
    }
    job.frames = frames;
}

void read_files(const PovRequest& request, SceneOptions& options) {
    const IniName name = parse_ini_name(request.file);
    const std::string ending = lower(name.path.extension().string());
    if (ending == ".ini")
        read_ini({fs::absolute(name.path), name.section}, options);
    else
        options.set("Input_File_Name", fs::absolute(request.file).string());
    apply_words(request.words, fs::current_path(), options);
}

void tell(media::Results results, const PovJob& job, cli::Conclusion& end, cli::Output& output) {
    std::error_code ignored;
    if (job.rows > 0) fs::remove_all(job.output / "parts", ignored);
    media::remove_chunks({job.output, job.name});
    if (!results.report.empty()) results.bad = media::read_bad_frames(results.report);
    for (const std::string& line : lines_about(results))
        output.say(line);
    end.told.as_object()["results"] = to_json(results);
}

}  // namespace

PovJob pov_job(const PovRequest& request) {
    PovJob job;
    read_files(request, job.options);
    apply_size(request.size, job.options);
    apply_clock(request.clock, job.options);
    apply_antialias(request.antialias, job.options);
    apply_format(request.format, job.options);
    if (!request.quality.empty()) job.options.set("Quality", request.quality);
    apply_frames(request.frames, job);
    job.name = !request.name.empty() ? request.name : parse_ini_name(request.file).path.stem().string();
    job.output = !request.output.empty() ? request.output : fs::path("renders") / job.name;
    job.libraries = request.libraries;
    job.film = request.film;
    if (!request.data.empty()) job.data = request.data;
    job.looks = request.looks;
    job.rows = request.rows;
    job.chunk = request.chunk;
    job.processes = request.processes;
    job.trust = request.trust;
    return job;
}

int run_pov(const PovRequest& request, cli::Output& output) {
    const PovJob job = pov_job(request);
    MadeJob made = make_job(job);
    made.submission.settings.priority = request.priority;
    for (const std::string& note : made.notes)
        output.warn(note);
    const cli::RunOptions options{request.workers, request.in_place, request.dry_run, made.only};
    cli::Conclusion end = cli::bring_to_end(made.submission, options, output);
    if (end.status == cli::done && !request.dry_run) tell(made.results, job, end, output);
    if (!end.told.is_null()) output.json(end.told);
    return end.status;
}

}  // namespace atelier::pipelines::povray
