#include "worker/runner.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/files.h"
#include "base/log.h"
#include "base/text.h"
#include "worker/checkpoint.h"

namespace atelier::worker {

namespace fs = std::filesystem;
using wire::ResultClass;

namespace {

constexpr const char* visible_gpus = "CUDA_VISIBLE_DEVICES";
constexpr std::chrono::milliseconds look_interval{100};
constexpr std::uint64_t largest_preview = 25u << 20;
constexpr std::chrono::seconds time_to_deliver{10};  // for a worker that is stopped, after its tasks' notice

ResultClass class_of(const session::ActionResult& result, bool by_person) {
    switch (result.outcome) {
        case session::Outcome::succeeded: return ResultClass::succeeded;
        case session::Outcome::failed:
            return result.out_of_memory ? ResultClass::failed_resource : ResultClass::failed_app;
        case session::Outcome::timed_out: return ResultClass::timeout;
        case session::Outcome::canceled: return by_person ? ResultClass::canceled : ResultClass::interrupted;
    }
    return ResultClass::failed_app;
}

// What didn't reach the farm, or wasn't reached there, is no fault of the task's.
ResultClass class_of(const Error& error, bool by_person) {
    switch (error.kind()) {
        case Error::Kind::unavailable: return by_person ? ResultClass::canceled : ResultClass::interrupted;
        case Error::Kind::exhausted: return ResultClass::failed_resource;
        default: return ResultClass::failed_app;
    }
}

std::optional<wire::Preview> delivered_preview(PreviewBox& box, const wire::AttemptId& attempt) {
    const std::lock_guard lock(box.mutex);
    if (box.attempt != attempt) return std::nullopt;
    return std::exchange(box.preview, std::nullopt);
}

wire::Usage usage_of(const process::Usage& usage) {
    return {usage.wall_seconds, usage.cpu_seconds, usage.peak_memory, usage.bytes_read, usage.bytes_written};
}

}  // namespace

Runner::Runner(Surroundings& surroundings, std::string id, std::string job, std::uint32_t step)
    : around_(surroundings), id_(std::move(id)), job_(std::move(job)), step_(step), log_(around_.link, job_, id_) {
    thread_ = std::thread([this] { loop(); });
}

Runner::~Runner() {
    interrupt(std::chrono::milliseconds(0));
    thread_.join();
}

void Runner::give(const wire::Assignment& assignment) {
    const std::lock_guard lock(mutex_);
    queue_.push_back(assignment);
    changed_.notify_all();
}

void Runner::finish_when_dry() {
    const std::lock_guard lock(mutex_);
    finish_when_dry_ = true;
    changed_.notify_all();
}

void Runner::cancel(const wire::AttemptId& attempt, std::chrono::milliseconds at_most, bool by_person) {
    const std::lock_guard lock(mutex_);
    if (current_ && current_->attempt == attempt) {
        canceled_ = true;
        canceled_by_person_ = by_person;
        if (session_) session_->cancel(at_most);
        return;
    }
    for (auto queued = queue_.begin(); queued != queue_.end(); ++queued) {
        if (queued->attempt != attempt) continue;
        wire::AttemptReport report;
        report.attempt = attempt;
        report.session = id_;
        report.result.emplace().result = by_person ? ResultClass::canceled : ResultClass::never_attempted;
        done_.push_back(std::move(report));
        queue_.erase(queued);
        return;
    }
}

void Runner::drop(const wire::AttemptId& attempt) {
    const std::lock_guard lock(mutex_);
    std::erase_if(queue_, [&](const wire::Assignment& queued) { return queued.attempt == attempt; });
    for (const wire::AttemptReport& report : done_)
        if (report.attempt == attempt && !report.result->outputs.empty()) outputs_->disclaim(report.result->outputs);
    if (!current_ || current_->attempt != attempt) return;
    dropped_ = true;
    if (session_) session_->cancel(std::chrono::milliseconds(0));
}

void Runner::interrupt(std::chrono::milliseconds at_most) {
    const std::lock_guard lock(mutex_);
    interrupted_ = true;
    if (session_) session_->cancel(at_most);
    changed_.notify_all();
}

void Runner::stop(std::chrono::milliseconds at_most) {
    {
        const std::lock_guard lock(mutex_);
        last_moment_ = system_clock().steady() + at_most + time_to_deliver;
    }
    interrupt(at_most);
}

std::vector<wire::AttemptReport> Runner::reports() {
    const std::lock_guard lock(mutex_);
    for (wire::AttemptReport& report : done_)
        if (!report.result->outputs.empty()) outputs_->drop_superseded(report.result->outputs);
    std::vector<wire::AttemptReport> reports = done_;
    if (current_) {
        reports.push_back(*current_);
        reports.back().preview = delivered_preview(*previews_, current_->attempt);
        current_->metrics.clear();
    }
    for (const wire::Assignment& queued : queue_) {
        wire::AttemptReport report;
        report.attempt = queued.attempt;
        report.session = id_;
        reports.push_back(std::move(report));
    }
    return reports;
}

void Runner::answered(const std::vector<wire::AttemptReport>& reports) {
    const std::lock_guard lock(mutex_);
    for (const wire::AttemptReport& report : reports) {
        if (!report.result || report.session != id_) continue;
        std::erase_if(done_, [&](const wire::AttemptReport& own) { return own.attempt == report.attempt; });
        // Not before the farm has the result: a kill in between would cost all that the checkpoint holds.
        if (report.result->result == ResultClass::succeeded) Checkpoint(around_.checkpoints, report.attempt).discard();
    }
}

bool Runner::is_leaving() const {
    const std::lock_guard lock(mutex_);
    return finish_when_dry_ || interrupted_ || failed_;
}

bool Runner::is_dry() const {
    const std::lock_guard lock(mutex_);
    return queue_.empty();
}

bool Runner::has_results() const {
    const std::lock_guard lock(mutex_);
    return !done_.empty();
}

// The runner's thread.

void Runner::loop() {
    for (bool good = true; good;) {  // whatever isn't success ends a session; the farm counts on that
        const auto assignment = next();
        good = assignment && run(*assignment);
    }
    try {
        if (session_) session_->leave();
        log_.close();
    } catch (const std::exception& error) {
        log::warning(fmt::format("session {} could not be left well: {}", id_, error.what()));
    }
    std::unique_ptr<session::Session> ended;
    {
        const std::lock_guard lock(mutex_);
        ended = std::move(session_);
    }
    ended.reset();
    gpus_ = {};
    if (!stage_folder_.empty()) {
        std::error_code ignored;
        fs::remove_all(stage_folder_, ignored);
    }
    give_up_queue();
    over_ = true;
    around_.has_news();
}

std::optional<wire::Assignment> Runner::next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return interrupted_ || finish_when_dry_ || !queue_.empty(); });
    if (interrupted_ || queue_.empty()) return std::nullopt;
    const wire::Assignment assignment = queue_.front();
    queue_.pop_front();
    current_.emplace();
    current_->attempt = assignment.attempt;
    current_->session = id_;
    current_->phase = wire::Phase::running;
    canceled_ = false;
    canceled_by_person_ = false;
    dropped_ = false;
    return assignment;
}

