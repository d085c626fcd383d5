#include "pipelines/blender/task_scheduler.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <algorithm>
#include <atomic>
#include <boost/json.hpp>
#include <numeric>

#include "base/error.h"
#include "base/id.h"
#include "base/json_struct.h"
#include "farm/job_list.h"
#include "farm/queries.h"
#include "http/parser.h"
#include "pipelines/blender/received_scene.h"
#include "store/manifest.h"

namespace atelier::pipelines::blender {

namespace fs = std::filesystem;

namespace {

constexpr const char* tag = "render-task";
constexpr const char* lock_name = "lock";
constexpr const char* shown_folder = "/render-task";  // what a job tells of where its files once lay
constexpr std::ptrdiff_t most_begun = 8;              // of one owner

// Held for as long as the folder is in use: by it others know that the process lives.
Fd lock_of(const fs::path& folder) {
    Fd lock = open_file(folder / lock_name, O_RDWR | O_CREAT, 0600);
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) return {};
    return lock;
}

void remove_folders_left(const fs::path& folder) {
    for (const auto& entry : fs::directory_iterator(folder)) {
        try {
            if (!lock_of(entry.path())) continue;
        } catch (const Error&) {  // another one removes it just now
            continue;
        }
        std::error_code ignored;
        fs::remove_all(entry.path(), ignored);
    }
}

std::string without(std::string text, const std::string& folder, const std::string& instead) {
    for (std::size_t at = 0; (at = text.find(folder, at)) != std::string::npos; at += instead.size())
        text.replace(at, folder.size(), instead);
    return text;
}

// Who sent the scene knows it by its name in there, and nothing of this machine.
Error as_seen_from_outside(const Error& error, const fs::path& folder) {
    const auto shown = [&](const std::string& text) {
        return without(without(text, (folder / "files/").string(), ""), folder.string(), "the upload");
    };
    // What isn't there is missing from what was sent.
    const auto kind = error.kind() == Error::Kind::not_found ? Error::Kind::invalid : error.kind();
    return {kind, shown(error.what()), shown(error.hint()), shown(error.where())};
}

int step_between(const media::FrameNumbers& frames) {
    int step = 0;
    for (std::size_t i = 1; i < frames.size(); ++i)
        step = std::gcd(step, frames[i] - frames[i - 1]);
    return std::max(1, step);
}

// Those up to the last one that renders: it waits for nothing. Between them chunks of a long film are encoded.
std::uint32_t render_steps_of(const wire::Submission& submission) {
    const auto order = wire::make_order(submission, 0);
    const auto& steps = order->job->steps;
    const auto last =
        std::find_if(steps.rbegin(), steps.rend(), [](const job::Step& step) { return step.dependencies.empty(); });
    return static_cast<std::uint32_t>(steps.rend() - last);
}

RenderTaskRecord record_of(const RenderPlan& plan, RenderDataType type) {
    media::FrameNumbers frames = plan.frames;
    std::sort(frames.begin(), frames.end());
    RenderTaskRecord record;
    record.dataType = type;
    record.outputType = plan.format;
    record.StartFrame = frames.front();
    record.EndFrame = frames.back();
    record.FrameStep = step_between(frames);
    record.frames = frames.size();
    record.pattern = plan.pattern.text();
    record.film = plan.film.filename().string();
    record.render_steps = render_steps_of(plan.submission);
    return record;
}

// The digest of the manifest of these files of a folder.
std::string stored(store::Blobs& blobs, const fs::path& folder, const std::vector<std::string>& files) {
    return blobs.put(store::collect(folder, blobs, nullptr, &files).to_json()).digest.hex();
}

// The record stands beside the values of the template, as one that the template doesn't use.
void put_record(wire::Submission& submission, const RenderTaskRecord& record) {
    json::Value document = json::parse(submission.job_template.text);
    document.at("parameterDefinitions")
        .as_array()
        .push_back(json::Object{{"name", record_parameter}, {"type", "STRING"}, {"default", ""}});
    submission.job_template.text = json::text(document);
    submission.values[record_parameter] = json::text(json::write(record));
}

std::optional<RenderTaskRecord> record_in(const wire::Submission& submission) {
    const auto found = submission.values.find(record_parameter);
    if (found == submission.values.end()) return std::nullopt;
    try {
        return json::read<RenderTaskRecord>(json::parse(found->second));
    } catch (const Error&) {  // somebody's own parameter of that name
        return std::nullopt;
    }
}

JobPhase phase_of(const farm::JobSummary& job) {
    switch (job.state) {
        case farm::JobState::succeeded: return JobPhase::succeeded;
        case farm::JobState::failed: return JobPhase::failed;
        case farm::JobState::canceled: return JobPhase::canceled;
        case farm::JobState::archived:
            if (job.succeeded == job.total_tasks) return JobPhase::succeeded;
            return job.failed > 0 ? JobPhase::failed : JobPhase::canceled;
        default: return job.started_at ? JobPhase::running : JobPhase::waiting;
    }
}

std::vector<StepProgress> steps_of(db::Connection& connection, const std::string& job) {
    std::vector<StepProgress> steps;
    for (const farm::StepSummary& step : farm::steps_of(connection, job))
        steps.push_back({step.total, step.succeeded, 0});
    return steps;
}

std::optional<RenderTask> picture_of(db::Connection& connection, const farm::JobSummary& job) {
    const auto record = record_in(farm::submission_of(connection, job.id));
    if (!record) return std::nullopt;
    RenderTask task;
    task.TaskID = job.id;
    task.dataType = record->dataType;
    task.outputType = record->outputType;
    task.StartFrame = record->StartFrame;
    task.EndFrame = record->EndFrame;
    task.FrameStep = record->FrameStep;
    task.name = job.name;
    task.owner = job.owner;
    task.message = job.message;
    task.film = record->film;
    task.frames = record->frames;
    task.progress = progress_of_job(phase_of(job), steps_of(connection, job.id), record->render_steps, job.progress);
    task.stage = task.progress.stage;
    return task;
}

}  // namespace

