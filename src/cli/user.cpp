// The command groups `user` and `audit`.
#include "cli/user.h"

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "cli/commands.h"

namespace atelier::cli {

namespace {

constexpr const char* name_help = "The user's name";
constexpr const char* role_help = "pending, user or admin";

void add_new(CLI::App& command, Context& context) {
    CLI::App& verb = add_verb(command, "add", "add a user; the password is asked for, or read from standard input",
                              "atelier user add ann --role admin");
    const auto request = std::make_shared<NewUserRequest>();
    verb.add_option("NAME", request->name, name_help)->required();
    verb.add_option("--role", request->role, role_help)->capture_default_str();
    when_chosen(verb, context,
                [request, &context] { return create_user(*open_account_desk(), *request, context.output); });
}

void add_grant(CLI::App& command, Context& context) {
    CLI::App& verb = add_verb(command, "grant", "give a user another role", "atelier user grant ann user");
    const auto request = std::make_shared<GrantRequest>();
    verb.add_option("NAME", request->name, name_help)->required();
    verb.add_option("ROLE", request->role, role_help)->required();
    when_chosen(verb, context,
                [request, &context] { return grant_role(*open_account_desk(), *request, context.output); });
}

void add_weight(CLI::App& command, Context& context) {
    CLI::App& verb = add_verb(command, "weight", "change a user's share of a busy farm", "atelier user weight ann 2");
    const auto request = std::make_shared<WeightRequest>();
    verb.add_option("NAME", request->name, name_help)->required();
    verb.add_option("WEIGHT", request->weight, "1 is what everybody begins with")->required();
    when_chosen(verb, context,
                [request, &context] { return set_weight(*open_account_desk(), *request, context.output); });
}

// A verb whose only argument is the user's name.
template <class Act>
void add_simple_verb(CLI::App& command, Context& context, const char* verb_name, const char* summary, Act act) {
    CLI::App& verb = add_verb(command, verb_name, summary, std::string("atelier user ") + verb_name + " ann");
    const auto name = std::make_shared<std::string>();
    verb.add_option("NAME", *name, name_help)->required();
    when_chosen(verb, context, [name, act, &context] { return act(*open_account_desk(), *name, context.output); });
}

}  // namespace

void add_user(CLI::App& command, Context& context) {
    add_new(command, context);
    CLI::App& list = add_verb(command, "list", "list the users", "atelier user list");
    when_chosen(list, context, [&context] { return list_users(*open_account_desk(), context.output); });
    add_grant(command, context);
    add_simple_verb(command, context, "disable", "let a user in no more, for now",
                    [](AccountDesk& desk, const std::string& name, Output& output) {
                        return disable_user(desk, name, true, output);
                    });
    add_simple_verb(command, context, "enable", "let a user in again",
                    [](AccountDesk& desk, const std::string& name, Output& output) {
                        return disable_user(desk, name, false, output);
                    });
    add_simple_verb(command, context, "passwd", "give a user a new password, and end their sessions", change_password);
    add_weight(command, context);
}

void add_audit(CLI::App& command, Context& context) {
    const auto limit = std::make_shared<int>(100);
    command.add_option("--limit", *limit, "At most so many, the newest first")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    when_chosen(command, context,
                [limit, &context] { return list_audit(*open_account_desk(), *limit, context.output); });
}

}  // namespace atelier::cli