bool Runner::run(const wire::Assignment& assignment) {
    {
        const std::lock_guard lock(mutex_);
        current_->log_begin = log_.begin_attempt();
    }
    tail_.clear();
    const Micros started = system_clock().wall();
    wire::Result result;
    try {
        result = try_task(assignment, started);
    } catch (const Error& error) {
        {
            const std::lock_guard lock(mutex_);
            result.result = class_of(error, canceled_by_person_);
        }
        result.reason = error.what();
        log_.line(result.reason);
        if (session_) session_->cancel(std::chrono::milliseconds(0));
    } catch (const std::exception& error) {
        result.result = ResultClass::failed_app;
        result.reason = error.what();
        log_.line(result.reason);
    }
    result.started_at = started;
    result.ended_at = system_clock().wall();
    try {
        result.log = log_.end_attempt();
    } catch (const Error& error) {  // the result counts for more than its log
        log::warning(error.what());
    }
    const bool good = result.result == ResultClass::succeeded;
    finish(assignment, std::move(result));
    return good;
}

wire::Result Runner::try_task(const wire::Assignment& assignment, Micros started) {
    if (!session_) open_session();
    std::optional<std::string> kept;
    session::ActionResult action = session_->enter(step_);
    if (action.outcome == session::Outcome::succeeded) {
        Checkpoint checkpoint(around_.checkpoints, assignment.attempt);
        const auto use = around_.transfer->use([this] { return gives_up_staging(); });
        const bool resume = checkpoint.prepare(assignment.checkpoint, *around_.blobs, *use) && assignment.resume;
        action = session_->run(step_, order_->job->steps[step_].space.at(assignment.attempt.task),
                               {checkpoint.folder(), resume});
        if (action.outcome == session::Outcome::succeeded) {
            {
                const std::lock_guard lock(mutex_);
                current_->phase = wire::Phase::committing;
            }
            wire::Result result = result_of(action, started);
            take_outputs(result);
            return result;
        }
        kept = keep_checkpoint(checkpoint);
    }
    if (around_.transfer->is_remote() && action.outcome == session::Outcome::failed)
        action.reason += about_missing_inputs(*order_);
    wire::Result result = result_of(action, started);
    result.checkpoint = std::move(kept);
    if (result.result == ResultClass::failed_app && action.exit_code) heed_log(result);
    return result;
}

