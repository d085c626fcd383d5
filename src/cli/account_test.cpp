// `user`, `token` and `audit` on a data folder of their own.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <sstream>

#include "base/files.h"
#include "base/testing.h"
#include "cli/token.h"
#include "cli/user.h"

namespace atelier::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing_support::error_of;

class AccountCommands : public testing::Test {
protected:
    AccountCommands() {
        ::setenv("ATELIER_HOME", folder_.path().c_str(), 1);
        desk_ = open_account_desk();
    }
    ~AccountCommands() override { ::unsetenv("ATELIER_HOME"); }

    struct Said {
        std::string out, err;
    };

    // What a command says, with a line on its standard input.
    Said say(const std::function<int(Output&)>& command, bool json = false, const std::string& line = "") {
        write_file_durably(folder_.path() / "stdin", line);
        const Fd given = open_file(folder_.path() / "stdin", O_RDONLY);
        const Fd kept(::dup(STDIN_FILENO));
        ::dup2(given.get(), STDIN_FILENO);
        std::ostringstream out, err;
        Output output(out, err, {});
        output.wants_json = json;
        EXPECT_EQ(command(output), 0);
        ::dup2(kept.get(), STDIN_FILENO);
        return {out.str(), err.str()};
    }

    void add_ann() {
        say([&](Output& output) { return create_user(*desk_, {"ann", "admin"}, output); }, false, "correct horse\n");
    }

    TemporaryFolder folder_;
    std::unique_ptr<AccountDesk> desk_;
};

TEST_F(AccountCommands, UsersAreAddedAndListed) {
    EXPECT_THAT(say([&](Output& output) { return list_users(*desk_, output); }).out, HasSubstr("no users"));
    add_ann();
    EXPECT_THAT(say([&](Output& output) { return list_users(*desk_, output); }).out,
                AllOf(HasSubstr("ann"), HasSubstr("admin")));
    const auto list = json::parse(say([&](Output& output) { return list_users(*desk_, output); }, true).out);
    EXPECT_EQ(list.at(0).at("name"), "ann");
    EXPECT_EQ(error_of([&] {
                  say([&](Output& output) { return create_user(*desk_, {"bob", "king"}, output); });
              }).kind(),
              Error::Kind::invalid);
}

TEST_F(AccountCommands, ANewTokenStandsAloneOnStdout) {
    const Said said = say([&](Output& output) { return create_token(*desk_, {"mine"}, output); });
    EXPECT_THAT(said.out, testing::MatchesRegex("atl_[0-9a-f]+\n"));
    EXPECT_THAT(said.err, AllOf(HasSubstr("not shown again"), Not(HasSubstr("atl_"))));
    const Said listed = say([&](Output& output) { return list_tokens(*desk_, "", output); });
    EXPECT_THAT(listed.out, AllOf(HasSubstr("mine"), Not(HasSubstr("atl_"))));
    const auto token = json::parse(say([&](Output& output) { return create_token(*desk_, {"t"}, output); }, true).out);
    EXPECT_TRUE(token.at("secret").as_string().starts_with("atl_"));
    const std::string id(token.at("token").at("id").as_string());
    say([&](Output& output) { return revoke_token(*desk_, id, output); });
    EXPECT_EQ(desk_->tokens(std::nullopt).size(), 1u);
}

TEST_F(AccountCommands, WhatChangesSomethingIsNoted) {
    add_ann();
    say([&](Output& output) { return set_weight(*desk_, {"ann", 2}, output); });
    say([&](Output& output) { return change_password(*desk_, "ann", output); }, false, "another horse\n");
    const std::string audit = say([&](Output& output) { return list_audit(*desk_, 10, output); }).out;
    EXPECT_THAT(audit, AllOf(HasSubstr("user add"), HasSubstr("user weight"), HasSubstr("user passwd")));
    EXPECT_THAT(audit, Not(HasSubstr("horse")));
}

}  // namespace
}  // namespace atelier::cli
