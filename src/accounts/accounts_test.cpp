#include "accounts/accounts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "accounts/testing.h"
#include "base/testing.h"
#include "db/testing_postgres.h"

namespace atelier::accounts {
namespace {

using atelier::testing_support::error_of;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using testing_support::TurnedClock;

constexpr const char* password = "correct horse";
constexpr const char* address = "192.0.2.7";
constexpr double minute = 60;
constexpr double day = 24 * 60 * minute;

struct Database {
    const char* name;
    std::string (*url)(const std::filesystem::path& folder);
};

void PrintTo(const Database& database, std::ostream* out) { *out << database.name; }

class AccountsOn : public testing::TestWithParam<Database> {
protected:
    AccountsOn() {
        testing_support::migrate_as_the_farm_does(*raw_);
        accounts_ = another();
    }

    std::unique_ptr<Accounts> another() { return std::make_unique<Accounts>(db::open(url_), clock_); }

    Error::Kind kind_of_login(const std::string& name, std::string_view secret) {
        return error_of([&] { accounts_->log_in(name, secret, address); }).kind();
    }

    TemporaryFolder folder_;
    const std::string url_ = GetParam().url(folder_.path());
    TurnedClock clock_;
    std::unique_ptr<db::Connection> raw_ = db::open(url_);
    std::unique_ptr<Accounts> accounts_;
};

TEST_P(AccountsOn, UsersAreAddedListedAndKeptApart) {
    accounts_->add_user("ann", password, Role::admin);
    accounts_->add_user("b.o_b-2", password, Role::pending);
    EXPECT_EQ(error_of([&] { accounts_->add_user("ann", password, Role::user); }).kind(), Error::Kind::conflict);
    const auto users = another()->users();
    ASSERT_THAT(users, SizeIs(2));
    EXPECT_EQ(users[0].name, "ann");
    EXPECT_EQ(users[0].role, Role::admin);
    EXPECT_EQ(users[0].weight, 1);
    EXPECT_EQ(users[0].created_at, clock_.now);
    EXPECT_EQ(accounts_->user("b.o_b-2").role, Role::pending);
    accounts_->set_weight("ann", 2.5);
    EXPECT_EQ(accounts_->user("ann").weight, 2.5);
    for (const double wrong : {0.0, -1.0, 1e9, std::numeric_limits<double>::quiet_NaN()})
        EXPECT_EQ(error_of([&] { accounts_->set_weight("ann", wrong); }).kind(), Error::Kind::invalid);
}

TEST_P(AccountsOn, NamesAndPasswordsThatNobodyShouldHaveAreRefused) {
    const auto kind = [&](const std::string& name, const std::string& secret) {
        return error_of([&] { accounts_->add_user(name, secret, Role::user); }).kind();
    };
    for (const std::string& name : {std::string(), std::string("local"), std::string("Ann"), std::string("a b"),
                                    std::string(65, 'a'), std::string("a\0b", 3), std::string("é"), std::string("a/b")})
        EXPECT_EQ(kind(name, password), Error::Kind::invalid) << name;
    for (const std::string& secret : {std::string(), std::string("1234567"), std::string(1025, 'x'),
                                      std::string("\xff\xff\xff\xff\xff\xff\xff\xff"), std::string("éééé")})
        EXPECT_EQ(kind("ann", secret), Error::Kind::invalid) << secret;
    accounts_->add_user(std::string(64, 'a'), std::string(1024, 'x'), Role::user);
    EXPECT_EQ(accounts_->log_in(std::string(64, 'a'), std::string(1024, 'x'), address).caller.role, Role::user);
    accounts_->add_user("zero",
                        std::string("1234\0"
                                    "5678",
                                    9),
                        Role::user);
    EXPECT_EQ(kind_of_login("zero", "1234"), Error::Kind::denied);
}

TEST_P(AccountsOn, WhoIsNotThereIsNotFound) {
    using Kind = Error::Kind;
    for (const std::string& name :
         {std::string("nobody"), std::string(), std::string("a\0b", 3), std::string("local")}) {
        EXPECT_EQ(error_of([&] { accounts_->user(name); }).kind(), Kind::not_found);
        EXPECT_EQ(error_of([&] { accounts_->grant(name, Role::admin); }).kind(), Kind::not_found);
        EXPECT_EQ(error_of([&] { accounts_->disable(name, true); }).kind(), Kind::not_found);
        EXPECT_EQ(error_of([&] { accounts_->set_password(name, password); }).kind(), Kind::not_found);
        EXPECT_EQ(error_of([&] { accounts_->set_weight(name, 1); }).kind(), Kind::not_found);
    }
    EXPECT_EQ(error_of([&] { accounts_->create_token("nobody", "t", Scope::user, {}); }).kind(), Kind::not_found);
    for (const std::string& id : {std::string("0123456789"), std::string(), std::string("'; --")}) {
        EXPECT_EQ(error_of([&] { accounts_->token(id); }).kind(), Kind::not_found);
        EXPECT_EQ(error_of([&] { accounts_->revoke(id); }).kind(), Kind::not_found);
    }
}

TEST_P(AccountsOn, ALogInGivesACookieThatEnds) {
    accounts_->add_user("ann", password, Role::user);
    const Login login = accounts_->log_in("ann", password, address);
    EXPECT_EQ(login.caller.user, "ann");
    EXPECT_NE(login.caller.guard, "");
    const auto caller = accounts_->by_cookie(login.secret);
    ASSERT_TRUE(caller);
    EXPECT_EQ(caller->guard, login.caller.guard);
    EXPECT_EQ(caller->token, "");
    EXPECT_TRUE(another()->by_cookie(login.secret)) << "it outlives a restart";
    EXPECT_FALSE(accounts_->by_token(login.secret));
    for (const std::string& wrong :
         {std::string(), std::string(64, '0'), std::string(100'000, 'a'), login.caller.guard})
        EXPECT_FALSE(accounts_->by_cookie(wrong));
    accounts_->log_out(login.secret);
    EXPECT_FALSE(accounts_->by_cookie(login.secret));
    EXPECT_FALSE(another()->by_cookie(login.secret));
}

TEST_P(AccountsOn, CookiesEndByIdlenessAndByAge) {
    accounts_->add_user("ann", password, Role::user);
    const std::string idle = accounts_->log_in("ann", password, address).secret;
    const std::string busy = accounts_->log_in("ann", password, address).secret;
    for (int days = 0; days < 89; ++days) {
        clock_.turn(day);
        EXPECT_TRUE(accounts_->by_cookie(busy)) << days;
    }
    EXPECT_FALSE(accounts_->by_cookie(idle));
    clock_.turn(day);
    EXPECT_FALSE(accounts_->by_cookie(busy));
    accounts_->log_in("ann", password, address);
    EXPECT_EQ(raw_->row<int>("SELECT count(*) FROM logins"), std::tuple(1)) << "those that ended are swept";
}

TEST_P(AccountsOn, AWrongNameAndAWrongPasswordLookTheSame) {
    accounts_->add_user("ann", password, Role::user);
    const Error no_name = error_of([&] { accounts_->log_in("bob", password, address); });
    const Error no_word = error_of([&] { accounts_->log_in("ann", "wrong horse", address); });
    EXPECT_EQ(no_name.kind(), Error::Kind::denied);
    EXPECT_EQ(no_word.kind(), no_name.kind());
    EXPECT_STREQ(no_word.what(), no_name.what());
    EXPECT_EQ(no_word.hint(), no_name.hint());
    EXPECT_EQ(kind_of_login("", ""), Error::Kind::denied);
    EXPECT_EQ(kind_of_login(std::string("ann\0x", 5), password), Error::Kind::denied);
    EXPECT_EQ(kind_of_login(std::string(100'000, 'a'), std::string(1'000'000, 'b')), Error::Kind::denied);
}

TEST_P(AccountsOn, WhoTriesTooOftenWaits) {
    accounts_->add_user("ann", password, Role::user);
    for (int i = 0; i < 5; ++i)
        EXPECT_EQ(kind_of_login("ann", "wrong horse"), Error::Kind::denied);
    const Error closed = error_of([&] { accounts_->log_in("ann", password, "198.51.100.1"); });
    EXPECT_EQ(closed.kind(), Error::Kind::exhausted);
    EXPECT_THAT(closed.hint(), HasSubstr("try again in 1"));
    clock_.turn(1.5);
    accounts_->log_in("ann", password, address);
    EXPECT_EQ(kind_of_login("ann", "wrong horse"), Error::Kind::denied) << "success opened the account again";
}

TEST_P(AccountsOn, DisabledUsersAreOutAtOnce) {
    accounts_->add_user("ann", password, Role::user);
    const Login login = accounts_->log_in("ann", password, address);
    const NewToken token = accounts_->create_token("ann", "laptop", Scope::user, {});
    ASSERT_TRUE(accounts_->by_token(token.secret));
    ASSERT_TRUE(accounts_->by_cookie(login.secret));
    accounts_->disable("ann", true);
    EXPECT_FALSE(accounts_->by_token(token.secret));
    EXPECT_FALSE(accounts_->by_cookie(login.secret));
    EXPECT_EQ(kind_of_login("ann", password), Error::Kind::denied);
    accounts_->disable("ann", false);
    EXPECT_TRUE(accounts_->by_token(token.secret));
    EXPECT_FALSE(accounts_->by_cookie(login.secret)) << "sessions that were ended stay so";
    EXPECT_TRUE(accounts_->log_in("ann", password, address).caller.role == Role::user);
}

TEST_P(AccountsOn, PendingUsersAreKnownAndMayDoNothing) {
    accounts_->add_user("ann", password, Role::pending);
    const NewToken token = accounts_->create_token("ann", "laptop", Scope::user, {});
    EXPECT_EQ(accounts_->by_token(token.secret)->role, Role::pending);
    EXPECT_FALSE(accounts_->by_token(token.secret)->may_touch("ann"));
    EXPECT_EQ(accounts_->log_in("ann", password, address).caller.role, Role::pending);
    accounts_->grant("ann", Role::user);
    EXPECT_EQ(accounts_->by_token(token.secret)->role, Role::user);
    EXPECT_TRUE(accounts_->by_token(token.secret)->may_touch("ann"));
    EXPECT_FALSE(accounts_->by_token(token.secret)->may_touch("bob"));
    accounts_->grant("ann", Role::admin);
    EXPECT_TRUE(accounts_->by_token(token.secret)->may_touch("bob"));
}

TEST_P(AccountsOn, ANewPasswordEndsSessions) {
    accounts_->add_user("ann", password, Role::user);
    const Login login = accounts_->log_in("ann", password, address);
    accounts_->set_password("ann", "another horse");
    EXPECT_FALSE(accounts_->by_cookie(login.secret));
    EXPECT_EQ(kind_of_login("ann", password), Error::Kind::denied);
    EXPECT_TRUE(accounts_->by_cookie(accounts_->log_in("ann", "another horse", address).secret));
    EXPECT_EQ(error_of([&] { accounts_->set_password("ann", "short"); }).kind(), Error::Kind::invalid);
}

TEST_P(AccountsOn, TheLastAdminStays) {
    accounts_->add_user("bob", password, Role::user);
    accounts_->disable("bob", true);  // no admin yet: the local user is enough
    accounts_->disable("bob", false);
    accounts_->add_user("ann", password, Role::admin);
    for (const auto& change : std::vector<std::function<void()>>{[&] { accounts_->disable("ann", true); },
                                                                 [&] { accounts_->grant("ann", Role::user); }})
        EXPECT_EQ(error_of(change).kind(), Error::Kind::conflict);
    EXPECT_EQ(accounts_->user("ann").role, Role::admin);
    EXPECT_FALSE(accounts_->user("ann").disabled);
    accounts_->grant("bob", Role::admin);
    accounts_->disable("ann", true);
    EXPECT_EQ(error_of([&] { accounts_->grant("bob", Role::pending); }).kind(), Error::Kind::conflict);
    accounts_->grant("ann", Role::user);
}

TEST_P(AccountsOn, TokensAreShownOnceAndKeptAsHashes) {
    accounts_->add_user("ann", password, Role::user);
    const NewToken token = accounts_->create_token("ann", "farm 3", Scope::worker, {});
    EXPECT_TRUE(token.secret.starts_with("atl_"));
    const auto caller = another()->by_token(token.secret);
    ASSERT_TRUE(caller);
    EXPECT_EQ(caller->user, "ann");
    EXPECT_EQ(caller->scope, Scope::worker);
    EXPECT_EQ(caller->token, token.record.id);
    EXPECT_EQ(caller->guard, "");
    EXPECT_FALSE(caller->may_touch("ann"));
    for (const std::string& wrong : {std::string(), token.secret.substr(1), token.secret + "0", token.record.id,
                                     "atl_" + std::string(64, '0'), std::string(1 << 20, 'a')})
        EXPECT_FALSE(accounts_->by_token(wrong));
    raw_->each<std::string>("SELECT hash FROM tokens", [&](const std::string& hash) {
        EXPECT_THAT(hash, Not(HasSubstr(token.secret.substr(4))));
    });
    EXPECT_EQ(accounts_->token(token.record.id).name, "farm 3");
    EXPECT_THAT(accounts_->tokens("ann"), SizeIs(1));
    EXPECT_THAT(accounts_->tokens("bob"), SizeIs(0));
    EXPECT_THAT(accounts_->tokens(std::nullopt), SizeIs(1));
    accounts_->revoke(token.record.id);
    EXPECT_FALSE(accounts_->by_token(token.secret));
    EXPECT_EQ(error_of([&] { accounts_->revoke(token.record.id); }).kind(), Error::Kind::not_found);
}

TEST_P(AccountsOn, TokensExpireAlsoWhileTheyAreRemembered) {
    accounts_->add_user("ann", password, Role::user);
    const NewToken token = accounts_->create_token("ann", "t", Scope::read, clock_.now + 2'000'000);
    EXPECT_TRUE(accounts_->by_token(token.secret));
    clock_.turn(2);
    EXPECT_FALSE(accounts_->by_token(token.secret));
    EXPECT_EQ(error_of([&] { accounts_->create_token("ann", "t", Scope::read, clock_.now); }).kind(),
              Error::Kind::invalid);
    for (const std::string& name : {std::string(), std::string(101, 'a'), std::string("a\nb"), std::string("\xff")})
        EXPECT_EQ(error_of([&] { accounts_->create_token("ann", name, Scope::read, {}); }).kind(),
                  Error::Kind::invalid);
}

TEST_P(AccountsOn, UseIsWrittenOnceAMinute) {
    const NewToken token = accounts_->create_token(local_user, "t", Scope::user, {});
    const auto used_at = [&] { return accounts_->token(token.record.id).used_at; };
    EXPECT_EQ(used_at(), std::nullopt);
    const Micros first = clock_.now;
    accounts_->by_token(token.secret);
    clock_.turn(30);
    accounts_->by_token(token.secret);
    EXPECT_EQ(used_at(), first);
    clock_.turn(31);
    accounts_->by_token(token.secret);
    EXPECT_EQ(used_at(), clock_.now);
}

TEST_P(AccountsOn, WhatAnotherServerChangedIsSeenWithinSeconds) {
    accounts_->add_user("ann", password, Role::user);
    const NewToken token = accounts_->create_token("ann", "t", Scope::user, {});
    EXPECT_TRUE(accounts_->by_token(token.secret));
    another()->revoke(token.record.id);
    clock_.turn(10);
    EXPECT_FALSE(accounts_->by_token(token.secret));
}

TEST_P(AccountsOn, TheLocalTokenIsAnAdmins) {
    const std::string secret = local_token(folder_.path());
    EXPECT_FALSE(accounts_->by_token(secret));
    accounts_->trust(secret);
    const auto caller = accounts_->by_token(secret);
    ASSERT_TRUE(caller);
    EXPECT_EQ(caller->user, local_user);
    EXPECT_TRUE(caller->is_admin());
    EXPECT_NE(caller->token, "");
    EXPECT_EQ(kind_of_login(local_user, ""), Error::Kind::denied);
    const NewToken token = accounts_->create_token(local_user, "my workers", Scope::worker, {});
    EXPECT_EQ(accounts_->by_token(token.secret)->user, local_user);
    EXPECT_FALSE(accounts_->by_token(token.secret)->is_admin());
}

TEST_P(AccountsOn, TheAuditLogTellsWhoDidWhat) {
    accounts_->note("ann", address, "job cancel", "7k2m");
    accounts_->note(std::string(1000, 'a'), "é\n\xff", std::string("a\0b", 3), std::string(255, 'x') + "é");
    accounts_->note("", "", "", "");
    const auto records = accounts_->audit(0, 10);
    ASSERT_THAT(records, SizeIs(3));
    EXPECT_EQ(records[2].object, "7k2m");
    EXPECT_EQ(records[2].user, "ann");
    EXPECT_EQ(records[2].at, clock_.now);
    EXPECT_EQ(records[1].user, std::string(64, 'a'));
    EXPECT_EQ(records[1].address, "é \\xff");
    EXPECT_EQ(records[1].action, "a b");
    EXPECT_EQ(records[1].object, std::string(255, 'x'));
    EXPECT_THAT(accounts_->audit(records[1].number, 10), SizeIs(1));
    EXPECT_THAT(accounts_->audit(0, 1), SizeIs(1));
    EXPECT_THAT(accounts_->audit(0, -5), SizeIs(1));
}

TEST_P(AccountsOn, LogInsAreNotedButNotWhatWasTypedInsteadOfAName) {
    accounts_->add_user("ann", password, Role::user);
    accounts_->log_in("ann", password, address);
    kind_of_login("ann", "wrong horse");
    kind_of_login("my secret", "wrong horse");
    const auto records = accounts_->audit(0, 10);
    ASSERT_THAT(records, SizeIs(3));
    EXPECT_EQ(records[2].action, "log in");
    EXPECT_EQ(records[2].user, "ann");
    EXPECT_EQ(records[1].action, "log in failed");
    EXPECT_EQ(records[1].object, "ann");
    EXPECT_EQ(records[0].object, "unknown name");
    EXPECT_EQ(records[0].address, address);
}

// Each of two servers takes the other admin's role away: one of them is too late.
TEST_P(AccountsOn, TwoAdminsCantRemoveEachOtherAtOnce) {
    const auto other = another();
    for (const char* name : {"ann", "bob"})
        accounts_->add_user(name, password, Role::admin);
    for (int round = 0; round < 20; ++round) {
        const auto degrade = [&](Accounts& accounts, const char* name) {
            try {
                accounts.grant(name, Role::user);
            } catch (const Error& error) {
                EXPECT_EQ(error.kind(), Error::Kind::conflict) << error.what();
            }
        };
        std::thread thread([&] { degrade(*other, "ann"); });
        degrade(*accounts_, "bob");
        thread.join();
        EXPECT_EQ(raw_->row<int>("SELECT count(*) FROM users WHERE role = $1", Role::admin), std::tuple(1));
        accounts_->grant("ann", Role::admin);
        accounts_->grant("bob", Role::admin);
    }
}

// Beside the farm's writer, and from many threads.
TEST_P(AccountsOn, ManyAtOnceGetAllThatTheyWant) {
    accounts_->add_user("ann", password, Role::user);
    const auto other = another();
    std::vector<std::thread> threads;
    constexpr int each = 25;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&, i] {
            Accounts& accounts = i % 2 == 0 ? *accounts_ : *other;
            for (int k = 0; k < each; ++k) {
                const NewToken token = accounts.create_token("ann", "t", Scope::user, {});
                EXPECT_TRUE(accounts.by_token(token.secret));
                accounts.note("ann", address, "token create", token.record.id);
            }
        });
    for (int k = 0; k < each; ++k) {
        db::Transaction transaction(*raw_);
        raw_->run("INSERT INTO asks (number, at, verb, body) VALUES ($1, 0, 'x', '{}')", k);
        transaction.commit();
    }
    for (std::thread& thread : threads)
        thread.join();
    EXPECT_THAT(accounts_->tokens("ann"), SizeIs(4 * each));
    EXPECT_THAT(accounts_->audit(0, 1000), SizeIs(4 * each));
}

const Database databases[] = {
    {"Sqlite", [](const std::filesystem::path& folder) { return (folder / "farm.db").string(); }},
    {"Postgres",
     [](const std::filesystem::path&) { return atelier::testing_support::PostgresServer::shared().fresh_url(); }},
};

INSTANTIATE_TEST_SUITE_P(All, AccountsOn, testing::ValuesIn(databases),
                         [](const auto& backend) { return std::string(backend.param.name); });

TEST(Names, OfRolesAndScopesAreRead) {
    EXPECT_EQ(role_named("admin"), Role::admin);
    EXPECT_EQ(scope_named("worker"), Scope::worker);
    EXPECT_EQ(name_of(Role::pending), "pending");
    EXPECT_EQ(name_of(Scope::read), "read");
    EXPECT_THAT(error_of([] { role_named("king"); }).hint(), HasSubstr("pending, user, admin"));
    EXPECT_EQ(error_of([] { scope_named(""); }).kind(), Error::Kind::invalid);
}

}  // namespace
}  // namespace atelier::accounts