wire::Result Runner::result_of(const session::ActionResult& action, Micros started) {
    const std::lock_guard lock(mutex_);
    wire::Result result;
    result.result = class_of(action, canceled_by_person_);
    result.exit_code = action.exit_code;
    result.reason = action.reason;
    result.usage = usage_of(action.usage);
    result.started_at = started;
    return result;
}

// The program only said that it failed; its last lines may tell more.
void Runner::heed_log(wire::Result& result) const {
    const auto finding = wire::judge_log(order_->log_rules, tail_.lines());
    if (!finding) return;
    result.result = finding->result;
    result.reason += "; its log says: " + finding->line;
}

void Runner::open_session() {
    order_ = around_.link.order(job_);
    Stage stage;
    if (order_->sessioning.isolate) {
        stage_folder_ = make_private_folder(around_.sessions, "stage-");
        const auto use = around_.transfer->use([this] { return gives_up_staging(); });
        stage = stage_isolated(*order_, around_.link.outputs(job_, step_), *around_.blobs, *use, stage_folder_);
        outputs_ = std::make_shared<Outputs>(stage.outputs, around_.blobs);
        outputs_->learn(INT64_MAX, {});
    } else {
        stage = stage_in_place(*order_);
        outputs_ = around_.shared_outputs(job_, *order_, stage);
    }
    session::Options options;
    options.parent = around_.sessions;
    options.path_mapping = stage.mapping;
    options.variables = around_.variables;
    take_gpus(options.variables);
    options.sandbox.enabled = order_->sessioning.sandbox;
    options.sandbox.network = order_->sessioning.network;
    options.sandbox.readable = stage.readable;
    options.sandbox.writable = writable_ = stage.writable;
    options.sandbox.writable.push_back(around_.checkpoints / job_);
    fs::create_directories(around_.checkpoints / job_);
    auto made = std::make_unique<session::Session>(order_->job, std::move(options), *this);
    const std::lock_guard lock(mutex_);
    session_ = std::move(made);
    if (interrupted_ || dropped_ || canceled_) session_->cancel(std::chrono::milliseconds(0));
}

// They are kept here until the farm's store has them, however long it is away; a result tells only what is there.
void Runner::take_outputs(wire::Result& result) {
    const auto use = around_.transfer->use([this] { return gives_up_delivery(); });
    result.outputs = outputs_->take();
    std::vector<store::BlobRef> blobs;
    for (const wire::Output& output : result.outputs)
        blobs.push_back({Digest::from_hex(output.digest), output.size});
    {
        const std::lock_guard lock(mutex_);
        if (const auto& preview = current_->preview)
            blobs.push_back({Digest::from_hex(preview->digest), preview->size});
    }
    try {
        use->deliver(blobs, [&] { keep_while_farm_is_away(result); });
    } catch (...) {
        outputs_->disclaim(result.outputs);
        throw;
    }
}

// A worker that is killed, or told to leave, while it waits for the farm has done the work all the same.
void Runner::keep_while_farm_is_away(wire::Result result) {
    try {
        result.log = log_.end_attempt();
        result.ended_at = system_clock().wall();
        outputs_->drop_superseded(result.outputs);
        const std::lock_guard lock(mutex_);
        if (dropped_) return;
        wire::AttemptReport report = *current_;
        report.preview.reset();
        report.result = std::move(result);
        around_.link.keep(report);
    } catch (const Error& error) {  // without it the task is done again, and that is all
        log::warning(error.what());
    }
}

// Without it in the farm's store, an attempt on this machine still finds it here.
std::optional<std::string> Runner::keep_checkpoint(Checkpoint& checkpoint) {
    const auto use = around_.transfer->use([this] { return gives_up_delivery(); });
    try {
        return checkpoint.keep(*around_.blobs, *use);
    } catch (const Error& error) {
        if (error.kind() != Error::Kind::unavailable) throw;
        return std::nullopt;
    }
}

