// What every backend promises, run over each of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <limits>

#include "base/files.h"
#include "base/testing.h"
#include "db/db.h"
#include "db/testing_postgres.h"

namespace atelier::db {
namespace {

using testing::HasSubstr;
using testing_support::error_of;

struct Backend {
    const char* name;
    std::string (*make)(const std::filesystem::path& folder);  // a new database's URL
};

void PrintTo(const Backend& backend, std::ostream* out) { *out << backend.name; }

class Database : public testing::TestWithParam<Backend> {
protected:
    std::unique_ptr<Connection> connect(Access access = Access::read_write) { return open(url_, access); }

    void SetUp() override {
        connection_ = connect();
        connection_->script(
            "CREATE TABLE things (id BIGINT PRIMARY KEY, name TEXT, size DOUBLE PRECISION);"
            "CREATE TABLE parts (thing BIGINT NOT NULL REFERENCES things (id))");
    }

    std::int64_t count() { return std::get<0>(*connection_->row<std::int64_t>("SELECT count(*) FROM things")); }

    TemporaryFolder folder_;
    const std::string url_ = GetParam().make(folder_.path());
    std::unique_ptr<Connection> connection_;
};

TEST_P(Database, KeepsValuesAsTheyAre) {
    const std::string text = "a'é\"\\;--\n";
    constexpr auto huge = std::numeric_limits<std::int64_t>::min();
    EXPECT_EQ(connection_->run("INSERT INTO things VALUES ($1, $2, $3)", huge, text, 0.1), 1);
    EXPECT_EQ(connection_->run("INSERT INTO things VALUES ($1, $2, $3)", 2, "", nullptr), 1);
    const auto name = std::get<0>(*connection_->row<std::optional<std::string>>("SELECT NULL"));
    EXPECT_EQ(connection_->run("INSERT INTO things VALUES ($1, $2, $3)", 3, name, 1.0f), 1);
    using Columns = std::tuple<std::int64_t, std::optional<std::string>, std::optional<double>>;
    const auto rows = connection_->rows<std::int64_t, std::optional<std::string>, std::optional<double>>(
        "SELECT id, name, size FROM things ORDER BY id");
    EXPECT_EQ(rows, (std::vector<Columns>{{huge, text, 0.1}, {2, "", std::nullopt}, {3, std::nullopt, 1.0}}));
}

TEST_P(Database, BindsByNumberNotByAppearance) {
    connection_->run("INSERT INTO things (name, id) VALUES ($2, $1)", 7, "seven");
    EXPECT_EQ(connection_->run("UPDATE things SET name = $2 WHERE id = $1 AND name <> $2", 7, "sept"), 1);
    EXPECT_EQ(connection_->row<std::string>("SELECT name FROM things WHERE id = $1", 7), std::tuple("sept"));
}

TEST_P(Database, RefusesTooFewAndTooManyValues) {
    EXPECT_THROW(connection_->run("INSERT INTO things (id) VALUES ($1)"), Error);
    EXPECT_THROW(connection_->run("INSERT INTO things (id) VALUES ($1)", 1, 2), Error);
    EXPECT_EQ(count(), 0);
    EXPECT_EQ(connection_->run("INSERT INTO things (id) VALUES ($1)", 1), 1) << "it can be used afterwards";
}

TEST_P(Database, CountsWhatChanged) {
    for (int id = 1; id <= 3; ++id)
        connection_->run("INSERT INTO things (id) VALUES ($1)", id);
    EXPECT_EQ(connection_->run("UPDATE things SET name = $1", "x"), 3);
    EXPECT_EQ(connection_->run("UPDATE things SET name = $1 WHERE id > $2", "x", 9), 0);
    EXPECT_EQ(connection_->execute("SELECT id FROM things", {}, {}), 0);
    EXPECT_EQ(connection_->run("DELETE FROM things WHERE id = $1", 2), 1);
    const auto back = connection_->row<int>("INSERT INTO things (id) VALUES ($1) RETURNING id", 8);
    EXPECT_EQ(back, std::tuple(8));
}

TEST_P(Database, AbsenceIsNoError) {
    EXPECT_FALSE(connection_->row<int>("SELECT id FROM things"));
    EXPECT_TRUE(connection_->rows<int>("SELECT id FROM things").empty());
}

TEST_P(Database, TheSameStatementMayBeUsedInsideItself) {
    for (int id = 1; id <= 3; ++id)
        connection_->run("INSERT INTO things (id) VALUES ($1)", id);
    std::vector<int> seen;
    constexpr auto above = "SELECT id FROM things WHERE id > $1 ORDER BY id";
    connection_->each<int>(
        above,
        [&](int outer) {
            connection_->each<int>(
                above, [&](int inner) { seen.push_back(outer * 10 + inner); }, outer);
        },
        0);
    EXPECT_EQ(seen, (std::vector<int>{12, 13, 23}));
}

TEST_P(Database, AnExceptionFromARowLeavesTheStatementUsable) {
    for (int id = 1; id <= 3; ++id)
        connection_->run("INSERT INTO things (id) VALUES ($1)", id);
    constexpr auto all = "SELECT id FROM things ORDER BY id";
    EXPECT_THROW(connection_->each<int>(all, [](int) { throw std::runtime_error("enough"); }), std::runtime_error);
    EXPECT_EQ(connection_->rows<int>(all).size(), 3u);
    Transaction transaction(*connection_);
    EXPECT_NO_THROW(transaction.commit()) << "no statement is left open";
}

TEST_P(Database, NamesTheKindOfAnError) {
    connection_->run("INSERT INTO things (id) VALUES ($1)", 1);
    const auto twice = error_of([&] { connection_->run("INSERT INTO things (id) VALUES ($1)", 1); });
    EXPECT_EQ(twice.kind(), Error::Kind::conflict);
    const auto orphan = error_of([&] { connection_->run("INSERT INTO parts VALUES ($1)", 9); });
    EXPECT_EQ(orphan.kind(), Error::Kind::conflict) << "foreign keys are checked";
    const auto nonsense = error_of([&] { connection_->run("SELEC 1"); });
    EXPECT_EQ(nonsense.kind(), Error::Kind::internal);
    EXPECT_EQ(nonsense.where(), "SELEC 1");
}

TEST_P(Database, ATransactionIsAllOrNothing) {
    {
        Transaction transaction(*connection_);
        connection_->run("INSERT INTO things (id) VALUES ($1)", 1);
        EXPECT_TRUE(connection_->in_transaction());
    }
    EXPECT_FALSE(connection_->in_transaction());
    EXPECT_EQ(count(), 0);
    {
        Transaction transaction(*connection_, Durability::relaxed);
        connection_->run("INSERT INTO things (id) VALUES ($1)", 1);
        transaction.commit();
    }
    EXPECT_EQ(count(), 1);
    EXPECT_THROW(
        {
            Transaction transaction(*connection_);
            Transaction inner(*connection_);
        },
        Error);
    connection_->rollback();
    EXPECT_FALSE(connection_->in_transaction());
}

TEST_P(Database, ReadersSeeWhatIsCommittedOnly) {
    const auto reader = connect(Access::read_only);
    constexpr auto all = "SELECT id FROM things";
    Transaction transaction(*connection_);
    connection_->run("INSERT INTO things (id) VALUES ($1)", 1);
    EXPECT_EQ(reader->rows<int>(all).size(), 0u);
    transaction.commit();
    EXPECT_EQ(reader->rows<int>(all).size(), 1u);
    const auto refused = error_of([&] { reader->run("DELETE FROM things"); });
    EXPECT_EQ(refused.kind(), Error::Kind::denied);
}

constexpr Migration history[] = {
    {1, "CREATE TABLE jobs (id BIGINT PRIMARY KEY); INSERT INTO jobs VALUES (1)"},
    {2, "ALTER TABLE jobs ADD COLUMN name TEXT; UPDATE jobs SET name = 'first'"},
    {3, "CREATE TABLE steps (id BIGINT PRIMARY KEY)"},
};

TEST_P(Database, IsBroughtUpStepByStepAndOnce) {
    migrate(*connection_, std::span(history).first(1));
    migrate(*connection_, history);
    migrate(*connection_, history);
    EXPECT_EQ(connection_->row<std::string>("SELECT name FROM jobs"), std::tuple("first"));
    EXPECT_EQ(connection_->rows<int>("SELECT number FROM schema_version ORDER BY number").size(), 3u);
}

TEST_P(Database, ANewerDatabaseIsRefusedInWords) {
    migrate(*connection_, history);
    const auto refused = error_of([&] { migrate(*connection_, std::span(history).first(2)); });
    EXPECT_EQ(refused.kind(), Error::Kind::conflict);
    EXPECT_STREQ(refused.what(),
                 "the database was written by a newer atelier (schema 3, this program knows 2): update this program");
}

TEST_P(Database, ABrokenMigrationLeavesNothingOfItself) {
    const Migration broken[] = {history[0], {2, "CREATE TABLE half (id BIGINT); INSERT INTO nowhere VALUES (1)"}};
    EXPECT_THROW(migrate(*connection_, broken), Error);
    EXPECT_THROW(connection_->run("SELECT id FROM half"), Error);
    EXPECT_NO_THROW(migrate(*connection_, history)) << "the ones before it stay";
    const Migration gap[] = {history[0], history[2]};
    EXPECT_THROW(migrate(*connection_, gap), Error);
}

TEST_P(Database, WhatWasSentIsThereInItsOrder) {
    {
        Transaction transaction(*connection_);
        for (int id = 0; id < 3000; ++id)
            connection_->send("INSERT INTO things (id, name) VALUES ($1, $2)", id, std::string(50, 'x'));
        connection_->send("DELETE FROM things WHERE id < $1", 10);
        EXPECT_EQ(count(), 2990) << "whoever asks sees it";
        connection_->send("UPDATE things SET name = $1", "sent");
        transaction.commit();
    }
    EXPECT_EQ(connection_->rows<int>("SELECT id FROM things WHERE name = $1", "sent").size(), 2990u);
    connection_->send("DELETE FROM things WHERE id < $1", 20);
    EXPECT_EQ(connect()->rows<int>("SELECT id FROM things").size(), 2980u) << "outside of a transaction as well";
}

TEST_P(Database, WhatWasSentAndFailsIsToldBeforeTheCommit) {
    connection_->run("INSERT INTO things (id) VALUES ($1)", 1);
    const auto broken = [&](auto&& wait) {
        return error_of([&] {
            Transaction transaction(*connection_);
            connection_->send("INSERT INTO things (id) VALUES ($1)", 2);
            connection_->send("INSERT INTO things (id) VALUES ($1)", 1);
            connection_->send("INSERT INTO things (id) VALUES ($1)", 3);
            wait();
            transaction.commit();
        });
    };
    EXPECT_EQ(broken([] {}).kind(), Error::Kind::conflict);
    EXPECT_EQ(broken([&] { connection_->settle(); }).kind(), Error::Kind::conflict);
    const auto told = broken([&] { connection_->rows<int>("SELECT id FROM things"); });
    EXPECT_EQ(told.kind(), Error::Kind::conflict);
    EXPECT_EQ(told.where(), "INSERT INTO things (id) VALUES ($1)");
    EXPECT_FALSE(connection_->in_transaction());
    EXPECT_EQ(count(), 1);
}

TEST_P(Database, ASavepointTakesBackAPart) {
    Transaction transaction(*connection_);
    connection_->send("SAVEPOINT change");
    connection_->run("INSERT INTO things (id) VALUES ($1)", 1);
    connection_->send("RELEASE SAVEPOINT change");
    connection_->send("SAVEPOINT change");
    EXPECT_THROW(connection_->run("INSERT INTO things (id) VALUES ($1)", 1), Error);
    connection_->run("ROLLBACK TO SAVEPOINT change");
    connection_->run("INSERT INTO things (id) VALUES ($1)", 2);
    transaction.commit();
    EXPECT_EQ(count(), 2);
}

TEST_P(Database, ASnapshotStaysAsItWas) {
    const auto reader = connect(Access::read_only);
    connection_->run("INSERT INTO things (id) VALUES ($1)", 1);
    constexpr auto all = "SELECT id FROM things";
    reader->begin_snapshot();
    EXPECT_EQ(reader->rows<int>(all).size(), 1u);
    connection_->run("INSERT INTO things (id) VALUES ($1)", 2);
    EXPECT_EQ(reader->rows<int>(all).size(), 1u);
    reader->rollback();
    EXPECT_EQ(reader->rows<int>(all).size(), 2u);
}

TEST_P(Database, LongTablesAreScannedInPieces) {
    {
        Transaction transaction(*connection_);
        for (int id = 0; id < 2500; ++id)
            connection_->send("INSERT INTO things (id) VALUES ($1)", id);
        transaction.commit();
    }
    const auto reader = connect(Access::read_only);
    reader->begin_snapshot();
    for (int round = 0; round < 2; ++round) {
        std::int64_t sum = 0;
        reader->scan("SELECT id FROM things", [&](const Row& row) { sum += row.integer(0); });
        EXPECT_EQ(sum, 2499 * 2500 / 2);
    }
}

TEST_P(Database, ListsItsTablesInTheOrderOfTheirMaking) {
    const auto tables = connection_->tables();
    ASSERT_EQ(tables.size(), 2u);
    EXPECT_EQ(tables[0].name, "things");
    EXPECT_EQ(tables[1].name, "parts");
    ASSERT_EQ(tables[0].columns.size(), 3u);
    EXPECT_EQ(tables[0].columns[0].kind, Column::Kind::integer);
    EXPECT_EQ(tables[0].columns[1].kind, Column::Kind::text);
    EXPECT_EQ(tables[0].columns[2].kind, Column::Kind::real);
    EXPECT_EQ(tables[0].columns[2].name, "size");
    EXPECT_TRUE(has_table(*connection_, "parts"));
    EXPECT_FALSE(has_table(*connection_, "part"));
}

INSTANTIATE_TEST_SUITE_P(Backends, Database,
                         testing::Values(Backend{"sqlite",
                                                 [](const std::filesystem::path& folder) {
                                                     return (folder / "farm.db").string();
                                                 }},
                                         Backend{"postgres",
                                                 [](const std::filesystem::path&) {
                                                     return testing_support::PostgresServer::shared().fresh_url();
                                                 }}),
                         [](const auto& instance) { return instance.param.name; });

TEST(Open, AnUnknownKindOfDatabaseIsRefused) {
    const auto refused = error_of([] { open("oracle://host/x"); });
    EXPECT_EQ(refused.kind(), Error::Kind::invalid);
    EXPECT_THAT(refused.what(), HasSubstr("oracle"));
}

}  // namespace
}  // namespace atelier::db
