#include "pipelines/povray/client.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <set>
#include <thread>

#include "base/error.h"
#include "base/id.h"
#include "cli/desk.h"
#include "media/film_maker.h"

namespace atelier::pipelines::povray {

namespace fs = std::filesystem;

namespace {

using std::chrono::milliseconds;

constexpr milliseconds first_pause{20};
constexpr milliseconds longest_pause{2000};

json::Value parameter(const char* name, const char* flow) {
    return json::Object{{"name", name}, {"type", "PATH"}, {"objectType", "DIRECTORY"}, {"dataFlow", flow}};
}

json::Value units_step(std::size_t count) {
    json::Array arguments{
        "unit", "--units",         "{{Param.Units}}", "--number", "{{Task.Param.Unit}}", "--shared", "{{Param.Shared}}",
        "--to", "{{Param.Output}}"};
    json::Object run{{"command", "atelier-povray"}, {"args", std::move(arguments)}};
    json::Object unit{{"name", "Unit"}, {"type", "INT"}, {"range", fmt::format("0-{}", count - 1)}};
    return json::Object{{"name", "Units"},
                        {"parameterSpace", json::Object{{"taskParameterDefinitions", json::Array{std::move(unit)}}}},
                        {"script", json::Object{{"actions", json::Object{{"onRun", std::move(run)}}}}}};
}

std::string job_template(const std::string& name, std::size_t count) {
    return json::text(
        json::Object{{"specificationVersion", "jobtemplate-2023-09"},
                     {"name", name},
                     {"parameterDefinitions",
                      json::Array{parameter("Units", "IN"), parameter("Shared", "IN"), parameter("Output", "OUT")}},
                     {"steps", json::Array{units_step(count)}}});
}

double seconds_of(const wire::Result& result) { return static_cast<double>(result.ended_at - result.started_at) / 1e6; }

bool is_done(const farm::AttemptRecord& attempt) { return attempt.result.result == farm::ResultClass::succeeded; }

Statistics::PerFrame per_frame(std::vector<double> seconds) {
    if (seconds.empty()) return {};
    std::sort(seconds.begin(), seconds.end());
    const std::size_t middle = seconds.size() / 2;
    const double median = seconds.size() % 2 == 1 ? seconds[middle] : (seconds[middle - 1] + seconds[middle]) / 2;
    return {seconds.front(), median, seconds.back()};
}

}  // namespace

Job::Job(Cluster cluster, JobOptions options)
    : cluster_(std::move(cluster)), options_(std::move(options)), id_(random_id(job_id_length)) {
    fs::create_directory(ground_.path() / "shared");
    fs::create_directory(ground_.path() / "units");
}

void Job::add_shared(const fs::path& path) {
    const fs::path clean = path.has_filename() ? path : path.parent_path();
    if (!fs::exists(clean)) throw Error(Error::Kind::not_found, "there is nothing to share at " + clean.string());
    fs::copy(clean, ground_.path() / "shared" / clean.filename(), fs::copy_options::recursive);
}

void Job::add_shared(const std::string& name, std::string_view bytes) {
    check_relative_path(name);
    const fs::path place = ground_.path() / "shared" / name;
    fs::create_directories(place.parent_path());
    write_file_durably(place, bytes);
}

const WorkUnit& Job::add(WorkUnit unit) {
    if (!farm_id_.empty()) throw Error(Error::Kind::conflict, "the job runs already; nothing can be added");
    if (unit.work_unit_id.empty()) unit.work_unit_id = fmt::format("unit_{:06}", units_.size());
    unit.job_id = id_;
    if (unit.shared_resource_gcs_prefix.empty()) unit.shared_resource_gcs_prefix = fmt::format("jobs/{}/shared/", id_);
    if (unit.offload_gcs_prefix.empty()) unit.offload_gcs_prefix = fmt::format("jobs/{}/output/", id_);
    const std::string text = to_json(unit);
    work_unit_from_json(text);  // refused here, not on a worker
    write_file_durably(ground_.path() / "units" / fmt::format("{}.json", units_.size()), text);
    return units_.emplace_back(std::move(unit));
}

std::string Job::submission() const {
    wire::Submission submission;
    submission.name = options_.name;
    submission.job_template = {job_template(options_.name, units_.size()), "json", "work units"};
    submission.values = {{"Units", (ground_.path() / "units").string()},
                         {"Shared", (ground_.path() / "shared").string()},
                         {"Output", (ground_.path() / "output").string()}};
    submission.template_folder = submission.current_folder = ground_.path().string();
    submission.settings.isolate = true;
    submission.settings.sandbox = !options_.trust;
    submission.settings.max_tries = options_.max_tries;
    submission.settings.priority = options_.priority;
    submission.settings.max_failed_tasks =
        static_cast<int>(units_.size());  // one bad frame doesn't keep the others from being drawn
    submission.settings.tags = {"povray"};
    cluster_.desk().store_inputs(submission, {});
    return wire::to_json(submission);
}

void Job::start() {
    if (!farm_id_.empty()) throw Error(Error::Kind::conflict, "the job was started already");
    if (units_.empty()) throw Error(Error::Kind::invalid, "a job without work units does nothing");
    farm_id_ = cluster_.submit(submission());
}

bool Job::run() {
    start();
    return wait();
}

bool Job::ended() const { return !farm_id_.empty() && farm::has_ended(cluster_.desk().summary(farm_id_).state); }

bool Job::wait() {
    if (farm_id_.empty()) throw Error(Error::Kind::conflict, "the job wasn't started");
    for (milliseconds pause = first_pause; !ended(); pause = std::min(longest_pause, pause * 3 / 2))
        std::this_thread::sleep_for(pause);
    return cluster_.desk().summary(farm_id_).state == farm::JobState::succeeded;
}

void Job::retry_failed() { cluster_.ask("retry", farm_id_, true); }

void Job::cancel() { cluster_.ask("cancel", farm_id_); }

std::vector<farm::AttemptRecord> Job::attempts() const {
    return farm_id_.empty() ? std::vector<farm::AttemptRecord>()
                            : cluster_.desk().attempts(farm_id_, std::nullopt, std::nullopt);
}

std::vector<UnitFailure> Job::failures() const {
    std::map<std::uint64_t, farm::AttemptRecord> last;
    for (const farm::AttemptRecord& attempt : attempts()) {
        const auto [place, is_new] = last.try_emplace(attempt.id.task, attempt);
        if (!is_new && place->second.id.epoch < attempt.id.epoch) place->second = attempt;
    }
    std::vector<UnitFailure> failed;
    for (const auto& [task, attempt] : last)
        if (!is_done(attempt)) failed.push_back({units_.at(task).work_unit_id, attempt.result.reason});
    return failed;
}

std::vector<fs::path> Job::images(const fs::path& folder) const {
    std::vector<fs::path> pictures;
    fs::create_directories(folder);
    for (const farm::Artifact& artifact : cluster_.desk().artifacts(farm_id_)) {
        cluster_.desk().fetch(farm_id_, artifact.output, folder);
        if (media::kind_by_name(artifact.output.path)) pictures.push_back(folder / artifact.output.path);
    }
    std::sort(pictures.begin(), pictures.end());
    return pictures;
}

fs::path Job::video(const fs::path& film, const media::FilmSettings& settings) const {
    const auto failed = failures();
    if (!failed.empty() && !options_.allow_gaps)
        throw Error(Error::Kind::conflict,
                    fmt::format("the film isn't made: {} of {} work units failed, the first was {}: {}", failed.size(),
                                units_.size(), failed[0].work_unit_id, failed[0].reason),
                    "retry_failed() draws those alone; allow_gaps makes the film without them");
    const fs::path folder = film.parent_path() / (film.stem().string() + "_frames");
    const auto pictures = images(folder);
    if (pictures.empty()) throw Error(Error::Kind::not_found, "there are no pictures for a film");
    const fs::path frames = pictures.front().parent_path();
    const media::FrameFiles files{frames, media::find_pattern(frames)};
    media::FrameNumbers numbers;
    std::set<fs::path> ours(pictures.begin(), pictures.end());  // not what an earlier job has left there
    for (const int number : media::list_frames(files))
        if (ours.contains(files.path_of(number))) numbers.push_back(number);
    media::encode_film({files, numbers}, settings, film);
    return film;
}

Statistics Job::statistics() const {
    Statistics statistics;
    std::vector<double> seconds;
    std::optional<Micros> first, last;
    std::map<std::uint64_t, int> tries;
    for (const farm::AttemptRecord& attempt : attempts()) {
        const wire::Result& result = attempt.result;
        statistics.cpu_seconds += result.usage.cpu_seconds;
        if (++tries[attempt.id.task] == 2) ++statistics.retried;
        if (result.started_at > 0) first = std::min<Micros>(first.value_or(result.started_at), result.started_at);
        if (result.ended_at > 0) last = std::max<Micros>(last.value_or(result.ended_at), result.ended_at);
        if (!is_done(attempt)) continue;
        ++statistics.frames;
        ++statistics.frames_by_worker[attempt.worker];
        seconds.push_back(seconds_of(result));
    }
    if (!farm_id_.empty())
        for (const farm::Artifact& artifact : cluster_.desk().artifacts(farm_id_))
            statistics.bytes += artifact.output.size;
    statistics.failed = failures().size();
    if (first && last) statistics.wall_seconds = static_cast<double>(*last - *first) / 1e6;
    statistics.per_frame = per_frame(std::move(seconds));
    return statistics;
}

}  // namespace atelier::pipelines::povray
