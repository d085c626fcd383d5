// The command group `token`.
#include "cli/token.h"

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "cli/commands.h"

namespace atelier::cli {

namespace {

constexpr int longest_life = 36'500;  // days

void add_create(CLI::App& command, Context& context) {
    CLI::App& verb = add_verb(command, "create", "make a token and print it, this once",
                              "atelier token create render-2 --scope worker > worker.token");
    const auto request = std::make_shared<NewTokenRequest>();
    verb.add_option("NAME", request->name, "What it is for")->required();
    verb.add_option("--user", request->user, "Whose it is")->capture_default_str();
    verb.add_option("--scope", request->scope, "user: all that its user may; worker; read")->capture_default_str();
    verb.add_option("--days", request->days, "Days until it expires; else never")->check(CLI::Range(1, longest_life));
    when_chosen(verb, context,
                [request, &context] { return create_token(*open_account_desk(), *request, context.output); });
}

void add_list(CLI::App& command, Context& context) {
    CLI::App& verb = add_verb(command, "list", "list the tokens", "atelier token list");
    const auto user = std::make_shared<std::string>();
    verb.add_option("--user", *user, "Only this user's");
    when_chosen(verb, context, [user, &context] { return list_tokens(*open_account_desk(), *user, context.output); });
}

void add_revoke(CLI::App& command, Context& context) {
    CLI::App& verb = add_verb(command, "revoke", "let a token in no more", "atelier token revoke 7k2mq0x4ab");
    const auto id = std::make_shared<std::string>();
    verb.add_option("ID", *id, "Its id, as `atelier token list` shows it")->required();
    when_chosen(verb, context, [id, &context] { return revoke_token(*open_account_desk(), *id, context.output); });
}

}  // namespace

void add_token(CLI::App& command, Context& context) {
    add_create(command, context);
    add_list(command, context);
    add_revoke(command, context);
}

}  // namespace atelier::cli
