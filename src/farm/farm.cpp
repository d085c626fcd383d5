#include "farm/farm.h"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <set>

#include "base/id.h"
#include "base/log.h"
#include "farm/asks.h"
#include "farm/queries.h"
#include "farm/schema.h"

namespace atelier::farm {

namespace {

constexpr std::chrono::milliseconds housekeeping_interval{100};
constexpr double attendance_interval = 1;  // seconds

Fd take_ownership(const FarmOptions& options) {
    const Layout& layout = options.layout;
    layout.create();
    if (db::is_shared(options.database_url())) {  // so is the data folder
        layout.tell_elsewhere(options.database_url());
        return {};
    }
    layout.require_here();
    Fd lock = open_file(layout.lock(), O_RDWR | O_CREAT, 0600);
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0)
        throw Error(Error::Kind::unavailable, "another atelier owns the data folder " + layout.root.string());
    return lock;
}

std::unique_ptr<db::Connection> open_migrated(const std::string& url) {
    auto connection = db::open(url);
    db::migrate(*connection, migrations());
    return connection;
}

// What the queue refuses before it has touched anything.
bool leaves_the_board_as_it_is(const Error& error) {
    return error.kind() == Error::Kind::invalid || error.kind() == Error::Kind::not_found ||
           error.kind() == Error::Kind::denied || error.kind() == Error::Kind::conflict;
}

}  // namespace

// One change of the queue: under the mutex, in one commit with what it writes. When it fails half-way, what it wrote is
// rolled back and the board is made anew before the next one.
template <class F>
auto Farm::change(F&& f, db::Durability durability) {
    const auto guarded = [&](db::Connection& connection) {
        const std::lock_guard lock(mutex_);
        begin_change(connection);
        try {
            return f(connection);
        } catch (const Error& error) {
            stale_ = !leaves_the_board_as_it_is(error);
            throw;
        } catch (...) {
            stale_ = true;
            throw;
        }
    };
    return writer_->run(guarded, durability);
}

Farm::Farm(const FarmOptions& options)
    : options_(options),
      owner_(take_ownership(options)),
      blobs_(options.layout.open_blobs()),
      logs_(options.layout.logs()),
      queue_(options.queue, *options.clock,
             [this](const std::string& digest, std::uint64_t size) {
                 return blobs_->has({Digest::from_hex(digest), size});
             }),
      readers_(options.database_url()),
      server_{random_id(attempt_id_length), options.server_url} {
    const auto failed = [this](db::Connection& connection) {
        stale_ = true;
        if (!connection.holds()) schedules_ = false;
    };
    writer_ = std::make_unique<db::Writer>(open_migrated(options.database_url()), failed, [this] { committed(); });
    attend(db::Durability::durable);
    housekeeper_ = std::thread([this] { housekeeping_loop(); });
}

Farm::~Farm() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    housekeeper_.join();
    try {
        if (!server_.url.empty()) writer_->run([&](db::Connection& connection) { withdraw(connection, server_); });
    } catch (const Error& error) {  // its row is forgotten after a day
        log::warning(std::string("this server could not be signed off: ") + error.what());
    }
    writer_.reset();
}

// Whoever lost the hold with its connection, and has it again, knows nothing of what others did meanwhile.
void Farm::require_hold(db::Connection& connection) {
    if (connection.holds()) return;
    stale_ = true;
    schedules_ = false;
    if (connection.try_hold()) return;
    const std::string who = farm::scheduler_url(connection);
    throw Error(Error::Kind::unavailable, "another server schedules this farm" + (who.empty() ? who : ": " + who),
                "ask that one; this one takes over when it is gone");
}

void Farm::begin_change(db::Connection& connection) {
    require_hold(connection);
    if (!stale_) return;
    queue_.load(connection);
    stale_ = false;
    if (!schedules_) adopt_logs();
    schedules_ = true;
}

void Farm::adopt_logs() {
    std::set<std::string> going_on;
    for (const auto& [id, worker] : queue_.workers())
        for (const auto& [session, board] : worker.sessions)
            going_on.insert(session);
    logs_.adopt([&](const std::string& session) { return going_on.contains(session); });
}

// Tells the others of this server, and takes over when nobody schedules.
void Farm::attend(db::Durability durability) {
    const Steady now = std::chrono::steady_clock::now();
    if (now < next_attendance_) return;
    next_attendance_ = db::is_shared(options_.database_url()) ? now + in_steady(attendance_interval) : Steady::max();
    const auto take_part = [&](db::Connection& connection) {
        try {
            const std::lock_guard lock(mutex_);
            begin_change(connection);
        } catch (const Error& error) {
            if (error.kind() != Error::Kind::unavailable || !connection.in_transaction()) throw;
        }
        announce(connection, server_, connection.holds(), options_.clock->wall());
    };
    writer_->run(take_part, durability);
}

