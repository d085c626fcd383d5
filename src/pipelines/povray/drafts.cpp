#include "pipelines/povray/drafts.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <boost/json/object.hpp>
#include <chrono>

#include "base/error.h"
#include "base/id.h"
#include "base/text.h"
#include "farm/queries.h"
#include "http/parser.h"
#include "pipelines/povray/job_json.h"
#include "store/manifest.h"

namespace atelier::pipelines::povray {

namespace fs = std::filesystem;

namespace {

constexpr const char* head_name = "draft.json";
constexpr const char* arriving = "arriving";

double seconds_since_touched(const fs::path& folder) {
    std::error_code none;
    auto touched = fs::last_write_time(folder / head_name, none);
    if (none) touched = fs::last_write_time(folder, none);
    if (none) return 0;
    return std::chrono::duration<double>(fs::file_time_type::clock::now() - touched).count();
}

void count_shared(Draft& draft) {
    for (const auto& entry : fs::recursive_directory_iterator(draft.ground->shared())) {
        if (!entry.is_regular_file()) continue;
        draft.shared_bytes += entry.file_size();
        ++draft.shared_files;
    }
}

}  // namespace

Drafts::Drafts(farm::Farm& farm, const DraftLimits& limits)
    : farm_(farm), limits_(limits), folder_(farm.layout().root / "pov-jobs") {
    fs::create_directories(folder_);
    fs::permissions(folder_, fs::perms::owner_all);
    forget_old();
}

std::shared_ptr<Draft> Drafts::begin(const std::string& owner, const JobOptions& options, const UnitFilm& film) {
    check(film);
    const wire::Submission trial = submission_of(options, film, 1, shown_folder);
    wire::check(trial.settings);
    wire::make_order(trial, 0);
    forget_old();
    if (all(owner).size() >= limits_.most_of_one_owner)
        throw http::Refusal(429, fmt::format("{} jobs are being put together already", limits_.most_of_one_owner),
                            "run or delete those first");
    std::string id = random_id(job_id_length);
    while (is_job(id) || !fs::create_directory(folder_ / id))
        id = random_id(job_id_length);
    write_file_durably(folder_ / id / head_name, json::text(json::write(DraftHead{owner, options, film})));
    sync_folder(folder_);
    auto draft = find(id);
    if (!draft) throw Error(Error::Kind::internal, "the draft " + id + " is gone");
    return draft;
}

bool Drafts::is_job(const std::string& id) {
    bool found = true;
    farm_.read([&](db::Connection& connection) {
        try {
            farm::job_by_id(connection, id);
        } catch (const Error& error) {
            if (error.kind() != Error::Kind::not_found) throw;
            found = false;
        }
    });
    return found;
}

// From the disk. One that a kill has left behind when it was a job already is removed.
std::shared_ptr<Draft> Drafts::load(const std::string& id) {
    const fs::path folder = folder_ / id;
    if (!fs::exists(folder / head_name)) return nullptr;
    if (is_job(id)) {
        fs::remove_all(folder);
        return nullptr;
    }
    const auto head = json::read<DraftHead>(json::parse(read_file(folder / head_name)));
    auto draft = std::make_shared<Draft>();
    draft->id = id;
    draft->owner = head.owner;
    draft->options = head.options;
    draft->film = head.film;
    draft->folder = folder;
    empty_folder(folder / arriving);
    fs::create_directory(folder / arriving);
    draft->ground.emplace(folder, id);
    count_shared(*draft);
    return draft;
}

std::shared_ptr<Draft> Drafts::find(const std::string& id) {
    if (!looks_like_id(id)) return nullptr;
    const std::lock_guard lock(mutex_);
    const auto known = drafts_.find(id);
    if (known != drafts_.end() && fs::exists(folder_ / id / head_name)) return known->second;
    if (known != drafts_.end()) drafts_.erase(known);
    auto draft = load(id);
    if (draft) drafts_.emplace(id, draft);
    return draft;
}

std::vector<std::shared_ptr<Draft>> Drafts::all(const std::string& owner) {
    std::vector<std::shared_ptr<Draft>> found;
    for (const auto& entry : fs::directory_iterator(folder_)) {
        auto draft = find(entry.path().filename());
        if (draft && (owner.empty() || draft->owner == owner)) found.push_back(std::move(draft));
    }
    return found;
}

// Whoever holds one just now works on it.
void Drafts::forget_old() {
    for (const auto& entry : fs::directory_iterator(folder_)) {
        if (seconds_since_touched(entry.path()) <= limits_.seconds_kept) continue;
        const std::lock_guard lock(mutex_);
        const auto known = drafts_.find(entry.path().filename());
        if (known != drafts_.end()) {
            if (known->second.use_count() > 1) continue;
            drafts_.erase(known);
        }
        std::error_code ignored;
        fs::remove_all(entry.path(), ignored);
    }
}

void Drafts::touch(const Draft& draft) const {
    std::error_code ignored;
    fs::last_write_time(draft.folder / head_name, fs::file_time_type::clock::now(), ignored);
}

void Drafts::require_open(const Draft& draft) {
    if (draft.is_closed)
        throw Error(Error::Kind::conflict, "the job " + draft.id + " was started already; nothing can be added");
}

std::vector<WorkUnit> Drafts::add(Draft& draft, std::vector<WorkUnit> units) {
    const std::lock_guard lock(draft.mutex);
    require_open(draft);
    draft.ground->refresh();
    if (draft.shared_bytes + draft.ground->bytes() > limits_.most_bytes)
        throw http::Refusal(413, "a job may have " + format_bytes(limits_.most_bytes));
    auto added = draft.ground->add(std::move(units));
    touch(draft);
    return added;
}

void Drafts::run(Draft& draft) {
    {
        const std::lock_guard lock(draft.mutex);
        require_open(draft);
        draft.ground->refresh();
        draft.is_closed = true;
    }
    try {
        draft.ground->lay_plan(draft.options);
        wire::Submission submission = submission_of(draft.options, draft.film, draft.ground->count(), shown_folder);
        const auto store = [&](const char* parameter, const char* name) {
            const store::Manifest manifest = store::collect(draft.folder / name, farm_.blobs());
            submission.inputs[parameter] = farm_.blobs().put(manifest.to_json()).digest.hex();
        };
        store(units_parameter, units_file);
        store(shared_parameter, shared_folder);
        store(plan_parameter, plan_file);
        json::Object body;
        body["submission"] = json::parse(wire::to_json(submission));
        body["owner"] = draft.owner;
        body["id"] = draft.id;
        farm_.perform("submit", body);
    } catch (...) {
        const std::lock_guard lock(draft.mutex);
        draft.is_closed = false;
        throw;
    }
    forget(draft.id);
}

void Drafts::remove(Draft& draft) {
    {
        const std::lock_guard lock(draft.mutex);
        require_open(draft);
        draft.is_closed = true;
    }
    forget(draft.id);
}

// Its head goes first: what is left by a kill is no draft any more.
void Drafts::forget(const std::string& id) {
    {
        const std::lock_guard lock(mutex_);
        drafts_.erase(id);
        fs::remove(folder_ / id / head_name);
    }
    std::error_code ignored;
    fs::remove_all(folder_ / id, ignored);
}

// ---- a shared resource

Drafts::Arrival::Arrival(Drafts& drafts, std::shared_ptr<Draft> draft, std::string name,
                         std::optional<std::uint64_t> length)
    : drafts_(drafts), draft_(std::move(draft)), name_(std::move(name)) {
    const std::lock_guard lock(draft_->mutex);
    require_open(*draft_);
    draft_->ground->place_for(name_);  // refused before anything was sent
    if (draft_->shared_files >= drafts_.limits_.most_files)
        throw http::Refusal(413, fmt::format("a job shares {} files at most", drafts_.limits_.most_files));
    require_room(length.value_or(0));
    path_ = draft_->folder / arriving / random_id(attempt_id_length);
    file_ = open_file(path_, O_WRONLY | O_CREAT | O_EXCL, 0600);
    ++draft_->shared_files;
}

Drafts::Arrival::~Arrival() {
    if (is_kept_) return;
    draft_->shared_bytes -= bytes_;
    --draft_->shared_files;
    std::error_code ignored;
    fs::remove(path_, ignored);
}

void Drafts::Arrival::require_room(std::uint64_t bytes) const {
    const std::uint64_t taken = draft_->shared_bytes;
    if (taken > drafts_.limits_.most_bytes || bytes > drafts_.limits_.most_bytes - taken)
        throw http::Refusal(413, "what a job shares may have " + format_bytes(drafts_.limits_.most_bytes),
                            "share less, or make several jobs");
}

void Drafts::Arrival::take(std::string_view piece) {
    require_room(piece.size());
    draft_->shared_bytes += piece.size();
    bytes_ += piece.size();
    write_all(file_.get(), piece, name_);
}

bool Drafts::Arrival::keep() {
    if (::fdatasync(file_.get()) != 0) throw Error::from_errno("cannot write " + printable(name_));
    const std::lock_guard lock(draft_->mutex);
    require_open(*draft_);
    const fs::path place = draft_->ground->place_for(name_);
    const bool is_new = !fs::exists(place);
    if (!is_new) {
        draft_->shared_bytes -= fs::file_size(place);
        --draft_->shared_files;
    }
    fs::create_directories(place.parent_path());
    fs::rename(path_, place);
    is_kept_ = true;
    sync_folder(place.parent_path());
    drafts_.touch(*draft_);
    return is_new;
}

}  // namespace atelier::pipelines::povray
