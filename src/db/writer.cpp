#include "db/writer.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <iterator>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/log.h"

namespace atelier::db {

namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr auto longest_relaxed_wait = std::chrono::milliseconds(250);

// In a flood a group is closed after this time, so that nobody waits for those who came much later. It is several times
// what a sync of the disk takes, so the writer still spends most of its time on changes.
constexpr auto longest_group = std::chrono::milliseconds(25);

struct Posted {
    Writer::Change change;
    Writer::Done done;
    Durability durability = Durability::durable;
    SteadyClock::time_point when;
    std::exception_ptr problem;
};

std::string sentence_of(const std::exception_ptr& problem) {
    try {
        std::rethrow_exception(problem);
    } catch (const std::exception& error) {
        return error.what();
    } catch (...) {
        return "an unknown error";
    }
}

}  // namespace

class Writer::Loop {
public:
    Loop(std::unique_ptr<Connection> connection, std::function<void(Connection&)> group_failed,
         std::function<void()> group_over)
        : connection_(std::move(connection)),
          group_failed_(std::move(group_failed)),
          group_over_(std::move(group_over)),
          thread_([this] { work(); }) {}

    ~Loop() {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        wake_.notify_one();
        thread_.join();
    }

    void post(Posted posted) {
        bool may_wait_for_this = false;
        {
            const std::lock_guard lock(mutex_);
            may_wait_for_this = queue_.empty();
            if (posted.durability == Durability::durable && durable_queued_++ == 0) may_wait_for_this = true;
            queue_.push_back(std::move(posted));
        }
        if (may_wait_for_this) wake_.notify_one();
    }

private:
    void work() {
        while (collect()) {
            try {
                run_group();
                last_complaint_.clear();
            } catch (...) {
                fail_group(std::current_exception());
            }
            tell();
            connection_->tidy();
        }
    }

    // Takes what is queued; waits for something when nothing is left over from the last group. False: the end.
    bool collect() {
        std::unique_lock lock(mutex_);
        if (waiting_.empty()) {
            wake_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
            if (queue_.empty()) return false;
            if (durable_queued_ == 0)
                wake_.wait_until(lock, queue_.front().when + longest_relaxed_wait,
                                 [&] { return stopping_ || durable_queued_ > 0; });
        }
        std::move(queue_.begin(), queue_.end(), std::back_inserter(waiting_));
        queue_.clear();
        durable_queued_ = 0;
        return true;
    }

    // Moves changes from waiting_ to group_, runs and commits them.
    void run_group() {
        const auto is_durable = [](const Posted& posted) { return posted.durability == Durability::durable; };
        const bool durable = std::any_of(waiting_.begin(), waiting_.end(), is_durable);
        connection_->begin(durable ? Durability::durable : Durability::relaxed);
        if (waiting_.size() == 1) return run_alone();
        try {
            const auto deadline = SteadyClock::now() + longest_group;
            while (!waiting_.empty() && SteadyClock::now() < deadline)
                run_swiftly(next());
            connection_->commit();
        } catch (const SentFailed&) {
            run_again(durable ? Durability::durable : Durability::relaxed);
        }
    }

    // A statement that was sent has failed, and by now nobody knows whose it was, or a change has failed half-way: all
    // changes of the group are run once more, each under a savepoint and waiting for what it sent, so that the one that
    // fails spoils nothing but itself.
    void run_again(Durability durability) {
        connection_->rollback();
        if (group_failed_) group_failed_(*connection_);
        connection_->begin(durability);
        for (Posted& posted : group_) {
            posted.problem = nullptr;
            run_beside_others(posted, Pace::careful);
        }
        connection_->commit();
    }

    Posted& next() {
        group_.push_back(std::move(waiting_.front()));
        waiting_.pop_front();
        return group_.back();
    }

