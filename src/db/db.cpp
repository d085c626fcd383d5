#include "db/db.h"

#include <algorithm>

#include "db/postgres.h"
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
    if (is_shared(url)) return open_postgres(url, access);
    if (url.find("://") != std::string::npos)
        throw Error(Error::Kind::invalid, "no kind of database is known for " + url.substr(0, url.find("://")) + "://…",
                    "give the path of a file, sqlite:PATH, or postgresql://USER@HOST/NAME");
    return open_sqlite(url, access);
}

bool is_shared(const std::string& url) { return url.starts_with("postgresql://") || url.starts_with("postgres://"); }

std::string shown(const std::string& url) { return is_shared(url) ? shown_postgres(url) : url; }

bool has_table(Connection& connection, std::string_view name) {
    const std::vector<Table> tables = connection.tables();
    return std::any_of(tables.begin(), tables.end(), [&](const Table& table) { return table.name == name; });
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