std::string Farm::scheduler_url() {
    const Readers::Use reader(readers_);
    return farm::scheduler_url(*reader);
}

void Farm::committed() {
    EndedSessions ended;
    {
        const std::lock_guard lock(mutex_);
        ++changes_;
        ended = queue_.take_ended_sessions();
        wake_those_with_work();
    }
    changed_.notify_all();
    for (const auto& [job, session] : ended)  // its worker may have died without a word
        logs_.end(job, session);
    const std::lock_guard lock(subscribers_mutex_);
    for (const auto& [ticket, on_commit] : subscribers_)
        on_commit();
}

void Farm::wake_those_with_work() {
    for (const std::string& worker : queue_.stirred())
        if (const auto waiting = waiting_.find(worker); waiting != waiting_.end()) {
            waiting->second.wake();
            waiting_.erase(waiting);
        }
    if (waiting_.empty() || queue_.touched() == looked_at_) return;
    std::uint64_t left = queue_.takers();
    for (auto waiting = waiting_.begin(); waiting != waiting_.end() && left > 0;) {
        if (!queue_.has_work_for(waiting->first)) {
            ++waiting;
            continue;
        }
        waiting->second.wake();
        waiting = waiting_.erase(waiting);
        --left;
    }
    if (left > 0 || queue_.takers() == 0)
        looked_at_ = queue_.touched();  // else the rest is asked after the next commit
}

std::uint64_t Farm::await_work(const std::string& worker, std::function<void()> wake) {
    const std::lock_guard lock(mutex_);
    const std::uint64_t ticket = next_ticket_++;
    if (queue_.has_work_for(worker)) {
        wake();
        return ticket;
    }
    Waiting& waiting = waiting_[worker];
    if (waiting.wake) waiting.wake();
    waiting = {ticket, std::move(wake)};
    return ticket;
}

void Farm::stop_awaiting(const std::string& worker, std::uint64_t ticket) {
    const std::lock_guard lock(mutex_);
    if (const auto waiting = waiting_.find(worker); waiting != waiting_.end() && waiting->second.ticket == ticket)
        waiting_.erase(waiting);
}

std::uint64_t Farm::subscribe(std::function<void()> on_commit) {
    const std::lock_guard lock(subscribers_mutex_);
    subscribers_.emplace(++last_subscriber_, std::move(on_commit));
    return last_subscriber_;
}

void Farm::unsubscribe(std::uint64_t ticket) {
    const std::lock_guard lock(subscribers_mutex_);
    subscribers_.erase(ticket);
}

void Farm::read(const std::function<void(db::Connection&)>& f) {
    const Readers::Use reader(readers_);
    f(*reader);
}

std::string Farm::submit(const wire::Submission& submission, const std::string& owner) {
    return change([&](db::Connection& connection) { return queue_.submit(connection, submission, owner); });
}

json::Value Farm::perform(const std::string& verb, const json::Object& body) {
    std::vector<std::string> digests;
    const std::string job = body.contains("job") ? std::string(body.at("job").as_string()) : "";
    if (verb == "delete") {
        const Readers::Use reader(readers_);
        digests = digests_of_job(*reader, *blobs_, job);
    }
    json::Value answer = change([&](db::Connection& connection) { return apply(connection, verb, body); });
    if (verb == "delete") after_remove(job, digests);
    return answer;
}

// The job's logs, and the blobs that nobody else needs. On the writer's thread, so that no result that counts on one of
// them is committed meanwhile. A kill in between, or a backup, leaves garbage, which `atelier store gc` finds.
void Farm::after_remove(const std::string& job, const std::vector<std::string>& digests) {
    logs_.remove_job(job);
    std::error_code ignored;
    std::filesystem::remove_all(options_.layout.checkpoints() / job, ignored);
    writer_->run([&](db::Connection& connection) {
        require_hold(connection);
        const Fd blobs = options_.layout.take_blobs();
        if (!blobs) return;  // a backup is being made
        for (const std::string& digest : unreferenced(connection, *blobs_, digests))
            blobs_->store().remove(store::Blobs::key_of(Digest::from_hex(digest)));
    });
}

std::string Farm::why(const std::string& job, const std::string& step, std::optional<std::uint64_t> task) {
    json::Object body;
    body["job"] = job;
    body["step"] = step;
    if (task) body["task"] = *task;
    return std::string(perform("why", body).as_string());
}

wire::ExchangeReply Farm::exchange(const wire::ExchangeRequest& request, const std::string& speaker) {
    return change([&](db::Connection& connection) {
        wire::ExchangeReply reply = queue_.exchange(connection, request, speaker);
        count(reply);
        return reply;
    });
}