    // The transaction is savepoint enough.
    void run_alone() {
        Posted& posted = next();
        try {
            posted.change(*connection_);
        } catch (...) {
            posted.problem = std::current_exception();
            return connection_->rollback();
        }
        connection_->commit();
    }

    void run_swiftly(Posted& posted) {
        if (connection_->has_cheap_savepoints()) return run_beside_others(posted, Pace::swift);
        const std::uint64_t before = connection_->statements();
        try {
            posted.change(*connection_);
        } catch (const SentFailed&) {
            throw;
        } catch (...) {
            posted.problem = std::current_exception();
            if (!connection_->in_transaction()) throw;
            if (connection_->statements() != before)
                throw SentFailed(Error::Kind::internal, "a change has failed half-way: " + sentence_of(posted.problem));
        }
        require_transaction();
    }

    void require_transaction() const {
        if (!connection_->in_transaction())
            throw Error(Error::Kind::internal, "a change has ended the transaction of its group");
    }

    enum class Pace { swift, careful };

    void run_beside_others(Posted& posted, Pace pace) {
        connection_->send("SAVEPOINT change");
        try {
            posted.change(*connection_);
            if (pace == Pace::careful) connection_->settle();
        } catch (const SentFailed&) {
            if (pace == Pace::swift || !connection_->in_transaction()) throw;
            posted.problem = std::current_exception();
            connection_->run("ROLLBACK TO SAVEPOINT change");
            if (group_failed_) group_failed_(*connection_);  // the change itself had gone well in memory
        } catch (...) {
            posted.problem = std::current_exception();
            if (!connection_->in_transaction()) throw;  // it took the changes before it along
            connection_->run("ROLLBACK TO SAVEPOINT change");
        }
        require_transaction();
        connection_->send("RELEASE SAVEPOINT change");
    }

    void fail_group(const std::exception_ptr& problem) {
        connection_->rollback();
        if (group_.empty()) {  // it could not even begin: nobody waits for that again and again
            std::move(waiting_.begin(), waiting_.end(), std::back_inserter(group_));
            waiting_.clear();
        }
        for (Posted& posted : group_)
            if (!posted.problem) posted.problem = problem;
        complain(sentence_of(problem));
        if (!group_failed_) return;
        try {
            group_failed_(*connection_);
        } catch (...) {
            log::error("after a failed commit: " + sentence_of(std::current_exception()));
        }
    }

    // Once, however long the database is away.
    void complain(const std::string& sentence) {
        if (sentence != last_complaint_)
            log::error("a group of " + std::to_string(group_.size()) + " changes was not committed: " + sentence);
        last_complaint_ = sentence;
    }

    void tell() {
        if (group_over_) carefully(group_over_);
        for (Posted& posted : group_)
            if (posted.done) carefully([&] { posted.done(posted.problem); });
        group_.clear();
    }

    template <class F>
    static void carefully(const F& call) {
        try {
            call();
        } catch (...) {
            log::error("whoever waited for a commit failed: " + sentence_of(std::current_exception()));
        }
    }

    // Of the writer's thread alone.
    std::unique_ptr<Connection> connection_;
    std::function<void(Connection&)> group_failed_;
    std::function<void()> group_over_;
    std::deque<Posted> waiting_;
    std::vector<Posted> group_;
    std::string last_complaint_;  // empty after a group that went well

    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Posted> queue_;
    std::size_t durable_queued_ = 0;
    bool stopping_ = false;

    std::thread thread_;  // the last: it uses all of the above
};

Writer::Writer(std::unique_ptr<Connection> connection, std::function<void(Connection&)> group_failed,
               std::function<void()> group_over)
    : loop_(std::make_unique<Loop>(std::move(connection), std::move(group_failed), std::move(group_over))) {}

Writer::~Writer() = default;

void Writer::post(Change change, Done done, Durability durability) {
    loop_->post({std::move(change), std::move(done), durability, SteadyClock::now(), nullptr});
}

}  // namespace atelier::db
