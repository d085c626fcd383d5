// What is PostgreSQL's alone: a server that goes away and comes back, one holder of many, passwords.
#include "db/postgres.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing.h"
#include "db/testing_postgres.h"

namespace atelier::db {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing_support::error_of;
using testing_support::PostgresServer;

constexpr auto add = "INSERT INTO things (id, name) VALUES ($1, $2)";

class Postgres : public testing::Test {
protected:
    void SetUp() override {
        connection_ = open(url_);
        connection_->script("CREATE TABLE things (id BIGINT PRIMARY KEY, name TEXT, part SMALLINT)");
    }
    std::size_t count() { return open(url_)->rows<int>("SELECT id FROM things").size(); }

    PostgresServer server_{PostgresServer::Sync::on};
    const std::string url_ = server_.fresh_url();
    std::unique_ptr<Connection> connection_;
};

TEST_F(Postgres, ComesBackAfterARestart) {
    connection_->run(add, 1, "one");
    const auto reader = open(url_, Access::read_only);
    reader->rows<int>("SELECT id FROM things");
    server_.restart();
    {
        Transaction transaction(*connection_);  // nothing was begun: it connects anew
        connection_->send(add, 2, "two");
        transaction.commit();
    }
    EXPECT_EQ(reader->rows<int>("SELECT id FROM things").size(), 2u) << "readers ask again";
}

TEST_F(Postgres, ATransactionThatLosesItsServerFailsAsAWhole) {
    for (const bool crash : {false, true}) {
        auto transaction = std::make_optional<Transaction>(*connection_);
        connection_->run(add, 1, "one");
        crash ? server_.kill() : server_.stop();
        connection_->send(add, 2, "two");
        const auto lost = error_of([&] { connection_->settle(); });
        EXPECT_EQ(lost.kind(), Error::Kind::unavailable);
        EXPECT_FALSE(connection_->in_transaction());
        const auto away = error_of([&] { connection_->begin(Durability::durable); });
        EXPECT_EQ(away.kind(), Error::Kind::unavailable) << "it is not there yet";
        server_.start();
        transaction.reset();
        EXPECT_EQ(count(), 0u);
    }
    Transaction transaction(*connection_);
    connection_->run(add, 1, "one");
    transaction.commit();
    EXPECT_EQ(count(), 1u);
}

TEST_F(Postgres, WhoGoesOnInALostTransactionIsRefused) {
    Transaction transaction(*connection_);
    connection_->run(add, 1, "one");
    server_.restart();
    EXPECT_THROW(connection_->run(add, 2, "two"), Error);
    EXPECT_THROW(connection_->run(add, 3, "three"), Error) << "it would be the second half of nothing";
    EXPECT_THROW(transaction.commit(), Error);
    EXPECT_EQ(count(), 0u);
}

TEST_F(Postgres, OneHoldsUntilItsConnectionIsGone) {
    const auto other = open(url_);
    EXPECT_FALSE(connection_->holds());
    EXPECT_TRUE(connection_->try_hold());
    EXPECT_TRUE(connection_->try_hold());
    EXPECT_FALSE(other->try_hold());
    EXPECT_TRUE(open(server_.fresh_url())->try_hold()) << "another farm on the same server";
    connection_.reset();
    for (int i = 0; i < 1000 && !other->try_hold(); ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_TRUE(other->holds());
    server_.restart();
    other->begin(Durability::durable);
    EXPECT_FALSE(other->holds()) << "somebody else may have held it meanwhile";
    EXPECT_TRUE(other->try_hold());
    other->rollback();
    EXPECT_TRUE(other->holds());
}

TEST_F(Postgres, WhatItCannotKeepIsRefusedAtOnce) {
    Transaction transaction(*connection_);
    const std::string zero("a\0b", 3);
    EXPECT_EQ(error_of([&] { connection_->send(add, 1, zero); }).kind(), Error::Kind::invalid);
    EXPECT_EQ(error_of([&] { connection_->send(add, 1, "\xff"); }).kind(), Error::Kind::invalid);
    connection_->run(add, 1, "fine");
    transaction.commit();
    const auto large = error_of([&] { connection_->run("INSERT INTO things (id, part) VALUES ($1, $2)", 2, 100'000); });
    EXPECT_EQ(large.kind(), Error::Kind::invalid);
    EXPECT_EQ(count(), 1u);
}

TEST_F(Postgres, ACommitAfterAFailedStatementIsRefused) {
    Transaction transaction(*connection_);
    connection_->run(add, 1, "one");
    EXPECT_THROW(connection_->run("INSERT INTO nowhere VALUES ($1)", 1), Error);
    EXPECT_THROW(transaction.commit(), Error);
}

TEST_F(Postgres, ManyTextsDoNotFillTheServer) {
    for (int i = 0; i < 1200; ++i)
        EXPECT_EQ(connection_->row<int>("SELECT " + std::to_string(i)), std::tuple(i));
    EXPECT_LT(std::get<0>(*connection_->row<int>("SELECT count(*) FROM pg_prepared_statements")), 600);
}

TEST(PostgresUrl, NoErrorTellsThePassword) {
    for (const std::string url : {"postgresql://farm:geheim@127.0.0.1:1/farm", "postgres://farm:geheim@127.0.0.1:1",
                                  "postgresql://h/x?password=geheim&nonsense", "postgresql://[::1:geheim"}) {
        const auto refused = error_of([&] { open(url); });
        EXPECT_THAT(std::string(refused.what()) + refused.hint() + refused.where(), Not(HasSubstr("geheim")));
    }
    EXPECT_EQ(shown("postgresql://farm:geheim@db.lab:5433/farm"), "farm at db.lab:5433");
    EXPECT_EQ(error_of([] { open("postgresql://farm@127.0.0.1:1/farm"); }).kind(), Error::Kind::unavailable);
}

TEST_F(Postgres, WhatIsMissingIsNamed) {
    std::string url = server_.url();
    url.replace(url.rfind('/'), std::string::npos, "/nosuch");
    const auto nothing = error_of([&] { open(url); });
    EXPECT_EQ(nothing.kind(), Error::Kind::not_found);
    EXPECT_THAT(nothing.what(), HasSubstr("nosuch at 127.0.0.1"));
}

}  // namespace
}  // namespace atelier::db
