#include "db/db.h"

#include "db/sqlite.h"

namespace atelier::db {

namespace {

constexpr std::string_view sqlite_scheme = "sqlite:";

int version_of(Connection& connection) {
    return std::get<0>(*connection.row<int>("SELECT coalesce(max(number), 0) FROM schema_version"));
}

void check_order(std::span<const Migration> migrations) {
    for (std::size_t i = 0; i < migrations.size(); ++i)
        if (migrations[i].number != static_cast<int>(i) + 1)
            throw Error(Error::Kind::internal, "migrations are numbered 1, 2, 3 without gaps");
}

// Another program may have applied it since we looked: only what is seen under the write lock counts.
void apply(Connection& connection, const Migration& migration) {
    Transaction transaction(connection);
    if (version_of(connection) >= migration.number) return;
    connection.script(migration.sql);
    connection.run("INSERT INTO schema_version (number) VALUES ($1)", migration.number);
    transaction.commit();
}

}  // namespace

Transaction::Transaction(Connection& connection, Durability durability) : connection_(connection) {
    connection_.begin(durability);
}

Transaction::~Transaction() {
    if (open_) connection_.rollback();
}

void Transaction::commit() {
    connection_.commit();
    open_ = false;
    connection_.tidy();
}

std::unique_ptr<Connection> open(const std::string& url, Access access) {
    if (url.starts_with(sqlite_scheme)) return open_sqlite(url.substr(sqlite_scheme.size()), access);
    if (url.find("://") != std::string::npos)
        throw Error(Error::Kind::invalid, "no kind of database is known for " + url.substr(0, url.find("://")) + "://…",
                    "give the path of a file, or sqlite:PATH");
    return open_sqlite(url, access);
}

void migrate(Connection& connection, std::span<const Migration> migrations) {
    check_order(migrations);
    connection.run("CREATE TABLE IF NOT EXISTS schema_version (number BIGINT NOT NULL PRIMARY KEY)");
    const int known = static_cast<int>(migrations.size());
    const int present = version_of(connection);
    if (present > known)
        throw Error(Error::Kind::conflict, "the database was written by a newer atelier (schema " +
                                               std::to_string(present) + ", this program knows " +
                                               std::to_string(known) + "): update this program");
    for (const Migration& migration : migrations)
        if (migration.number > present) apply(connection, migration);
}

}  // namespace atelier::db
