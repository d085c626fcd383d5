#include "simulate/world.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "farm/schema.h"
#include "farm/why.h"

namespace atelier::simulate {

namespace {

constexpr std::size_t batch_size = 64;            // exchanges of one commit
constexpr std::uint64_t batches_of_a_look = 500;  // between looks at the board
constexpr double stuck_seconds = 7 * 3600;        // of virtual time without a lease: longer than any wait there is
constexpr double patience_seconds = 20;           // of an idle worker's exchange
constexpr double seconds_between_looks = 2;
constexpr double one_day_micros = 86'400e6;

}  // namespace

World::World(const Options& options) : options_(options), chance_(options.seed) {
    std::string database = options.database;
    if (database.empty()) {
        folder_ = std::make_unique<TemporaryFolder>();
        database = (folder_->path() / "farm.db").string();
    }
    connection_ = db::open(database);
    db::migrate(*connection_, farm::migrations());
    if (connection_->row<int>("SELECT 1 FROM jobs LIMIT 1"))
        throw Error(Error::Kind::conflict, "the database has jobs already", "give an empty one");
    begun_real_ = system_clock().steady();
    begun_ = moved_at_ = clock_.steady();
    open_queue();
    for (int i = 0; i < options.workers; ++i) {
        const int slots = 1 + static_cast<int>(chance_.below(4));
        workers_.push_back(std::make_unique<SimulatedWorker>(i, slots, chance_));
        events_.emplace(clock_.steady() + in_steady(chance_.between(0, 1)), static_cast<std::size_t>(i));
    }
    silent_until_.resize(workers_.size());
    heard_.resize(workers_.size());
}

void World::open_queue() {
    farm::QueueOptions options;
    options.fairness = options_.fairness;
    queue_ = std::make_unique<farm::Queue>(options, clock_, [](const std::string&, std::uint64_t) { return true; });
    queue_->load(*connection_);
}

void World::change(const std::function<void(db::Connection&)>& f) {
    db::Transaction transaction(*connection_, db::Durability::relaxed);
    f(*connection_);
    transaction.commit();
}

void World::submit(const wire::Submission& submission, const std::string& owner) {
    change([&](db::Connection& connection) { queue_->submit(connection, submission, owner); });
}

bool World::strikes(Fault fault, std::uint64_t one_in) {
    if (!options_.faults.contains(fault) || !chance_.one_in(one_in)) return false;
    ++report_.faults;
    return true;
}

// Frozen, or out of reach: it says nothing for a while, and then goes on with what it had.
bool World::is_silent(std::size_t index, Steady at) {
    if (silent_until_[index] <= at && strikes(Fault::freeze, 3'000))
        silent_until_[index] = at + in_steady(chance_.between(20, 200));
    if (strikes(Fault::partition, 100'000))
        for (Steady& until : silent_until_)
            if (chance_.one_in(10)) until = at + in_steady(chance_.between(20, 200));
    return silent_until_[index] > at;
}

// As the farm lets an idle worker's exchange wait: until there may be something for it, or its patience ends.
bool World::waits_for_work(std::size_t index, Steady at) {
    const SimulatedWorker& worker = *workers_[index];
    return worker.is_idle() && seconds_between(heard_[index], at) < patience_seconds &&
           queue_->workers().contains(worker.id()) && !queue_->has_work_for(worker.id());
}

void World::act(std::size_t index, Steady at, std::vector<Pending>& pending) {
    SimulatedWorker& worker = *workers_[index];
    if (is_silent(index, at)) {
        events_.emplace(silent_until_[index], index);
        return;
    }
    if (waits_for_work(index, at)) {
        events_.emplace(at + in_steady(seconds_between_looks), index);
        return;
    }
    heard_[index] = at;
    if (strikes(Fault::crash, 4'000)) worker.restart();
    if (strikes(Fault::clock, 20'000))
        clock_.wall_now += static_cast<Micros>(chance_.one_in(2) ? one_day_micros : -one_day_micros);
    const wire::ExchangeRequest& request = worker.speak(at);
    if (strikes(Fault::lost, 100)) {  // on its way to the farm
        events_.emplace(at + in_steady(1), index);
        return;
    }
    const wire::ExchangeRequest copy = options_.faults.contains(Fault::duplicate) ? request : wire::ExchangeRequest{};
    pending.push_back({index, exchange(worker, request)});
    if (strikes(Fault::duplicate, 100)) queue_->exchange(*connection_, copy);
}

wire::ExchangeReply World::exchange(SimulatedWorker& worker, const wire::ExchangeRequest& request) {
    const bool was_woken =
        worker.is_idle() && queue_->workers().contains(worker.id()) && queue_->has_work_for(worker.id());
    const Steady begun = system_clock().steady();
    wire::ExchangeReply reply = queue_->exchange(*connection_, request);
    latencies_.push_back(static_cast<float>(seconds_between(begun, system_clock().steady())));
    ++report_.exchanges;
    report_.leases += reply.assign.size();
    woken_ += was_woken ? 1 : 0;
    woken_for_nothing_ += was_woken && reply.tells_nothing() ? 1 : 0;
    return reply;
}

// Some exchanges, one commit, then the replies; or the farm is killed before its commit, and nobody hears anything.
void World::batch() {
    std::vector<Pending> pending;
    db::Transaction transaction(*connection_, db::Durability::relaxed);
    for (std::size_t i = 0; i < batch_size && !events_.empty(); ++i) {
        const auto [at, index] = events_.top();
        events_.pop();
        clock_.turn_to(at);
        act(index, at, pending);
    }
    if (queue_->tick_is_due()) queue_->tick(*connection_);
    if (strikes(Fault::crash, 2'000)) {
        connection_->rollback();
        open_queue();
        for (const Pending& lost : pending)
            events_.emplace(clock_.steady() + in_steady(1), lost.worker);
        return;
    }
    transaction.commit();
    deliver(pending);
    connection_->tidy();
    if (++batches_ % batches_of_a_look == 0) look();
}

void World::deliver(const std::vector<Pending>& pending) {
    for (const Pending& answered : pending) {
        SimulatedWorker& worker = *workers_[answered.worker];
        if (!strikes(Fault::lost, 100)) worker.take(answered.reply, clock_.steady());
        events_.emplace(worker.next_exchange(clock_.steady()), answered.worker);
    }
}

void World::look() {
    note("meanwhile", check_board(*queue_, 0));
    let_paused_jobs_go_on();
    if (report_.leases != leases_seen_) {
        leases_seen_ = report_.leases;
        moved_at_ = clock_.steady();
    } else if (seconds_between(moved_at_, clock_.steady()) > stuck_seconds && !queue_->jobs().empty()) {
        const std::string job = queue_->jobs().begin()->second.id;
        note("meanwhile", {fmt::format("nothing was leased for hours, and job {} has not ended: {}", job,
                                       farm::why_it_waits(*queue_, *connection_, job, "", {}))});
    }
}

// Ten interruptions in a row pause a job; a person lets it go on.
void World::let_paused_jobs_go_on() {
    std::vector<std::string> paused;
    for (const auto& [key, job] : queue_->jobs())
        if (job.state == farm::JobState::paused) paused.push_back(job.id);
    for (const std::string& id : paused)
        change([&](db::Connection& connection) { queue_->resume(connection, id); });
}

void World::run_until(const std::function<bool()>& over, const std::function<void()>& each_second) {
    Steady next = clock_.steady();
    while (!is_broken() && !over()) {
        batch();
        if (clock_.steady() < next) continue;
        each_second();
        next = clock_.steady() + in_steady(1);
    }
}

void World::note(const std::string& phase, const Broken& broken) {
    for (const std::string& what : broken)
        report_.broken.push_back(fmt::format("{}: {}", phase, what));
}

bool World::all_is_quiet() const {
    const auto& workers = queue_->workers();
    return queue_->jobs().empty() && std::all_of(workers.begin(), workers.end(),
                                                 [](const auto& worker) { return worker.second.sessions.empty(); });
}

void World::stop_failing() {
    for (const auto& worker : workers_)
        worker->fails = false;
}

Report World::finish() {
    report_.real_seconds = seconds_between(begun_real_, system_clock().steady());
    report_.virtual_seconds = seconds_between(begun_, clock_.steady());
    report_.leases_per_second = static_cast<double>(report_.leases) / report_.real_seconds;
    take_percentiles(latencies_, report_);
    report_.wasted_matches = woken_ == 0 ? 0 : static_cast<double>(woken_for_nothing_) / static_cast<double>(woken_);
    take_usage(report_);
    return report_;
}

}  // namespace atelier::simulate
