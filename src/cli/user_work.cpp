// `atelier user ...` and `atelier audit`: the work behind the commands of user.cpp.
#include <fmt/format.h>
#include <unistd.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "api/accounts_answers.h"
#include "base/json_struct.h"
#include "cli/exit_status.h"
#include "cli/password.h"
#include "cli/user.h"

namespace atelier::cli {

namespace {

int tell(const std::string& name, const std::string& what, Output& output) {
    output.say(what);
    json::Object object;
    object["name"] = name;
    output.json(object);
    return done;
}

std::string ask_for_password(const std::string& name, Output& output) {
    return read_password(STDIN_FILENO, "password of " + name, Ask::twice, output.err());
}

}  // namespace

int create_user(AccountDesk& desk, const NewUserRequest& request, Output& output) {
    const accounts::Role role = accounts::role_named(request.role);
    desk.add_user(request.name, ask_for_password(request.name, output), role);
    return tell(request.name, fmt::format("{} may come in now, as {}", request.name, request.role), output);
}

int list_users(AccountDesk& desk, Output& output) {
    json::Array list;
    std::vector<std::vector<std::string>> rows;
    for (const accounts::UserRecord& user : desk.users()) {
        list.push_back(json::write(api::view_of(user)));
        rows.push_back({user.name, std::string(name_of(user.role)) + (user.disabled ? ", disabled" : ""),
                        fmt::format("{:g}", user.weight), format_utc(user.created_at)});
    }
    output.json(list);
    if (rows.empty())
        output.say("no users: only whoever starts the server on this machine is in");
    else
        output.table({{"NAME"}, {"ROLE"}, {"WEIGHT", Column::Align::right}, {"SINCE"}}, rows);
    return done;
}

int grant_role(AccountDesk& desk, const GrantRequest& request, Output& output) {
    desk.grant(request.name, accounts::role_named(request.role));
    return tell(request.name, fmt::format("{} is {} now", request.name, request.role), output);
}

int disable_user(AccountDesk& desk, const std::string& name, bool disabled, Output& output) {
    desk.disable(name, disabled);
    return tell(name, name + (disabled ? " is out: sessions are ended, tokens don't count" : " may come in again"),
                output);
}

int change_password(AccountDesk& desk, const std::string& name, Output& output) {
    desk.set_password(name, ask_for_password(name, output));
    return tell(name, name + " has a new password; their sessions are ended", output);
}

int set_weight(AccountDesk& desk, const WeightRequest& request, Output& output) {
    desk.set_weight(request.name, request.weight);
    return tell(request.name, fmt::format("{} has the weight {:g}", request.name, request.weight), output);
}

int list_audit(AccountDesk& desk, int limit, Output& output) {
    json::Array list;
    std::vector<std::vector<std::string>> rows;
    for (const accounts::AuditRecord& record : desk.audit(limit)) {
        list.push_back(json::write(api::view_of(record)));
        rows.push_back({format_utc(record.at), record.user, record.address, record.action, record.object});
    }
    output.json(list);
    if (rows.empty())
        output.say("nothing was done yet");
    else
        output.table({{"WHEN"}, {"WHO"}, {"FROM"}, {"WHAT"}, {"TO"}}, rows);
    return done;
}

}  // namespace atelier::cli
