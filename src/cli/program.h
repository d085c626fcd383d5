// The frame of the command line: a table of commands becomes a parser, the chosen command is run, and whatever goes
// wrong becomes a message and an exit status, here and nowhere else. The command files (run.cpp, jobs.cpp, ...) hold
// one group each.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/routes.h"
#include "cli/output.h"
#include "cli/proof.h"

namespace CLI {
class App;
}

namespace atelier::cli {

struct Context;

// A line of the table. `add` describes the options to the parser and says what is to be done when the command is
// chosen.
struct Command {
    std::string name;
    std::string group;    // its heading in `atelier --help`
    std::string summary;  // one line
    std::string example;
    void (*add)(CLI::App& command, Context& context);
};

// What the crafts bring beside their commands.
struct Crafts {
    std::vector<api::Craft> routes;  // to the server
    std::vector<Proof> proofs;       // to the doctor
};

// What the command files are given. It lives as long as the program.
struct Context {
    Output& output;
    const Crafts& crafts;
    const CLI::App* root = nullptr;  // the whole parser, for the completion
    std::function<int()> chosen;     // what to do, once the command line was read
};

// For the command files: what is done when `command` was asked for; returns the exit status. Adds --json.
void when_chosen(CLI::App& command, Context& context, std::function<int()> act);

// A command below a command: `job show`.
CLI::App& add_verb(CLI::App& command, const std::string& name, const std::string& summary, const std::string& example);

// The whole program but for its name: reads the arguments, runs the command, returns the exit status.
int run_program(const std::vector<Command>& commands, const Crafts& crafts, std::vector<std::string> arguments,
                Output& output);

}  // namespace atelier::cli
