#include "pipelines/povray/pov_jobs.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/object.hpp>

#include "api/blob_source.h"
#include "api/outputs_in_order.h"
#include "base/error.h"
#include "base/text.h"
#include "farm/job_list.h"
#include "farm/task_list.h"
#include "media/picture.h"
#include "store/manifest.h"

namespace atelier::pipelines::povray {

namespace {

constexpr std::size_t most_plans = 32;  // that are remembered
constexpr std::uint64_t longest_plan = 64u << 20;
constexpr std::size_t all_attempts = 1'000'000;
constexpr int page_size = 1000;

std::string film_tag(const std::string& job) { return "film-of-" + job; }

// An input that is one file.
store::BlobRef input_of(store::Blobs& blobs, const std::string& manifest_digest) {
    const auto manifest = store::load_manifest(Digest::from_hex(manifest_digest), blobs);
    if (!manifest || manifest->entries.size() != 1 || manifest->entries[0].kind != store::Entry::Kind::file)
        throw Error(Error::Kind::not_found, "the inputs of the job aren't there");
    return manifest->entries[0].blob;
}

JobView picture_of(const farm::JobSummary& job, const JobPlan& plan, const std::vector<farm::StepSummary>& steps) {
    JobView told;
    told.job_id = job.id;
    told.name = job.name;
    told.owner = job.owner;
    told.state = job.state;
    told.progress = job.progress;
    told.seconds_left = job.seconds_left;
    told.units = plan.units.size();
    told.message = job.message;
    told.allow_gaps = plan.allow_gaps;
    if (steps.size() > units_step) {
        told.succeeded = steps[units_step].succeeded;
        told.failed = steps[units_step].failed;
    }
    return told;
}

// By the first of its tasks that did.
std::string why_it_failed(db::Connection& connection, const farm::JobSummary& job) {
    if (!job.first_failure) return {};
    const auto attempt = farm::attempt_by_id(connection, *job.first_failure);
    if (!attempt) return {};
    return attempt->result.reason;
}

}  // namespace

// Nothing for jobs that are none of work units, whatever they call themselves.
std::shared_ptr<const JobPlan> PovJobs::plan_of(const wire::Submission& submission) {
    const auto found = submission.inputs.find(plan_parameter);
    if (found == submission.inputs.end() || !submission.inputs.contains(units_parameter)) return nullptr;
    {
        const std::lock_guard lock(mutex_);
        if (const auto known = plans_.find(found->second); known != plans_.end()) return known->second;
    }
    std::shared_ptr<const JobPlan> plan;
    try {
        plan = std::make_shared<JobPlan>(
            job_plan_from_json(farm_.blobs().get(input_of(farm_.blobs(), found->second), longest_plan)));
    } catch (const Error&) {
        return nullptr;
    }
    const std::lock_guard lock(mutex_);
    if (plans_.size() >= most_plans) plans_.clear();
    return plans_[found->second] = plan;
}

std::optional<UnitJob> PovJobs::find(const std::string& id) {
    UnitJob found;
    wire::Submission submission;
    bool is_there = true;
    farm_.read([&](db::Connection& connection) {
        try {
            found.job = farm::job_by_id(connection, id);
            submission = farm::submission_of(connection, id);
        } catch (const Error& error) {
            if (error.kind() != Error::Kind::not_found) throw;
            is_there = false;
        }
    });
    if (!is_there) return std::nullopt;
    found.plan = plan_of(submission);
    if (!found.plan) return std::nullopt;
    found.inputs = std::move(submission.inputs);
    return found;
}

PovJobs::Page PovJobs::list(const std::string& owner, int limit, const std::string& cursor) {
    farm::JobFilter filter;
    filter.tag = units_tag;
    filter.owner = owner;
    filter.limit = limit;
    filter.cursor = cursor;
    Page page;
    farm_.read([&](db::Connection& connection) {
        const farm::JobPage jobs = farm::list_jobs(connection, filter);
        for (const farm::JobSummary& job : jobs.jobs)
            if (const auto plan = plan_of(farm::submission_of(connection, job.id)))
                page.jobs.push_back(picture_of(job, *plan, farm::steps_of(connection, job.id)));
        page.next = jobs.next;
    });
    return page;
}

JobView PovJobs::told(const UnitJob& job) {
    JobView told;
    farm_.read([&](db::Connection& connection) {
        told = picture_of(job.job, *job.plan, farm::steps_of(connection, job.job.id));
        if (const std::string why = why_it_failed(connection, job.job); told.message.empty() && !why.empty())
            told.message = (job.job.first_failure->step == units_step ? "" : "no film could be made: ") + why;
    });
    return told;
}

std::vector<UnitState> PovJobs::units(const UnitJob& job, std::uint64_t first, std::uint64_t count) {
    const auto& ids = job.plan->units;
    const std::uint64_t end = std::min<std::uint64_t>(ids.size(), first + count);
    const bool is_over = farm::has_ended(job.job.state);
    std::vector<UnitState> states;
    for (std::uint64_t number = first; number < end; ++number)
        states.push_back({ids[number], is_over ? "canceled" : "ready", 0, "", ""});
    farm_.read([&](db::Connection& connection) {
        for (const farm::TaskRecord& task :
             farm::tasks_from(connection, job.job.id, units_step, first, states.size())) {
            UnitState& state = states[task.task - first];
            state.state = lower(farm::name_of(task.state));
            state.tries = task.tries;
            state.worker = task.worker;
            if (task.tries == 0 || task.state == farm::TaskState::succeeded) continue;
            const auto tries = farm::attempts_of(connection, job.job.id, units_step, task.task, page_size);
            if (!tries.empty()) state.reason = tries.back().result.reason;
        }
    });
    return states;
}

WorkUnit PovJobs::unit(const UnitJob& job, std::size_t number) {
    const store::BlobRef list = input_of(farm_.blobs(), job.inputs.at(units_parameter));
    return work_unit_from_json(unit_line(api::open_blob(farm_.blobs(), list), number));
}

std::vector<farm::AttemptRecord> PovJobs::attempts(const UnitJob& job) {
    std::vector<farm::AttemptRecord> attempts;
    farm_.read([&](db::Connection& connection) {
        attempts = farm::attempts_of(connection, job.job.id, units_step, std::nullopt, all_attempts);
    });
    return attempts;
}

std::vector<UnitFailure> PovJobs::failures(const UnitJob& job) {
    return failures_among(attempts(job), job.plan->units);
}

Statistics PovJobs::statistics(const UnitJob& job) {
    std::vector<farm::Artifact> artifacts;
    farm_.read([&](db::Connection& connection) { artifacts = farm::artifacts_of(connection, job.job.id); });
    return statistics_of(attempts(job), artifacts);
}

std::string PovJobs::image_name(const wire::Output& output) {
    const bool is_image = output.parameter == output_parameter && !output.is_link && media::kind_by_name(output.path);
    return is_image ? output.path : "";
}

PovJobs::ImagePage PovJobs::images(const UnitJob& job, int limit, const std::string& cursor) {
    std::vector<farm::Artifact> found;
    farm_.read([&](db::Connection& connection) {
        found = farm::artifacts_after(connection, job.job.id, output_parameter, cursor, limit + 1);
    });
    ImagePage page;
    if (found.size() > static_cast<std::size_t>(limit)) {
        found.pop_back();
        page.next = found.back().output.path;
    }
    const auto& ids = job.plan->units;
    for (const farm::Artifact& artifact : found)
        if (const std::string name = image_name(artifact.output); !name.empty() && artifact.attempt.task < ids.size())
            page.images.push_back({name, artifact.output.size, ids[artifact.attempt.task]});
    return page;
}

// ---- films

// The newest first.
std::vector<farm::JobSummary> PovJobs::films_of(const UnitJob& job) {
    farm::JobFilter filter;
    filter.tag = film_tag(job.job.id);
    filter.owner = job.job.owner;
    farm::JobPage page;
    farm_.read([&](db::Connection& connection) { page = farm::list_jobs(connection, filter); });
    return page.jobs;
}

PovJobs::Film PovJobs::film(const UnitJob& job) {
    const auto asked_for = films_of(job);
    Film film;
    const bool is_newer = !asked_for.empty() && job.job.ended_at && asked_for.front().submitted_at >= *job.job.ended_at;
    film.maker = is_newer ? asked_for.front() : job.job;
    farm_.read([&](db::Connection& connection) {
        film.why_not = why_it_failed(connection, film.maker);
        for (const auto& found : farm::artifacts_after(connection, film.maker.id, film_parameter, "", 1))
            if (found.output.parameter == film_parameter) film.output = found.output;
    });
    return film;
}

std::string PovJobs::make_film(const UnitJob& job, const UnitFilm& wish) {
    if (wish.film == no_film) throw Error(Error::Kind::invalid, "a film of none can't be made", {}, "film");
    UnitFilm wanted = wish;
    if (wanted.film.empty()) wanted.film = "h264";  // where it is asked for, there being none is a failure
    check(wanted);
    store::Manifest frames;
    api::OutputsInOrder images(farm_, job.job.id, image_name);
    for (wire::Output image; images.next(image);) {
        store::Entry& entry = frames.entries.emplace_back();
        entry.path = image.path;
        entry.blob = {Digest::from_hex(image.digest), image.size};
    }
    if (frames.entries.empty()) throw Error(Error::Kind::not_found, "there are no pictures for a film");
    std::sort(frames.entries.begin(), frames.entries.end());
    JobOptions options;
    options.name = job.job.name;
    options.priority = job.job.priority;
    farm_.read([&](db::Connection& connection) { options.trust = !farm::settings_of(connection, job.job.id).sandbox; });
    wire::Submission submission = film_submission_of(options, wanted, shown_folder);
    submission.settings.tags.push_back(film_tag(job.job.id));
    submission.inputs[frames_parameter] = farm_.blobs().put(frames.to_json()).digest.hex();
    json::Object body;
    body["submission"] = json::parse(wire::to_json(submission));
    body["owner"] = job.job.owner;
    return std::string(farm_.perform("submit", body).as_string());
}

// ---- steered

void PovJobs::retry_failed(const UnitJob& job) {
    farm_.perform("retry", json::Object{{"job", job.job.id}, {"whole", false}});
}

bool PovJobs::cancel(const UnitJob& job) {
    const bool is_over = farm::has_ended(job.job.state);
    for (const farm::JobSummary& film : films_of(job))
        farm_.perform(farm::has_ended(film.state) ? "delete" : "cancel", json::Object{{"job", film.id}});
    farm_.perform(is_over ? "delete" : "cancel", json::Object{{"job", job.job.id}});
    return is_over;
}

}  // namespace atelier::pipelines::povray