void Farm::post_exchange(std::shared_ptr<const wire::ExchangeRequest> request,
                         std::function<void(std::exception_ptr, wire::ExchangeReply)> answer, std::string speaker) {
    const auto reply = std::make_shared<wire::ExchangeReply>();
    writer_->post(
        [this, request, reply, speaker = std::move(speaker)](db::Connection& connection) {
            const std::lock_guard lock(mutex_);
            begin_change(connection);
            stale_ = true;  // until it has gone well
            try {
                *reply = queue_.exchange(connection, *request, speaker);
                count(*reply);
            } catch (const Error& error) {
                stale_ = !leaves_the_board_as_it_is(error);
                throw;
            }
            stale_ = false;
        },
        [reply, answer = std::move(answer)](std::exception_ptr problem) { answer(problem, std::move(*reply)); });
}

bool Farm::holds(const std::string& worker, const std::string& job, const std::string& speaker) {
    const std::lock_guard lock(mutex_);
    const auto known = queue_.workers().find(worker);
    if (known == queue_.workers().end() || (!speaker.empty() && known->second.token != speaker)) return false;
    return queue_.holds(worker, job);
}

void Farm::count(const wire::ExchangeReply& reply) {
    ++counted_.exchanges;
    counted_.leases += reply.assign.size();
}

Figures Farm::figures() {
    const std::lock_guard lock(mutex_);
    Figures figures = counted_;
    for (const auto& [key, job] : queue_.jobs())
        for (const StepBoard& step : job.steps) {
            figures.ready += step.ready();
            figures.leased += step.leased;
        }
    figures.workers = queue_.workers().size();
    return figures;
}

bool Farm::wait_for_work(const std::string& worker, std::chrono::milliseconds patience,
                         const std::function<bool()>& give_up) {
    std::unique_lock lock(mutex_);
    bool found = false;
    changed_.wait_for(lock, patience, [&] {
        if (stopping_ || give_up()) return true;
        found = queue_.has_work_for(worker);
        return found;
    });
    return found;
}

std::uint64_t Farm::wait_for_change(std::uint64_t seen, std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, patience, [&] { return stopping_ || changes_ != seen; });
    return changes_;
}

void Farm::notify() {
    { const std::lock_guard lock(mutex_); }
    changed_.notify_all();
}

std::shared_ptr<const wire::JobOrder> Farm::order(const std::string& job) {
    const std::lock_guard lock(mutex_);
    const JobBoard* board = queue_.find(job);
    if (board == nullptr && !schedules_)
        throw Error(Error::Kind::unavailable, "another server schedules this farm", "ask that one");
    if (board == nullptr) throw Error(Error::Kind::not_found, "job " + job + " has ended");
    return board->order;
}

std::vector<wire::Output> Farm::outputs(const std::string& job, std::optional<std::uint32_t> before_step) {
    const auto order_of_job = order(job);
    const Readers::Use reader(readers_);
    if (before_step) return outputs_before(*reader, job, *order_of_job->job, *before_step);
    std::vector<wire::Output> all;
    for (Artifact& artifact : artifacts_of(*reader, job))
        all.push_back(std::move(artifact.output));
    return all;
}

void Farm::clear_checkpoints() {
    std::error_code ignored;
    const Readers::Use reader(readers_);
    for (const auto& folder : std::filesystem::directory_iterator(options_.layout.checkpoints(), ignored)) {
        const auto unfinished =
            reader->row<int>("SELECT 1 FROM jobs WHERE id = $1 AND state NOT IN ($2, $3)",
                             folder.path().filename().string(), JobState::succeeded, JobState::archived);
        if (!unfinished) std::filesystem::remove_all(folder.path(), ignored);
    }
}

void Farm::housekeeping_loop() {
    std::string complaint;  // told once, however long it lasts
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        const bool due = queue_.tick_is_due();
        lock.unlock();
        try {
            attend(db::Durability::relaxed);
            if (schedules_ && due)
                change([&](db::Connection& connection) { queue_.tick(connection); }, db::Durability::relaxed);
            if (schedules_) answer_asks();
            complaint.clear();
        } catch (const std::exception& error) {  // a full disk, a locked database: it is tried again
            if (complaint != error.what()) log::warning(std::string("the farm's housekeeping failed: ") + error.what());
            complaint = error.what();
        }
        lock.lock();
        changed_.wait_for(lock, housekeeping_interval, [&] { return stopping_; });
    }
}

void Farm::answer_asks() {
    std::vector<Ask> asks;
    {
        const Readers::Use reader(readers_);
        asks = open_asks(*reader);
    }
    for (const Ask& ask : asks) {
        try {
            const json::Object body = json::parse(ask.body).as_object();
            if (ask.verb == "delete") {  // has work to do after its commit
                const json::Value answer = perform(ask.verb, body);
                change([&](db::Connection& connection) { answer_ask(connection, ask.number, answer); });
                continue;
            }
            change([&](db::Connection& connection) {
                answer_ask(connection, ask.number, apply(connection, ask.verb, body));
            });
        } catch (const Error& error) {
            change([&](db::Connection& connection) { refuse_ask(connection, ask.number, error); });
        }
    }
}

}  // namespace atelier::farm
