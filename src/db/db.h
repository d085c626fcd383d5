// A thin layer over a database: prepared statements kept by their text, typed rows, transactions. One SQL text serves
// every backend: parameters are $1, $2, … and may be used in any order. SQL stands with those who use it.
//   auto job = connection.row<std::string, std::int64_t>("SELECT name, priority FROM jobs WHERE id = $1", id);
//   connection.run("UPDATE jobs SET priority = $2 WHERE id = $1", id, priority);
//
// On PostgreSQL a parameter's type comes from where it stands; elsewhere CAST it. A Connection is one thread's at a
// time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "base/error.h"
#include "db/row.h"

namespace atelier::db {

enum class Durability {
    durable,  // results: a commit that returned is on the disk
    relaxed   // progress: a commit is whole or not there, but a power cut may take it back
};

// A statement that was sent before (see Connection::send) has failed, and with it all that came after it.
class SentFailed : public Error {
public:
    using Error::Error;
};

class Connection {
public:
    virtual ~Connection() = default;

    // For Transaction and Writer. begin() takes the write lock at once, so that a transaction never fails half-way for
    // a lock.
    virtual void begin(Durability durability) = 0;
    virtual void commit() = 0;
    virtual void rollback() noexcept = 0;     // fine when nothing is open
    virtual bool in_transaction() const = 0;  // false also when the database gave it up by itself (a full disk)
    virtual void tidy() noexcept = 0;         // what may be done after a commit, when nobody waits for it any more
    virtual void begin_snapshot() = 0;        // a transaction that only reads, and sees the database as it is now

    // Runs one statement; calls `each` per row; returns the number of changed rows.
    virtual std::int64_t execute(std::string_view sql, std::span<const Bound> values,
                                 const std::function<void(const Row&)>& each) = 0;
    // Several statements, without values: migrations.
    virtual void script(const std::string& sql) = 0;
    // A query whose rows may be too many to be held at once; in a transaction, and one at a time.
    virtual void scan(const std::string& sql, const std::function<void(const Row&)>& each) = 0;

    // For writes in a transaction whose result nobody needs: not waited for, where the backend can. What goes wrong is
    // thrown as SentFailed by a later call, at the latest by settle() or commit().
    virtual void dispatch(std::string_view sql, std::span<const Bound> values) { execute(sql, values, {}); }
    virtual void settle() {}

    // For Writer. Where savepoints cost much, a group goes without, and is begun anew when a change fails that has done
    // something: one that failed and let statements() as it was has nothing to be undone.
    virtual bool has_cheap_savepoints() const { return true; }
    virtual std::uint64_t statements() const { return 0; }  // that wrote, or failed

    // One connection at a time holds a database that several servers share, and keeps it until it is closed or lost. A
    // database in a file has the lock of its folder for this: there everybody holds.
    virtual bool try_hold() { return true; }
    virtual bool holds() const { return true; }

    virtual std::vector<Table> tables() = 0;  // in the order in which they were made, so that what refers comes later

    template <class... V>
    std::int64_t run(std::string_view sql, const V&... values) {
        const Bound bound[sizeof...(V) + 1] = {detail::bound(values)..., nullptr};
        return execute(sql, {bound, sizeof...(V)}, {});
    }

    template <class... V>
    void send(std::string_view sql, const V&... values) {
        const Bound bound[sizeof...(V) + 1] = {detail::bound(values)..., nullptr};
        dispatch(sql, {bound, sizeof...(V)});
    }

    // The first row, if there is one.
    template <class... C, class... V>
    std::optional<std::tuple<C...>> row(std::string_view sql, const V&... values) {
        std::optional<std::tuple<C...>> found;
        each<C...>(
            sql,
            [&](const C&... columns) {
                if (!found) found.emplace(columns...);
            },
            values...);
        return found;
    }

    template <class... C, class... V>
    std::vector<std::tuple<C...>> rows(std::string_view sql, const V&... values) {
        std::vector<std::tuple<C...>> found;
        each<C...>(
            sql, [&](const C&... columns) { found.emplace_back(columns...); }, values...);
        return found;
    }

    // For long lists: calls f(column, ...) per row without keeping them.
    template <class... C, class F, class... V>
    void each(std::string_view sql, F&& f, const V&... values) {
        const Bound bound[sizeof...(V) + 1] = {detail::bound(values)..., nullptr};
        execute(sql, {bound, sizeof...(V)}, [&](const Row& current) {
            std::apply(f, detail::columns<C...>(current, std::index_sequence_for<C...>()));
        });
    }
};

// All of it or nothing: rolled back unless commit() was called.
class Transaction {
public:
    explicit Transaction(Connection& connection, Durability durability = Durability::durable);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    void commit();

private:
    Connection& connection_;
    bool open_ = true;
};

enum class Access { read_write, read_only };

// Opens the database that the URL names: a path, sqlite:PATH or postgresql://…. Throws Error::unavailable when it is
// locked for longer than 30 s, or can't be reached.
std::unique_ptr<Connection> open(const std::string& url, Access access = Access::read_write);

bool is_shared(const std::string& url);     // a database that other machines reach as well
std::string shown(const std::string& url);  // for people: without the password
bool has_table(Connection& connection, std::string_view name);

struct Migration {
    int number = 0;  // 1, 2, 3 …
    const char* sql = "";
};

// Up to the last one, each in a transaction. A database newer than the program is Error::conflict, in words.
void migrate(Connection& connection, std::span<const Migration> migrations);

}  // namespace atelier::db