bool Runner::gives_up_staging() {
    const std::lock_guard lock(mutex_);
    return interrupted_ || dropped_ || canceled_;
}

// Not for leases that end: the farm itself may be what is away, and then they don't.
bool Runner::gives_up_delivery() {
    const std::lock_guard lock(mutex_);
    return dropped_ || canceled_ || (last_moment_ && system_clock().steady() >= *last_moment_);
}

// Where there are cards a session sees those that are its own; without having asked for one, none.
void Runner::take_gpus(std::map<std::string, std::string>& variables) {
    const std::size_t wanted = gpus_wanted(order_->job->steps[step_]);
    if (!around_.gpus->has_gpus() && wanted == 0) return;
    std::optional<GpuDesk::Hold> hold;
    while (!hold && !is_over_before_it_began())
        hold = around_.gpus->take(wanted, look_interval);
    if (hold) gpus_ = std::move(*hold);
    variables[visible_gpus] = join(gpus_.uuids(), ",");
}

bool Runner::is_over_before_it_began() const {
    const std::lock_guard lock(mutex_);
    return interrupted_ || dropped_ || canceled_by_person_;
}

void Runner::finish(const wire::Assignment& assignment, wire::Result result) {
    {
        const std::lock_guard lock(mutex_);
        wire::AttemptReport report = std::move(*current_);
        current_.reset();
        if (!dropped_) {
            report.attempt = assignment.attempt;
            failed_ = result.result != ResultClass::succeeded;
            if (failed_) report.preview = delivered_preview(*previews_, report.attempt);
            report.result = std::move(result);
            done_.push_back(std::move(report));
        } else if (outputs_) {
            outputs_->disclaim(result.outputs);
        }
    }
    around_.has_news();
}

void Runner::give_up_queue() {
    const std::lock_guard lock(mutex_);
    for (const wire::Assignment& queued : queue_) {
        wire::AttemptReport report;
        report.attempt = queued.attempt;
        report.session = id_;
        report.result.emplace().result = ResultClass::never_attempted;
        done_.push_back(std::move(report));
    }
    queue_.clear();
}

// The session's Listener, on the runner's thread.

void Runner::log(std::string_view line) {
    log_.line(line);
    tail_.line(line);
}

// The command that is run is told, too: what its text says is no finding.
void Runner::remark(std::string_view line) { log_.line(line); }

void Runner::progress(double percent) {
    const std::lock_guard lock(mutex_);
    if (current_) current_->progress = std::max(current_->progress, percent);
}

void Runner::status(std::string_view text) {
    const std::lock_guard lock(mutex_);
    if (current_) current_->status = text;
}

void Runner::metric(std::string_view name, double value) {
    const std::lock_guard lock(mutex_);
    if (current_) current_->metrics[std::string(name)] = value;
}

void Runner::preview(std::string_view path) {
    std::error_code problem;
    const fs::path file = path;
    if (fs::file_size(file, problem) > largest_preview || problem) return;
    try {
        const auto blob = store_preview(file);
        if (!blob) return;
        const wire::Preview preview{file.filename().string(), blob->digest.hex(), blob->size};
        wire::AttemptId attempt;
        {
            const std::lock_guard lock(mutex_);
            if (!current_) return;
            current_->preview = preview;
            attempt = current_->attempt;
        }
        around_.transfer->deliver_later(*blob, [box = previews_, attempt, preview] {
            const std::lock_guard lock(box->mutex);
            box->attempt = attempt;
            box->preview = preview;
        });
    } catch (const Error& error) {  // a preview that is being written: the next one will do
        log::debug(error.what());
    }
}

// A task in the sandbox may show only what it can reach: a line of its output is no way to have other files read.
std::optional<store::BlobRef> Runner::store_preview(const fs::path& file) {
    std::vector<fs::path> roots = writable_;
    roots.push_back(session_->folder());
    for (const fs::path& root : roots) {
        const std::string inside = file.lexically_normal().lexically_relative(root.lexically_normal()).string();
        if (inside.empty() || inside == "." || inside.starts_with("..")) continue;
        return around_.blobs->put_files_beneath(root, std::vector{inside}).front();
    }
    if (order_->sessioning.sandbox) return std::nullopt;
    return around_.blobs->put_file(file);
}

void Runner::tick() { log_.flush(); }

}  // namespace atelier::worker