struct TaskScheduler::Begun {
    std::string id;
    std::string owner;
    fs::path folder;
    Fd lock;
    std::atomic<std::uint64_t> received = 0;
    std::atomic<std::int64_t> length = -1;  // unknown
    std::atomic<bool> is_analysed = false;
    std::atomic<bool> is_canceled = false;

    ~Begun() {
        std::error_code ignored;
        fs::remove_all(folder, ignored);
    }

    fs::path upload() const { return folder / "upload"; }
    RenderTask picture() const {
        RenderTask task;
        task.TaskID = id;
        task.owner = owner;
        const std::int64_t told = length;
        task.progress = is_analysed ? progress_of_analysis()
                                    : progress_of_upload(received, told < 0 ? std::optional<std::uint64_t>()
                                                                            : static_cast<std::uint64_t>(told));
        if (is_canceled) task.progress.stage = RenderStage::Canceled;
        task.stage = task.progress.stage;
        return task;
    }
    void require_wanted() const {
        if (is_canceled) throw Error(Error::Kind::conflict, "the task was canceled", "send it again");
    }
};

TaskScheduler::TaskScheduler(farm::Farm& farm) : farm_(farm), folder_(farm.layout().root / "render-tasks") {
    fs::create_directories(folder_);
    fs::permissions(folder_, fs::perms::owner_all);
    remove_folders_left(folder_);
}

TaskScheduler::~TaskScheduler() = default;

TaskScheduler::NewTask TaskScheduler::init_new_task(const std::string& owner) {
    const auto begun = std::make_shared<Begun>();
    begun->owner = owner;
    begun->id = random_id(job_id_length);
    begun->folder = folder_ / begun->id;
    const std::lock_guard lock(mutex_);
    const auto own =
        std::count_if(begun_.begin(), begun_.end(), [&](const auto& item) { return item.second->owner == owner; });
    if (own >= most_begun)
        throw http::Refusal(429, fmt::format("{} scenes are being sent already", own), "wait until they have come");
    if (!fs::create_directory(begun->folder))
        throw Error(Error::Kind::conflict, "there is a task " + begun->id + " already", "try again");
    begun->lock = lock_of(begun->folder);
    begun_.emplace(begun->id, begun);
    return {begun->id, begun->upload()};
}

std::shared_ptr<TaskScheduler::Begun> TaskScheduler::find(const std::string& id) {
    const std::lock_guard lock(mutex_);
    const auto found = begun_.find(id);
    return found == begun_.end() ? nullptr : found->second;
}

void TaskScheduler::forget(const std::string& id) {
    std::shared_ptr<Begun> last;  // what it removes from the disk is removed without the lock
    const std::lock_guard lock(mutex_);
    if (const auto found = begun_.find(id); found != begun_.end()) {
        last = std::move(found->second);
        begun_.erase(found);
    }
}

void TaskScheduler::received(const std::string& id, std::uint64_t bytes, std::optional<std::uint64_t> length) {
    const auto begun = find(id);
    if (!begun) throw Error(Error::Kind::not_found, "there is no task " + id);
    begun->require_wanted();
    begun->received = bytes;
    if (length) begun->length = static_cast<std::int64_t>(std::min<std::uint64_t>(*length, INT64_MAX));
}

void TaskScheduler::run_task(const std::string& id, const RenderTaskOptions& options) {
    const auto begun = find(id);
    if (!begun) throw Error(Error::Kind::not_found, "there is no task " + id);
    try {
        if (begun->is_analysed.exchange(true)) throw Error(Error::Kind::conflict, "the task " + id + " runs already");
        json::Object body;
        body["submission"] = json::parse(wire::to_json(submission_of(*begun, options)));
        body["owner"] = begun->owner;
        body["id"] = id;
        begun->require_wanted();
        farm_.perform("submit", body);
        if (begun->is_canceled) farm_.perform("cancel", json::Object{{"job", id}});
    } catch (const Error& error) {
        forget(id);
        throw as_seen_from_outside(error, begun->folder);
    } catch (...) {
        forget(id);
        throw;
    }
    forget(id);
}

