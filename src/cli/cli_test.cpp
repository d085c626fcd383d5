#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <sstream>

#include "api/routes.h"
#include "base/error.h"
#include "cli/completion.h"
#include "cli/exit_status.h"
#include "cli/home.h"
#include "cli/output.h"
#include "cli/program.h"
#include "cli/served.h"

namespace atelier::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string painted;  // what the commands below did

void add_paint(CLI::App& command, Context& context) {
    const auto colour = std::make_shared<std::string>();
    command.add_option("WALL", *colour)->required();
    command.add_option("--coats", "How often")->check(CLI::Range(1, 9));
    when_chosen(command, context, [colour, &context] {
        painted = *colour;
        context.output.say("painted " + *colour);
        context.output.json(json::Object{{"painted", *colour}});
        return *colour == "hopeless" ? failed : done;
    });
}

void add_brush(CLI::App& command, Context& context) {
    when_chosen(command, context, [] {
        painted = "all brushes";
        return done;
    });
    CLI::App& clean = add_verb(command, "clean", "wash it", "workshop brush clean");
    when_chosen(clean, context, []() -> int {
        throw Error(Error::Kind::unavailable, "the water is off", "ask the landlord", "the cellar");
    });
    CLI::App& lose = add_verb(command, "lose", "drop it", "workshop brush lose");
    when_chosen(lose, context, []() -> int { throw std::runtime_error("gone"); });
}

struct Said {
    int status = 0;
    std::string out;
    std::string err;
};

Said say(std::vector<std::string> arguments) {
    static const std::vector<Command> commands = {
        {"paint", "Walls", "paint a wall", "workshop paint blue", add_paint},
        {"brush", "Tools", "list the brushes", "workshop brush", add_brush},
    };
    painted.clear();
    std::ostringstream out, err;
    Output output(out, err, {});
    const int status = run_program(commands, {}, std::move(arguments), output);
    return {status, out.str(), err.str()};
}

TEST(Program, RunsWhatWasChosen) {
    EXPECT_EQ(say({"paint", "blue"}).status, done);
    EXPECT_EQ(painted, "blue");
    EXPECT_EQ(say({"paint", "hopeless"}).status, failed);
    EXPECT_EQ(say({"brush"}).status, done);
    EXPECT_EQ(painted, "all brushes");
}

TEST(Program, AVerbIsRunInsteadOfItsCommand) {
    const Said said = say({"brush", "clean"});
    EXPECT_EQ(said.status, unreachable);
    EXPECT_EQ(painted, "");
    EXPECT_EQ(said.err, "atelier: the water is off\n  at: the cellar\n  hint: ask the landlord\n");
}

TEST(Program, HelpIsGroupedAndHasExamples) {
    const Said front = say({"--help"});
    EXPECT_EQ(front.status, done);
    EXPECT_THAT(front.out, HasSubstr("\nWalls\n  paint  paint a wall\n\nTools\n  brush  list the brushes\n"));
    EXPECT_THAT(say({"paint", "--help"}).out, HasSubstr("Example:\n  workshop paint blue"));
    EXPECT_THAT(say({"brush", "clean", "--help"}).out, HasSubstr("Example:\n  workshop brush clean"));
}

TEST(Program, NothingAskedIsWrongUseAndShowsHelp) {
    const Said said = say({});
    EXPECT_EQ(said.status, wrong_use);
    EXPECT_EQ(said.out, say({"--help"}).out);
}

TEST(Program, WrongUseIsToldWithWhatWasMeant) {
    const auto complaint = [](std::vector<std::string> arguments) {
        const Said said = say(std::move(arguments));
        EXPECT_EQ(said.status, wrong_use) << said.err;
        EXPECT_EQ(said.out, "");
        EXPECT_EQ(painted, "");
        return said.err;
    };
    EXPECT_THAT(complaint({"pain"}), HasSubstr("did you mean 'paint'?"));
    EXPECT_THAT(complaint({"zzzzzz"}), HasSubstr("`atelier --help`"));
    EXPECT_THAT(complaint({"brush", "clen"}), HasSubstr("did you mean 'clean'?"));
    EXPECT_THAT(complaint({"paint", "blue", "--coat", "2"}), HasSubstr("did you mean '--coats'?"));
    EXPECT_THAT(complaint({"paint", "blue", "red"}), HasSubstr("'red' is one argument too many"));
    EXPECT_THAT(complaint({"paint", "blue", "--coats", "10"}), HasSubstr("10"));
    EXPECT_THAT(complaint({"paint"}), HasSubstr("WALL is required"));
    EXPECT_THAT(complaint({"pa\xff"}), HasSubstr("\\xff"));
    EXPECT_THAT(complaint({""}), HasSubstr("atelier: "));
}

TEST(Program, JsonHoldsOneDocumentAlsoForErrors) {
    EXPECT_EQ(say({"paint", "blue", "--json"}).out, "{\"painted\":\"blue\"}\n");
    EXPECT_EQ(say({"paint", "blue"}).out, "painted blue\n");
    const json::Value error = json::parse(say({"brush", "clean", "--json"}).out);
    EXPECT_EQ(error.at("error").at("kind"), "unavailable");
    EXPECT_EQ(error.at("error").at("hint"), "ask the landlord");
    EXPECT_EQ(json::parse(say({"paint", "--json"}).out).at("error").at("kind"), "invalid");
}

