// The queue: what is submitted, what is given to which worker, what became of it, and what follows. It decides on the
// board and writes each decision to the ledger in the same change, so both come true with one commit. It isn't
// thread-safe: the farm calls it on the writer's thread, under its mutex; when a change fails half-way the farm lets it
// load() everything anew.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "db/db.h"
#include "farm/board.h"
#include "farm/ledger.h"
#include "wire/exchange.h"

namespace atelier::farm {

struct QueueOptions {
    double lease_seconds = 60;
    double interval_seconds = 1;
    double ahead_seconds = 0.15;  // how much work a session is given ahead, so that it never runs dry
};

class Queue {
public:
    // blob_exists: asked before outputs are committed; a result whose blobs aren't in the store is refused.
    using BlobExists = std::function<bool(const std::string& digest, std::uint64_t size)>;

    Queue(QueueOptions options, const Clock& clock, BlobExists blob_exists);

    void load(db::Connection& connection);

    // Jobs
    std::string submit(db::Connection& connection, const wire::Submission& submission);
    void pause(db::Connection& connection, const std::string& job);
    void resume(db::Connection& connection, const std::string& job);
    void cancel(db::Connection& connection, const std::string& job);
    void retry(db::Connection& connection, const std::string& job, bool whole);
    void change_settings(db::Connection& connection, const std::string& job, const wire::Settings& settings);
    void archive(db::Connection& connection, const std::string& job);
    void remove(db::Connection& connection, const std::string& job);

    // Workers
    wire::ExchangeReply exchange(db::Connection& connection, const wire::ExchangeRequest& request);
    bool has_work_for(const std::string& worker) const;  // cheap; a waiting exchange asks it
    void forget_worker(db::Connection& connection, const std::string& worker, const std::string& reason);

    // What time brings: back-offs that are over, leases that ran out, progress to be saved.
    void tick(db::Connection& connection);
    bool tick_is_due() const;

    // For `why`, the order of a job, and tests; see also farm/queries.h for what the database tells.
    const std::map<JobKey, JobBoard>& jobs() const { return jobs_; }
    const std::map<std::string, WorkerBoard>& workers() const { return workers_; }
    const JobBoard* find(const std::string& job_id) const;
    const Clock& clock() const { return clock_; }

private:
    struct ReadyKey {
        int priority = 0;
        JobKey job = 0;
        std::size_t step = 0;
        // The higher priority first, then who came first.
        auto operator<=>(const ReadyKey& other) const {
            return std::tuple(-priority, job, step) <=> std::tuple(-other.priority, other.job, other.step);
        }
        bool operator==(const ReadyKey&) const = default;
    };
    struct ReadyClass {
        Requirement requirement;
        std::set<ReadyKey> steps;
    };

    // queue_load.cpp
    void load_job(db::Connection& connection, JobKey key);
    void load_workers(db::Connection& connection);
    JobBoard make_board(JobKey key, std::string id, const wire::Submission& submission, Micros submitted_at) const;

    // queue_jobs.cpp
    JobBoard& unfinished(const std::string& job_id, db::Connection& connection);
    void stop(JobBoard& job, JobState as);
    void settle(db::Connection& connection, JobBoard& job);  // may be the end of it: `job` is gone then
    void finish(db::Connection& connection, JobBoard& job, JobState state);
    void step_succeeded(JobBoard& job, std::size_t number);
    void refresh(JobBoard& job);
    void refresh(JobBoard& job, std::size_t number);
    void unlist(JobBoard& job);
    void set_state(db::Connection& connection, JobBoard& job, JobState state);

    // queue_exchange.cpp
    void collect_cancels(WorkerBoard& worker, wire::ExchangeReply& reply);
    void write_touched_steps(db::Connection& connection);
    WorkerBoard& greet(db::Connection& connection, const wire::ExchangeRequest& request);
    void release_unlisted(db::Connection& connection, WorkerBoard& worker, const wire::ExchangeRequest& request);
    void end_session(WorkerBoard& worker, const std::string& session);
    void assign(db::Connection& connection, WorkerBoard& worker, wire::ExchangeReply& reply);
    void end_dry_sessions(WorkerBoard& worker, const wire::ExchangeRequest& request, wire::ExchangeReply& reply);
    void extend(db::Connection& connection, WorkerBoard& worker, SessionBoard& session, wire::ExchangeReply& reply);
    bool open_session(db::Connection& connection, WorkerBoard& worker, wire::ExchangeReply& reply);
    std::optional<ReadyKey> best_step(const WorkerBoard& worker) const;
    bool better_waits(const WorkerBoard& worker, const JobBoard& job) const;
    std::optional<std::uint64_t> next_task(const WorkerBoard& worker, const StepBoard& step,
                                           const Amounts& reserved) const;
    Requirement requirement_of(const StepBoard& step, const LiveTask& task) const;
    void lease(db::Connection& connection, WorkerBoard& worker, SessionBoard& session, std::uint64_t task,
               wire::ExchangeReply& reply);
    std::uint64_t how_many_ahead(const JobBoard& job, const StepBoard& step) const;

    // queue_results.cpp
    LiveTask* held(const wire::AttemptId& attempt, const std::string& worker);
    void take_report(db::Connection& connection, WorkerBoard& worker, const wire::AttemptReport& report);
    void take_result(db::Connection& connection, WorkerBoard& worker, const wire::AttemptReport& report);
    void interrupt(db::Connection& connection, const wire::AttemptId& attempt, const std::string& reason);
    void end_attempt(db::Connection& connection, JobBoard& job, const ledger::TaskKey& key, wire::Result result);
    void give_back(JobBoard& job, const ledger::TaskKey& key, LiveTask& task);
    bool outputs_are_stored(const wire::Result& result) const;
    void fail_task(db::Connection& connection, JobBoard& job, const ledger::TaskKey& key, LiveTask& task,
                   ResultClass result);
    void succeed_task(db::Connection& connection, JobBoard& job, const ledger::TaskKey& key, LiveTask& task,
                      const wire::Result& result);
    void release_lease(JobBoard& job, const ledger::TaskKey& key, LiveTask& task);
    void move_progress(JobBoard& job, std::size_t step, LiveTask& task, double progress);

    void tell(db::Connection& connection, const JobBoard& job, std::string_view kind, std::string_view detail);
    void tell(db::Connection& connection, const JobBoard& job, const ledger::TaskKey& key, std::int64_t epoch,
              std::string_view detail);

    QueueOptions options_;
    const Clock& clock_;
    BlobExists blob_exists_;
    std::map<JobKey, JobBoard> jobs_;  // those that aren't ended
    std::map<std::string, JobKey, std::less<>> keys_;
    std::map<std::string, WorkerBoard> workers_;
    std::map<std::string, ReadyClass> ready_;                 // by Requirement::key()
    std::set<std::pair<JobKey, std::size_t>> touched_steps_;  // counters to be written at the end of the change
    std::int64_t next_event_ = 1;
    JobKey next_job_ = 1;
};

}  // namespace atelier::farm
