#include "cli/local_desk.h"

#include <fcntl.h>
#include <sys/file.h>

#include <chrono>
#include <thread>

#include "base/error.h"
#include "base/files.h"
#include "base/json_struct.h"
#include "cli/home.h"
#include "cli/submit.h"
#include "farm/asks.h"
#include "farm/farm.h"
#include "farm/log_book.h"
#include "farm/queries_json.h"
#include "farm/schema.h"
#include "store/hash_cache.h"
#include "store/manifest.h"
#include "worker/staging.h"

namespace atelier::cli {

namespace {
constexpr std::chrono::milliseconds answer_poll{10};
constexpr std::size_t all_attempts = 1'000'000;
}  // namespace

LocalDesk::LocalDesk() : layout_{home_folder()} {}

db::Connection& LocalDesk::reader() {
    if (!has_tables()) {
        if (has_owner())
            throw Error(Error::Kind::unavailable, "the farm of this data folder is just starting, or is an older one",
                        "try again in a moment; if that doesn't help, restart it with this version",
                        layout_.root.string());
        throw Error(Error::Kind::not_found, "no job was ever submitted here",
                    "`atelier run TEMPLATE` runs one; ATELIER_HOME names another data folder", layout_.root.string());
    }
    return *reader_;
}

bool LocalDesk::has_tables() {
    if (reader_) return true;
    layout_.require_here();
    if (!std::filesystem::exists(layout_.database())) return false;
    auto reader = db::open(layout_.database().string(), db::Access::read_only);
    if (!db::has_table(*reader, "jobs")) return false;
    if (!farm::is_up_to_date(*reader) && !bring_up_to_date()) return false;
    reader_ = std::move(reader);
    return true;
}

// A database that an older version has left: a farm of our own brings it up to date. False when another process owns
// the folder; then that is its affair.
bool LocalDesk::bring_up_to_date() {
    try {
        const farm::Farm farm({layout_, {}, &system_clock()});
        return true;
    } catch (const Error& error) {
        if (error.kind() != Error::Kind::unavailable || !has_owner()) throw;
        return false;
    }
}

bool LocalDesk::has_owner() const {
    const Fd lock(::open(layout_.lock().c_str(), O_RDWR | O_CLOEXEC));
    return lock && ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0;  // ours goes with the descriptor
}

json::Value LocalDesk::ask(const std::string& verb, const json::Object& body) {
    for (;;) {
        if (has_owner()) {
            if (auto answer = ask_owner(verb, body)) return *answer;
            continue;
        }
        try {
            farm::Farm farm({layout_, {}, &system_clock()});
            return farm.perform(verb, body);
        } catch (const Error& error) {
            if (error.kind() != Error::Kind::unavailable || !has_owner()) throw;
        }
    }
}

std::optional<json::Value> LocalDesk::ask_owner(const std::string& verb, const json::Object& body) {
    const auto connection = db::open(layout_.database().string());
    const std::int64_t number = farm::leave_ask(*connection, verb, body);
    for (;;) {
        const bool owned = has_owner();
        if (auto answer = farm::take_answer(*connection, number)) return answer;
        if (!owned) {
            farm::withdraw_ask(*connection, number);
            return std::nullopt;
        }
        std::this_thread::sleep_for(answer_poll);
    }
}

std::vector<farm::AttemptRecord> LocalDesk::attempts(const std::string& job, std::optional<std::uint32_t> step,
                                                     std::optional<std::uint64_t> task) {
    return farm::attempts_of(reader(), job, step, task, all_attempts);
}

std::optional<farm::AttemptRecord> LocalDesk::attempt(const wire::AttemptId& id) {
    return farm::attempt_by_id(reader(), id);
}

std::vector<farm::RunningAttempt> LocalDesk::running(const std::string& job) {
    return farm::running_attempts(reader(), job);
}

std::vector<farm::EventRecord> LocalDesk::events(const std::string& job, std::int64_t after, int limit) {
    return farm::events_after(reader(), after, job, limit);
}

std::vector<farm::Artifact> LocalDesk::artifacts(const std::string& job) { return farm::artifacts_of(reader(), job); }

void LocalDesk::read_log(const std::string& job, const std::string& session, std::uint64_t begin, std::uint64_t end,
                         const std::function<void(std::string_view)>& sink) {
    farm::read_log(layout_.logs(), job, session, begin, end, sink);
}

std::vector<farm::WorkerView> LocalDesk::workers() {
    return json::read<std::vector<farm::WorkerView>>(ask("workers", json::Object()));
}

Desk::Submitted LocalDesk::submit(const wire::Submission& submission) {
    if (has_tables())
        if (const auto begun = farm::unfinished_job_like(*reader_, submission)) {
            ask("resume", *begun);
            return {*begun, true};
        }
    json::Object body;
    body["submission"] = json::parse(wire::to_json(submission));
    return {std::string(ask("submit", body).as_string()), false};
}

void LocalDesk::store_inputs(wire::Submission& submission, const InputFiles& only) {
    store::HashCache cache(layout_.hashes());
    if (!blobs_) blobs_ = layout_.open_blobs();
    cli::store_inputs(submission, only, [&](const std::filesystem::path& path, const std::vector<std::string>* files) {
        return blobs_->put(store::collect(path, *blobs_, &cache, files).to_json()).digest.hex();
    });
}

void LocalDesk::fetch(const std::string&, const wire::Output& output, const std::filesystem::path& folder) {
    if (!blobs_) blobs_ = layout_.open_blobs();
    worker::place_output(output, folder, *blobs_);
}

}  // namespace atelier::cli