TEST(Program, WhatNobodyExpectedIsADefectAndIsToldSo) {
    const Said said = say({"brush", "lose"});
    EXPECT_EQ(said.status, failed);
    EXPECT_THAT(said.err, HasSubstr("gone"));
    EXPECT_THAT(said.err, HasSubstr("defect"));
}

TEST(ExitStatus, FollowsTheKind) {
    EXPECT_EQ(exit_status_of(Error::Kind::invalid), 2);
    EXPECT_EQ(exit_status_of(Error::Kind::unavailable), 3);
    for (const auto kind : {Error::Kind::not_found, Error::Kind::conflict, Error::Kind::denied, Error::Kind::exhausted,
                            Error::Kind::internal})
        EXPECT_EQ(exit_status_of(kind), 1);
}

Environment variables(const std::map<std::string, std::string>& values) {
    return [values](const char* name) { return values.count(name) ? values.at(name) : std::string(); };
}

TEST(Home, IsFoundInOrder) {
    EXPECT_EQ(home_folder(variables({{"ATELIER_HOME", "/a/./b"}, {"XDG_DATA_HOME", "/x"}, {"HOME", "/h"}})), "/a/b");
    EXPECT_TRUE(home_folder(variables({{"ATELIER_HOME", "here"}})).is_absolute());
    EXPECT_EQ(home_folder(variables({{"XDG_DATA_HOME", "/x"}, {"HOME", "/h"}})), "/x/atelier");
    EXPECT_EQ(home_folder(variables({{"XDG_DATA_HOME", "x"}, {"HOME", "/h"}})), "/h/.local/share/atelier");
    EXPECT_THROW(home_folder(variables({})), Error);
    EXPECT_THROW(home_folder(variables({{"HOME", "h"}})), Error);
}

TEST(Database, ANameMayCarryNoPassword) {
    for (const char* good : {"farm.db", "/data/a:b@c", "postgresql://host/farm", "postgresql://me@host:5432/farm"})
        EXPECT_EQ(database_argument(good), good);
    for (const char* bad : {"postgresql://me:secret@host/farm", "postgresql://host/farm?user=me&password=secret"}) {
        try {
            database_argument(bad);
            ADD_FAILURE() << bad;
        } catch (const Error& error) {
            EXPECT_EQ(std::string(error.what()).find("secret"), std::string::npos) << error.what();
        }
    }
}

TEST(Home, NamesALoopbackAddress) {
    for (const char* near : {"127.0.0.1", "127.1.2.3", "::1", "localhost"})
        EXPECT_TRUE(is_loopback(near)) << near;
    for (const char* far : {"0.0.0.0", "::", "192.168.1.2", "127.example.org", "localhost.example.org"})
        EXPECT_FALSE(is_loopback(far)) << far;
}

std::string table(Output::Options options, const std::vector<std::vector<std::string>>& rows) {
    std::ostringstream out, err;
    Output(out, err, options).table({{"id"}, {"size", Column::Align::right}, {"name"}}, rows);
    return out.str();
}

TEST(Output, TablesAreAlignedAndEndWithoutBlanks) {
    EXPECT_EQ(table({}, {{"a", "1", "Glas"}, {"bcd", "100", ""}, {"é", "20", "zwölf"}}),
              "id   size  name\n"
              "a       1  Glas\n"
              "bcd   100\n"
              "é      20  zwölf\n");
    EXPECT_EQ(table({}, {}), "id  size  name\n");
}

TEST(Output, TheLastColumnIsCutOnATerminalAlone) {
    const std::vector<std::vector<std::string>> rows = {{"a", "1", std::string(100, 'x')}};
    EXPECT_THAT(table({.terminal = true, .width = 30}, rows), HasSubstr("a      1  " + std::string(19, 'x') + "…\n"));
    EXPECT_THAT(table({.terminal = false, .width = 30}, rows), HasSubstr(std::string(100, 'x') + "\n"));
    EXPECT_THAT(table({.terminal = true, .width = 1}, rows), HasSubstr(std::string(9, 'x') + "…\n"));
}

TEST(Output, ColoursOnlyWhereTheyAreWanted) {
    std::ostringstream out, err;
    EXPECT_EQ(Output(out, err, {}).paint(Colour::red, "no"), "no");
    EXPECT_EQ(Output(out, err, {.terminal = true, .colours = true}).paint(Colour::red, "no"), "\x1b[31mno\x1b[0m");
    EXPECT_EQ(shown_width("\x1b[31mné\x1b[0m"), 2u);
    EXPECT_EQ(shown_width("\x1b[31"), 0u);
    EXPECT_THAT(table({}, {{"a", "1", "b"}}), Not(HasSubstr("\x1b")));
}

TEST(Output, WithJsonTextIsSilent) {
    std::ostringstream out, err;
    Output output(out, err, {});
    output.wants_json = true;
    output.say("hello");
    output.table({{"id"}}, {{"1"}});
    EXPECT_EQ(out.str(), "");
    output.warn("careful");
    EXPECT_EQ(err.str(), "atelier: careful\n");
}

}  // namespace
}  // namespace atelier::cli
