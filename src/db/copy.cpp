#include "db/copy.h"

#include <algorithm>

#include "base/text.h"

namespace atelier::db {

namespace {

std::string names_of(const Table& table) {
    std::vector<std::string> names;
    for (const Column& column : table.columns)
        names.push_back(column.name);
    return join(names, ", ");
}

std::string insert_into(const Table& table) {
    std::vector<std::string> places;
    for (std::size_t i = 1; i <= table.columns.size(); ++i)
        places.push_back("$" + std::to_string(i));
    return "INSERT INTO " + table.name + " (" + names_of(table) + ") VALUES (" + join(places, ", ") + ")";
}

std::int64_t count_of(Connection& connection, const Table& table) {
    return std::get<0>(*connection.row<std::int64_t>("SELECT count(*) FROM " + table.name));
}

Bound value_of(const Row& row, int index, Column::Kind kind) {
    if (row.is_null(index)) return nullptr;
    if (kind == Column::Kind::integer) return row.integer(index);
    if (kind == Column::Kind::real) return row.real(index);
    return row.text(index);
}

// The columns of one may stand in another order in the other.
std::set<std::string> shape_of(const std::vector<Table>& tables) {
    std::set<std::string> shape;
    for (const Table& table : tables)
        for (const Column& column : table.columns)
            shape.insert(table.name + "." + column.name);
    return shape;
}

CopiedTable copy_table(Connection& from, Connection& to, const Table& table) {
    const std::string insert = insert_into(table);
    std::vector<Bound> values(table.columns.size());
    std::int64_t rows = 0;
    from.scan("SELECT " + names_of(table) + " FROM " + table.name, [&](const Row& row) {
        for (std::size_t i = 0; i < values.size(); ++i)
            values[i] = value_of(row, static_cast<int>(i), table.columns[i].kind);
        to.dispatch(insert, values);
        ++rows;
    });
    if (count_of(from, table) != rows || count_of(to, table) != rows)
        throw Error(Error::Kind::internal, "not all rows of the table " + table.name + " were copied");
    return {table.name, rows};
}

class Snapshot {
public:
    explicit Snapshot(Connection& connection) : connection_(connection) { connection_.begin_snapshot(); }
    ~Snapshot() { connection_.rollback(); }
    Snapshot(const Snapshot&) = delete;
    Snapshot& operator=(const Snapshot&) = delete;

private:
    Connection& connection_;
};

}  // namespace

std::vector<CopiedTable> copy_tables(Connection& from, Connection& to, const std::set<std::string>& but) {
    const Snapshot snapshot(from);
    Transaction transaction(to);
    std::vector<Table> tables = from.tables();
    if (shape_of(tables) != shape_of(to.tables()))
        throw Error(Error::Kind::conflict, "the two databases have not the same tables");
    std::erase_if(tables, [&](const Table& table) { return but.contains(table.name); });
    for (const Table& table : tables)
        if (count_of(to, table) > 0)
            throw Error(Error::Kind::conflict, "the target is not empty: its table " + table.name + " has rows",
                        "name a database that nothing was ever written to");
    std::vector<CopiedTable> copied;
    for (const Table& table : tables)
        copied.push_back(copy_table(from, to, table));
    transaction.commit();
    return copied;
}

}  // namespace atelier::db