wire::Submission TaskScheduler::submission_of(Begun& begun, const RenderTaskOptions& options) {
    const fs::path files = begun.folder / "files";
    const ReceivedScene received = lay_out(begun.upload(), files, options.upload, options.blend);
    RenderRequest request = options.request;
    request.scene = received.scene;
    request.only_below = files;
    request.output = begun.folder / "output";
    request.settings.sandbox = options.sandbox;
    request.settings.isolate = true;
    request.settings.tags.emplace_back(tag);
    RenderPlan plan = plan_render(request);
    begun.require_wanted();

    std::map<std::string, std::string> inputs;
    for (const auto& [parameter, paths] : plan.inputs)
        if (!paths.empty()) inputs[parameter] = stored(farm_.blobs(), plan.submission.values.at(parameter), paths);
    put_record(plan.submission, record_of(plan, received.type));
    plan.submission.template_folder = plan.submission.current_folder = begun.folder.string();
    const std::string text = without(wire::to_json(plan.submission), begun.folder.string(), shown_folder);
    wire::Submission submission = wire::submission_from_json(text);
    submission.inputs = std::move(inputs);
    return submission;
}

RenderTaskPage TaskScheduler::tasks(const std::string& owner, int limit, const std::string& cursor) {
    RenderTaskPage page;
    if (cursor.empty()) {
        const std::lock_guard lock(mutex_);
        for (const auto& [id, begun] : begun_)
            if (owner.empty() || begun->owner == owner) page.tasks.push_back(begun->picture());
    }
    farm::JobFilter filter;
    filter.tag = tag;
    filter.owner = owner;
    filter.limit = limit;
    filter.cursor = cursor;
    farm_.read([&](db::Connection& connection) {
        const farm::JobPage jobs = farm::list_jobs(connection, filter);
        const auto is_told = [&](const std::string& id) {  // it became a job just now
            return std::any_of(page.tasks.begin(), page.tasks.end(),
                               [&](const auto& task) { return task.TaskID == id; });
        };
        for (const farm::JobSummary& job : jobs.jobs)
            if (auto task = picture_of(connection, job); task && !is_told(job.id))
                page.tasks.push_back(std::move(*task));
        page.next = jobs.next;
    });
    return page;
}

std::optional<RenderTask> TaskScheduler::task(const std::string& id) {
    if (const auto begun = find(id)) return begun->picture();
    std::optional<RenderTask> task;
    farm_.read([&](db::Connection& connection) {
        try {
            task = picture_of(connection, farm::job_by_id(connection, id));
        } catch (const Error& error) {
            if (error.kind() != Error::Kind::not_found) throw;
        }
    });
    return task;
}

std::optional<RenderTaskRecord> TaskScheduler::record(const std::string& id) {
    std::optional<RenderTaskRecord> record;
    farm_.read([&](db::Connection& connection) { record = record_in(farm::submission_of(connection, id)); });
    return record;
}

RenderTask TaskScheduler::with_workers(RenderTask task) {
    if (find(task.TaskID) || task.stage < RenderStage::Queued) return task;
    struct Share {
        double tasks = 0;
        double done = 0;
    };
    std::map<std::string, Share> shares;
    std::vector<StepProgress> steps;
    farm::JobSummary job;
    std::optional<RenderTaskRecord> known;
    const json::Value running = farm_.perform("running", json::Object{{"job", task.TaskID}});
    farm_.read([&](db::Connection& connection) {
        job = farm::job_by_id(connection, task.TaskID);
        known = record_in(farm::submission_of(connection, task.TaskID));
        steps = steps_of(connection, task.TaskID);
        for (const farm::WorkerShare& share : farm::worker_shares(connection, task.TaskID)) {
            shares[share.worker].tasks += static_cast<double>(share.succeeded);
            shares[share.worker].done += static_cast<double>(share.succeeded);
        }
    });
    for (const json::Value& one : running.as_array()) {
        const double part = one.at("progress").to_number<double>() / 100;
        Share& share = shares[std::string(one.at("worker").as_string())];
        share.tasks += 1;
        share.done += part;
        const auto step = one.at("step").to_number<std::size_t>();
        if (step < steps.size()) steps[step].running += part;
    }
    if (known) task.progress = progress_of_job(phase_of(job), steps, known->render_steps, job.progress);
    task.stage = task.progress.stage;
    double whole = 0;
    for (const StepProgress& step : steps)
        whole += static_cast<double>(step.total);
    for (const auto& [worker, share] : shares)
        if (share.tasks > 0 && whole > 0)
            task.workers.push_back(
                {worker, std::min(100.0, share.tasks / whole * 100), share.done / share.tasks * 100});
    return task;
}

bool TaskScheduler::cancel(const RenderTask& task) {
    if (const auto begun = find(task.TaskID)) {
        begun->is_canceled = true;
        return false;
    }
    const bool is_over = has_ended(task.stage);
    farm_.perform(is_over ? "delete" : "cancel", json::Object{{"job", task.TaskID}});
    return is_over;
}

}  // namespace atelier::pipelines::blender
