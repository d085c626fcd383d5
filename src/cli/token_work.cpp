// `atelier token ...`: the work behind the commands of token.cpp.
#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "api/accounts_answers.h"
#include "base/json_struct.h"
#include "cli/exit_status.h"
#include "cli/token.h"

namespace atelier::cli {

namespace {

constexpr Micros day = Micros{24} * 3600 * 1'000'000;

std::string time_or(const std::optional<Micros>& time, const char* otherwise) {
    return time ? format_utc(*time) : otherwise;
}

}  // namespace

// The secret stands alone on standard output, so that it can be sent into a file.
int create_token(AccountDesk& desk, const NewTokenRequest& request, Output& output) {
    std::optional<Micros> expires_at;
    if (request.days > 0) expires_at = system_clock().wall() + request.days * day;
    const accounts::NewToken token =
        desk.create_token(request.user, request.name, accounts::scope_named(request.scope), expires_at);
    output.err() << fmt::format("token {} of {}, scope {}, expires: {}; it is not shown again\n", token.record.id,
                                request.user, request.scope, time_or(expires_at, "never"));
    if (!output.wants_json) output.out() << token.secret << '\n';
    output.json(json::write(api::NewTokenView{api::view_of(token.record), token.secret}));
    return done;
}

int list_tokens(AccountDesk& desk, const std::string& user, Output& output) {
    json::Array list;
    std::vector<std::vector<std::string>> rows;
    for (const accounts::TokenRecord& token : desk.tokens(user.empty() ? std::nullopt : std::optional(user))) {
        list.push_back(json::write(api::view_of(token)));
        rows.push_back({token.id, token.user, std::string(name_of(token.scope)), time_or(token.expires_at, "never"),
                        time_or(token.used_at, "never"), token.name});
    }
    output.json(list);
    if (rows.empty())
        output.say("no tokens");
    else
        output.table({{"ID"}, {"USER"}, {"SCOPE"}, {"EXPIRES"}, {"USED"}, {"NAME"}}, rows);
    return done;
}

int revoke_token(AccountDesk& desk, const std::string& id, Output& output) {
    desk.revoke(id);
    output.say("token " + id + " lets nobody in any more");
    json::Object object;
    object["id"] = id;
    output.json(object);
    return done;
}

}  // namespace atelier::cli
