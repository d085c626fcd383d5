#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/files.h"
#include "base/testing.h"
#include "db/db.h"

namespace atelier::db {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing_support::error_of;

class Sqlite : public testing::Test {
protected:
    fs::path file() const { return folder_.path() / "farm.db"; }
    fs::path log() const { return folder_.path() / "farm.db-wal"; }
    TemporaryFolder folder_;
};

TEST_F(Sqlite, IsOpenedByPathAndByUrl) {
    open("sqlite:" + file().string())->script("CREATE TABLE things (id BIGINT)");
    EXPECT_EQ(open(file().string())->rows<int>("SELECT id FROM things").size(), 0u);
    const auto connection = open(file().string());
    EXPECT_EQ(connection->row<std::string>("PRAGMA journal_mode"), std::tuple("wal"));
    EXPECT_EQ(connection->row<int>("PRAGMA foreign_keys"), std::tuple(1));
    EXPECT_EQ(connection->row<int>("PRAGMA synchronous"), std::tuple(2));
}

TEST_F(Sqlite, WhatIsMissingIsNamed) {
    const auto nothing = error_of([&] { open(file().string(), Access::read_only); });
    EXPECT_EQ(nothing.kind(), Error::Kind::not_found);
    EXPECT_THAT(nothing.what(), HasSubstr(file().string()));
    EXPECT_FALSE(fs::exists(file()));
    EXPECT_EQ(error_of([&] { open((folder_.path() / "no" / "farm.db").string()); }).kind(), Error::Kind::not_found);
}

TEST_F(Sqlite, AFileThatIsNoDatabaseIsRefusedAndLeftAlone) {
    const std::string letter(5000, 'x');
    write_file_durably(file(), letter);
    const auto refused = error_of([&] { open(file().string()); });
    EXPECT_EQ(refused.kind(), Error::Kind::internal);
    EXPECT_THAT(refused.what(), HasSubstr("is damaged or not a database"));
    EXPECT_EQ(read_file(file()), letter);
}

TEST_F(Sqlite, ADatabaseThatIsTooSmallForMoreSaysSo) {
    const auto connection = open(file().string());
    connection->script("CREATE TABLE things (name TEXT); PRAGMA max_page_count = 8");
    const auto full = error_of([&] { connection->run("INSERT INTO things VALUES ($1)", std::string(100'000, 'x')); });
    EXPECT_EQ(full.kind(), Error::Kind::exhausted);
    EXPECT_THAT(full.hint(), HasSubstr("free some space"));
}

TEST_F(Sqlite, ALockIsToldInWords) {
    const auto one = open(file().string());
    const auto other = open(file().string());
    one->script("CREATE TABLE things (id BIGINT)");
    one->script("BEGIN");
    one->rows<int>("SELECT id FROM things");
    other->run("INSERT INTO things VALUES ($1)", 1);
    // What was read is old by now, so waiting for the lock would be in vain: SQLite says at once what it says after 30
    // s.
    const auto locked = error_of([&] { one->run("INSERT INTO things VALUES ($1)", 2); });
    EXPECT_EQ(locked.kind(), Error::Kind::unavailable);
    EXPECT_EQ(std::string(locked.what()), "the database " + file().string() + " is locked by another program");
}

TEST_F(Sqlite, OneStatementAtATimeWithNumberedParameters) {
    const auto connection = open(file().string());
    EXPECT_THROW(connection->run("SELECT 1; SELECT 2"), Error);
    EXPECT_THROW(connection->run(""), Error);
    EXPECT_THROW(connection->run("SELECT ?", 1), Error);
    EXPECT_THROW(connection->run("SELECT $2", 1), Error);
    EXPECT_NO_THROW(connection->run("SELECT $1; ", 1));
}

TEST_F(Sqlite, ManyTextsDoNotFillTheMemoryWithStatements) {
    const auto connection = open(file().string());
    connection->each<int>("SELECT 1 UNION SELECT 2", [&](int) {  // this one is in use meanwhile
        for (int i = 0; i < 1500; ++i)
            EXPECT_EQ(connection->row<int>("SELECT " + std::to_string(i)), std::tuple(i));
    });
}

// The log can't be reset while somebody reads an old state, and goes back to its bound when that is over.
TEST_F(Sqlite, TheLogStaysBoundedAndRecoversFromALongReader) {
    constexpr std::uintmax_t bound = 80u << 20;
    const auto connection = open(file().string());
    connection->script("CREATE TABLE things (id BIGINT PRIMARY KEY, name TEXT)");
    char letter = 'a';
    const auto write_pages = [&](int pages) {
        for (int i = 0; i < pages; i += 1000) {
            const std::string page(4000, letter = letter == 'z' ? 'a' : static_cast<char>(letter + 1));
            Transaction transaction(*connection, Durability::relaxed);
            for (int k = 0; k < 1000; ++k)
                connection->run("INSERT INTO things VALUES ($1, $2) ON CONFLICT DO UPDATE SET name = $2", k, page);
            transaction.commit();
        }
    };
    write_pages(40'000);
    EXPECT_LE(fs::file_size(log()), bound);
    const auto reader = open(file().string(), Access::read_only);
    reader->each<int>("SELECT id FROM things LIMIT 1", [&](int) { write_pages(40'000); });
    EXPECT_GT(fs::file_size(log()), bound);
    write_pages(10'000);
    EXPECT_LE(fs::file_size(log()), bound);
}

}  // namespace
}  // namespace atelier::db
