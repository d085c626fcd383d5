// The farm of one data folder, while this process schedules it: every change of jobs and tasks goes through here, is
// decided by the queue, and is on the disk before it is answered. Another process that wants a change leaves an ask in
// the database. Of several servers on one PostgreSQL one schedules; the others read, and take over. Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "base/files.h"
#include "base/json.h"
#include "db/writer.h"
#include "farm/farm_options.h"
#include "farm/log_book.h"
#include "farm/queue.h"
#include "farm/readers.h"
#include "farm/servers.h"
#include "wire/link.h"

namespace atelier::farm {

class Farm {
public:
    // Throws Error::unavailable when another process owns the data folder. On a database that is shared nobody owns it.
    explicit Farm(const FarmOptions& options);
    ~Farm();
    Farm(const Farm&) = delete;
    Farm& operator=(const Farm&) = delete;

    // Of several servers only one schedules: changes at another are Error::unavailable that says who does.
    bool schedules() const { return schedules_; }
    std::string scheduler_url();  // as the database tells it now; empty when nobody says so

    std::string submit(const wire::Submission& submission, const std::string& owner = "local");  // the job's id

    // Reads by a connection of the pool; from any thread.
    void read(const std::function<void(db::Connection&)>& f);

    // A verb on jobs and workers, as the table in verbs.cpp names them: what the command line and other processes ask.
    json::Value perform(const std::string& verb, const json::Object& body);

    // In one sentence on present figures, what a job or task ("JOB/STEP/TASK") waits for.
    std::string why(const std::string& job, const std::string& step, std::optional<std::uint64_t> task);

    // speaker: the id of the token that the request came with; empty within this machine.
    wire::ExchangeReply exchange(const wire::ExchangeRequest& request, const std::string& speaker = {});
    // The same without waiting for the commit; answered on the writer's thread.
    void post_exchange(std::shared_ptr<const wire::ExchangeRequest> request,
                       std::function<void(std::exception_ptr, wire::ExchangeReply)> answer, std::string speaker = {});
    // Whether the worker has a session of this job, and the speaker is its own.
    bool holds(const std::string& worker, const std::string& job, const std::string& speaker);
    // True when there may be something for the worker, false after `patience` or when `give_up` came true (see
    // notify()).
    bool wait_for_work(const std::string& worker, std::chrono::milliseconds patience,
                       const std::function<bool()>& give_up);

    // Calls `wake` once, from any thread, when there may be something for the worker: at once, or after a commit. A
    // worker waits in one place: who waits for it already is woken.
    std::uint64_t await_work(const std::string& worker, std::function<void()> wake);
    void stop_awaiting(std::uint64_t ticket);

    // Called after each commit, on the writer's thread: to be quick. Not to be called from within `on_commit`.
    std::uint64_t subscribe(std::function<void()> on_commit);
    void unsubscribe(std::uint64_t ticket);

    // Waits until something was committed after `seen` (or for `patience`); returns the present number.
    std::uint64_t wait_for_change(std::uint64_t seen, std::chrono::milliseconds patience);
    void notify();  // lets whoever waits look again

    Figures figures();

    std::shared_ptr<const wire::JobOrder> order(const std::string& job);
    std::vector<wire::Output> outputs(const std::string& job, std::optional<std::uint32_t> before_step);
    // The local checkpoints of jobs that succeeded or are gone; a kill may have left them.
    void clear_checkpoints();
    LogBook& logs() { return logs_; }
    store::Blobs& blobs() { return *blobs_; }
    std::shared_ptr<store::Blobs> shared_blobs() { return blobs_; }
    const Layout& layout() const { return options_.layout; }

private:
    json::Value apply(db::Connection& connection, const std::string& verb, const json::Object& body);
    void after_remove(const std::string& job, const std::vector<std::string>& digests);
    void begin_change(db::Connection& connection);
    void require_hold(db::Connection& connection);
    void adopt_logs();
    void attend(db::Durability durability);
    template <class F>
    auto change(F&& f, db::Durability durability = db::Durability::durable);
    void committed();
    void housekeeping_loop();
    void answer_asks();
    void wake_those_with_work();
    void count(const wire::ExchangeReply& reply);
    struct Waiting {
        std::uint64_t ticket = 0;
        std::function<void()> wake;
    };

    FarmOptions options_;
    Fd owner_;
    std::shared_ptr<store::Blobs> blobs_;
    LogBook logs_;
    std::mutex mutex_;  // the queue, and what waits
    std::condition_variable changed_;
    std::uint64_t changes_ = 0;
    Figures counted_;
    Queue queue_;
    bool stale_ = true;  // the board is to be made anew from the database; of the writer's thread
    bool stopping_ = false;
    std::uint64_t next_ticket_ = 1;
    std::map<std::string, Waiting> waiting_;  // by worker
    std::uint64_t looked_at_ = 0;             // what Queue::touched() was when all that wait were asked
    std::mutex subscribers_mutex_;
    std::uint64_t last_subscriber_ = 0;
    std::map<std::uint64_t, std::function<void()>> subscribers_;
    Readers readers_;
    const Server server_;
    std::atomic<bool> schedules_ = false;
    Steady next_attendance_{};
    std::unique_ptr<db::Writer> writer_;
    std::thread housekeeper_;
};

}  // namespace atelier::farm
