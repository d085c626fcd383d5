// The queue: what is submitted, what is given to which worker, what became of it, and what follows. It decides on the
// board and writes each decision to the ledger in the same change, so both come true with one commit. It isn't
// thread-safe: the farm calls it on the writer's thread, under its mutex; when a change fails half-way the farm lets it
// load() everything anew.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/time.h"
#include "db/db.h"
#include "farm/board.h"
#include "farm/ledger.h"
#include "farm/queue_options.h"
#include "wire/exchange.h"

namespace atelier::farm {

class Queue {
public:
    // blob_exists: asked before outputs are committed; a result whose blobs aren't in the store is refused.
    using BlobExists = std::function<bool(const std::string& digest, std::uint64_t size)>;

    Queue(QueueOptions options, const Clock& clock, BlobExists blob_exists);

    void load(db::Connection& connection);

    // Jobs. wanted: the id that was promised for it; Error::conflict when there is such a job.
    std::string submit(db::Connection& connection, const wire::Submission& submission,
                       const std::string& owner = "local", const std::string& wanted = {});
    void pause(db::Connection& connection, const std::string& job);
    void resume(db::Connection& connection, const std::string& job);
    void cancel(db::Connection& connection, const std::string& job);
    void retry(db::Connection& connection, const std::string& job, bool whole);
    void change_settings(db::Connection& connection, const std::string& job, const wire::Settings& settings);
    void archive(db::Connection& connection, const std::string& job);
    void remove(db::Connection& connection, const std::string& job);

    // Workers. speaker: the id of the token that the request came with; empty within this machine.
    wire::ExchangeReply exchange(db::Connection& connection, const wire::ExchangeRequest& request,
                                 const std::string& speaker = {});
    void forget_worker(db::Connection& connection, const std::string& worker, const std::string& reason);
    bool holds(const std::string& worker, const std::string& job) const;  // a session of it
    void set_wish(db::Connection& connection, const std::string& worker, WorkerWish wish);
    void remove_worker(db::Connection& connection, const std::string& worker);
    void forgive(db::Connection& connection, const std::string& worker);  // its blocks and its quarantine
    void set_weight(db::Connection& connection, const std::string& owner, double weight);

    // For exchanges that wait: cheap. has_work_for is only to be asked again once touched() has grown, and of no more
    // workers than there are takers(); the stirred have something to be told.
    bool has_work_for(const std::string& worker);
    std::uint64_t touched() const { return order_.touched(); }
    std::uint64_t takers() const;
    const std::set<std::string>& stirred() const { return stirred_; }

    // What time brings: back-offs that are over, leases that ran out, progress to be saved.
    void tick(db::Connection& connection);
    bool tick_is_due() const;

    const std::map<JobKey, JobBoard>& jobs() const { return jobs_; }
    const Workers& workers() const { return workers_; }
    const FairOrder& order() const { return order_; }
    const JobBoard* find(const std::string& job_id) const;
    const Clock& clock() const { return clock_; }
    EndedSessions take_ended_sessions() { return std::exchange(ended_sessions_, {}); }

private:
    using Place = FairOrder::Place;

    // queue_load.cpp
    void load_job(db::Connection& connection, JobKey key);
    void load_workers(db::Connection& connection);
    void load_tasks(db::Connection& connection, JobBoard& job);
    void adopt_sessions(std::optional<JobKey> only);
    JobBoard make_board(JobKey key, std::string id, const wire::Submission& submission, Micros submitted_at) const;
    FairOrder::Ranking ranking_of(const JobBoard& job) const;

    // queue_jobs.cpp
    JobBoard& unfinished(const std::string& job_id, db::Connection& connection);
    void stop(JobBoard& job, JobState as);
    void settle(db::Connection& connection, JobBoard& job);  // may be the end of it: `job` is gone then
    void finish(db::Connection& connection, JobBoard& job, JobState state);
    void step_succeeded(JobBoard& job, std::size_t number);
    void refresh(JobBoard& job);
    void refresh(JobBoard& job, std::size_t number);
    void set_state(db::Connection& connection, JobBoard& job, JobState state);

    // queue_exchange.cpp
    void admit(db::Connection& connection, const wire::ExchangeRequest& request, const std::string& speaker) const;
    WorkerBoard& greet(db::Connection& connection, const wire::ExchangeRequest& request, const std::string& speaker);
    void release_unlisted(db::Connection& connection, WorkerBoard& worker, const wire::ExchangeRequest& request);
    void collect_cancels(WorkerBoard& worker, wire::ExchangeReply& reply);
    void end_session(WorkerBoard& worker, const std::string& session);
    void end_dry_sessions(WorkerBoard& worker, const wire::ExchangeRequest& request, wire::ExchangeReply& reply);
    void write_touched_steps(db::Connection& connection);
    void resize(const WorkerBoard& worker, double sign);  // the farm, as workers come and go

    // queue_assign.cpp
    void assign(db::Connection& connection, WorkerBoard& worker, wire::ExchangeReply& reply);
    void extend(db::Connection& connection, WorkerBoard& worker, SessionBoard& session, wire::ExchangeReply& reply);
    bool open_session(db::Connection& connection, WorkerBoard& worker, wire::ExchangeReply& reply);
    std::optional<Place> best_place(const WorkerBoard& worker, std::uint64_t since) const;
    bool makes_room(const WorkerBoard& worker) const;
    bool can_take(const WorkerBoard& worker, const Place& place) const;
    bool gives_way(WorkerBoard& worker, SessionBoard& session, const JobBoard& job);
    void lease(db::Connection& connection, WorkerBoard& worker, SessionBoard& session, std::uint64_t task,
               wire::ExchangeReply& reply);

    // queue_results.cpp
    LiveTask* held(const wire::AttemptId& attempt, const std::string& worker);
    void take_report(db::Connection& connection, WorkerBoard& worker, const wire::AttemptReport& report);
    void take_result(db::Connection& connection, WorkerBoard& worker, const wire::AttemptReport& report);
    void interrupt(db::Connection& connection, const wire::AttemptId& attempt, const std::string& reason);
    void end_attempt(db::Connection& connection, JobBoard& job, const ledger::TaskKey& key, wire::Result result);
    void give_back(JobBoard& job, const ledger::TaskKey& key, LiveTask& task);
    bool outputs_are_stored(const wire::Result& result) const;
    void fail_task(db::Connection& connection, JobBoard& job, const ledger::TaskKey& key, LiveTask& task,
                   const std::string& worker, const wire::Result& ended);
    void look_at_the_clock(db::Connection& connection);
    void end_backoffs(db::Connection& connection, JobBoard& job);
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
    Workers workers_;
    FairOrder order_;
    Resources whole_{};              // what all workers have
    std::set<std::string> stirred_;  // workers that have something to be told
    Steady next_look_{};             // no lease runs out, no back-off is over and nothing ages before that
    std::set<JobKey> moved_;         // jobs whose progress is to be saved
    std::set<std::pair<JobKey, std::size_t>> touched_steps_;  // counters to be written at the end of the change
    EndedSessions ended_sessions_;
    std::int64_t next_event_ = 1;
    JobKey next_job_ = 1;
};

}  // namespace atelier::farm
