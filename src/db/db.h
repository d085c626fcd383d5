// A thin layer over a database: prepared statements kept by their text, typed rows, transactions. One SQL text serves
// every backend: parameters are $1, $2, … and may be used in any order. SQL stands with those who use it.
//
//   auto job = connection.row<std::string, std::int64_t>("SELECT name, priority FROM jobs WHERE id = $1", id);
//   connection.run("UPDATE jobs SET priority = $2 WHERE id = $1", id, priority);
//
// A Connection belongs to one thread at a time.
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

    // Runs one statement; calls `each` per row; returns the number of changed rows.
    virtual std::int64_t execute(std::string_view sql, std::span<const Bound> values,
                                 const std::function<void(const Row&)>& each) = 0;
    // Several statements, without values: migrations.
    virtual void script(const std::string& sql) = 0;

    template <class... V>
    std::int64_t run(std::string_view sql, const V&... values) {
        const Bound bound[sizeof...(V) + 1] = {detail::bound(values)..., nullptr};
        return execute(sql, {bound, sizeof...(V)}, {});
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

// Opens the database that the URL names: a path or sqlite:PATH. Throws Error::unavailable when it is locked for longer
// than 30 s.
std::unique_ptr<Connection> open(const std::string& url, Access access = Access::read_write);

struct Migration {
    int number = 0;  // 1, 2, 3 …
    const char* sql = "";
};

// Brings the database up to the last migration, each in a transaction of its own. A database that is newer than the
// program is refused in words (Error::conflict).
void migrate(Connection& connection, std::span<const Migration> migrations);

}  // namespace atelier::db
