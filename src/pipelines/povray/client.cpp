#include "pipelines/povray/client.h"

#include <algorithm>
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

}  // namespace

Job::Job(Cluster cluster, JobOptions options)
    : cluster_(std::move(cluster)), options_(std::move(options)), id_(random_id(job_id_length)) {}

void Job::add_shared(const fs::path& path) {
    const fs::path clean = path.has_filename() ? path : path.parent_path();
    if (!fs::exists(clean)) throw Error(Error::Kind::not_found, "there is nothing to share at " + clean.string());
    fs::copy(clean, ground_.shared() / clean.filename(), fs::copy_options::recursive);
}

void Job::add_shared(const std::string& name, std::string_view bytes) {
    const fs::path place = ground_.place_for(name);
    fs::create_directories(place.parent_path());
    write_file_durably(place, bytes);
}

const WorkUnit& Job::add(WorkUnit unit) {
    if (!farm_id_.empty()) throw Error(Error::Kind::conflict, "the job runs already; nothing can be added");
    return units_.emplace_back(std::move(ground_.add({std::move(unit)}).front()));
}

// Without a film: video() makes it here.
std::string Job::submission() const {
    ground_.lay_plan(options_);
    wire::Submission submission = submission_of(options_, {.film = no_film}, ground_.count(), folder_.path());
    cluster_.desk().store_inputs(submission, {});
    return wire::to_json(submission);
}

void Job::start() {
    if (!farm_id_.empty()) throw Error(Error::Kind::conflict, "the job was started already");
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

std::vector<UnitFailure> Job::failures() const { return failures_among(attempts(), ground_.ids()); }

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
    require_film(failures(), units_.size(), options_.allow_gaps,
                 "retry_failed() draws those alone; allow_gaps makes the film without them");
    const fs::path folder = film.parent_path() / (film.stem().string() + "_frames");
    const auto pictures = images(folder);
    if (pictures.empty()) throw Error(Error::Kind::not_found, "there are no pictures for a film");
    const media::FrameFiles files = media::find_frames(pictures);
    media::FrameNumbers numbers;
    std::set<fs::path> ours(pictures.begin(), pictures.end());  // not what an earlier job has left there
    for (const int number : media::list_frames(files))
        if (ours.contains(files.path_of(number))) numbers.push_back(number);
    media::encode_film({files, numbers}, settings, film);
    return film;
}

Statistics Job::statistics() const {
    return farm_id_.empty() ? Statistics() : statistics_of(attempts(), cluster_.desk().artifacts(farm_id_));
}

}  // namespace atelier::pipelines::povray
