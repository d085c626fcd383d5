// The one writer of a database: changes from any thread are put in a queue, committed in groups by one thread (one that
// fails spoils nothing but itself), and whoever waits goes on after the commit.
#pragma once

#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <type_traits>

#include "db/db.h"

namespace atelier::db {

// A change may be run a second time, after all that its group did was rolled back and `group_failed` was called: when a
// statement that was sent (Connection::send) fails late, only that tells whose it was; and where savepoints cost much,
// when a change of the group has failed half-way.
//
// A relaxed change joins the next durable group, or is committed without a sync within a quarter of a second.
class Writer {
public:
    using Change = std::function<void(Connection&)>;
    using Done =
        std::function<void(std::exception_ptr)>;  // on the writer's thread, after the commit or with what went wrong

    // group_failed: called on the writer's thread when changes that had gone well were rolled back (a full disk),
    // before the `done`s of the group: whoever keeps memory of the database rebuilds it there.
    // group_over: called there too after each group, committed or not, before the `done`s.
    explicit Writer(std::unique_ptr<Connection> connection, std::function<void(Connection&)> group_failed = {},
                    std::function<void()> group_over = {});
    ~Writer();  // commits what is queued, then stops
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    void post(Change change, Done done, Durability durability = Durability::durable);

    // Waits for the commit; rethrows what the change or the commit threw. Not to be called from the writer's thread.
    template <class F>
    std::invoke_result_t<F, Connection&> run(F&& change, Durability durability = Durability::durable) {
        using Result = std::invoke_result_t<F, Connection&>;
        std::promise<void> committed;
        const auto done = [&](std::exception_ptr problem) {
            problem ? committed.set_exception(problem) : committed.set_value();
        };
        if constexpr (std::is_void_v<Result>) {
            post([&](Connection& connection) { change(connection); }, done, durability);
            committed.get_future().get();
        } else {
            std::optional<Result> result;
            post([&](Connection& connection) { result.emplace(change(connection)); }, done, durability);
            committed.get_future().get();
            return std::move(*result);
        }
    }

private:
    class Loop;
    std::unique_ptr<Loop> loop_;
};

}  // namespace atelier::db
