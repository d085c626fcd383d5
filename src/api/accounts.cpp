// Accounts: who is logged in, users, tokens, the audit log.
#include <fmt/format.h>

#include <cmath>

#include "api/accounts_answers.h"
#include "api/answers.h"
#include "api/door.h"
#include "api/groups.h"

namespace atelier::api {

namespace {

using accounts::Caller;
using accounts::Scope;
using http::Response;

constexpr double most_days = 3650;
constexpr double micros_per_day = 86400e6;

void note(Call& call, const std::string& action, const std::string& object) {
    call.context.accounts.note(call.caller.user, call.request.peer, action, object);
}

Me me_of(const Caller& caller) { return {caller.user, caller.role, caller.scope, caller.guard}; }

std::string cookie_of(const std::string& secret, bool is_secure) {
    return fmt::format("{}={}; Path=/; HttpOnly; SameSite=Strict{}{}", session_cookie, secret,
                       is_secure ? "; Secure" : "", secret.empty() ? "; Max-Age=0" : "");
}

Response log_in(Call& call) {
    const auto body = body_of<LoginBody>(call.request);
    try {
        const accounts::Login login = call.context.accounts.log_in(body.user, body.password, call.request.peer);
        return answer(me_of(login.caller)).with("Set-Cookie", cookie_of(login.secret, call.request.is_secure));
    } catch (const Error& error) {
        if (error.kind() == Error::Kind::denied) return Response::error(error, 401);
        if (error.kind() == Error::Kind::exhausted) return Response::error(error, 429);
        throw;
    }
}

Response log_out(Call& call) {
    if (const auto secret = call.request.cookie(session_cookie)) call.context.accounts.log_out(*secret);
    return Response::empty().with("Set-Cookie", cookie_of("", call.request.is_secure));
}

Response me(Call& call) { return answer(me_of(call.caller)); }

Response users(Call& call) {
    UserList list;
    for (const accounts::UserRecord& user : call.context.accounts.users())
        list.users.push_back(view_of(user));
    return answer(list);
}

Response add_user(Call& call) {
    const auto body = body_of<NewUserBody>(call.request);
    call.context.accounts.add_user(body.name, body.password, body.role);
    note(call, "user add", body.name);
    return answer(view_of(call.context.accounts.user(body.name)), 201);
}

void set_weight(Call& call, const std::string& name, double weight) {
    call.context.accounts.set_weight(name, weight);
    json::Object body;
    body["owner"] = name;
    body["weight"] = weight;
    call.context.farm.perform("weight", body);
}

Response change_user(Call& call) {
    const auto body = body_of<UserChange>(call.request);
    const std::string& name = call["user"];
    accounts::Accounts& accounts = call.context.accounts;
    // One by one, each with its note: what comes first stays when the next is refused.
    if (body.role) {
        accounts.grant(name, *body.role);
        note(call, fmt::format("user grant {}", accounts::name_of(*body.role)), name);
    }
    if (body.disabled) {
        accounts.disable(name, *body.disabled);
        note(call, *body.disabled ? "user disable" : "user enable", name);
    }
    if (body.weight) {
        set_weight(call, name, *body.weight);
        note(call, fmt::format("user weight {}", *body.weight), name);
    }
    if (body.password) {
        accounts.set_password(name, *body.password);
        note(call, "user passwd", name);
    }
    return answer(view_of(accounts.user(name)));
}

Response change_own_password(Call& call) {
    const auto body = body_of<OwnPasswordBody>(call.request);
    accounts::Accounts& accounts = call.context.accounts;
    if (call.caller.user == accounts::local_user)
        throw Error(Error::Kind::invalid, "the one who started the server has no password",
                    "`atelier user add` makes an account that has one");
    try {
        accounts.log_out(accounts.log_in(call.caller.user, body.current, call.request.peer).secret);
    } catch (const Error& error) {
        if (error.kind() == Error::Kind::denied)
            throw Error(Error::Kind::denied, "the present password is another one", {}, "current");
        if (error.kind() == Error::Kind::exhausted) return Response::error(error, 429);
        throw;
    }
    accounts.set_password(call.caller.user, body.password);
    note(call, "user passwd", call.caller.user);
    return Response::empty();
}

Response tokens(Call& call) {
    std::optional<std::string> of = call.caller.user;
    if (call.caller.is_admin() && call.request.asked("all") == "true") of.reset();
    TokenList list;
    for (const accounts::TokenRecord& token : call.context.accounts.tokens(of))
        list.tokens.push_back(view_of(token));
    return answer(list);
}

std::optional<Micros> end_of(const std::optional<double>& days) {
    if (!days) return std::nullopt;
    if (!(*days > 0 && *days <= most_days))
        throw Error(Error::Kind::invalid, "a token counts for more than 0 and at most 3650 days", {},
                    "expires_in_days");
    return system_clock().wall() + static_cast<Micros>(*days * micros_per_day);
}

Response create_token(Call& call) {
    const auto body = body_of<NewTokenBody>(call.request);
    if (!call.caller.is_admin() &&
        (body.scope == Scope::worker || (!body.user.empty() && body.user != call.caller.user)))
        throw Error(Error::Kind::denied, "only an admin makes tokens for workers and for others");
    const std::string user = body.user.empty() ? call.caller.user : body.user;
    const accounts::NewToken made =
        call.context.accounts.create_token(user, body.name, body.scope, end_of(body.expires_in_days));
    note(call, "token create", made.record.id);
    return answer(NewTokenView{view_of(made.record), made.secret}, 201);
}

// Those of others are answered as if they weren't there.
accounts::TokenRecord own_token(Call& call) {
    std::optional<accounts::TokenRecord> token;
    try {
        token = call.context.accounts.token(call["token"]);
    } catch (const Error& error) {
        if (error.kind() != Error::Kind::not_found) throw;
    }
    if (!token || !call.caller.may_touch(token->user))
        throw Error(Error::Kind::not_found, "there is no token " + call["token"], "`atelier token list` names them");
    return *token;
}

Response revoke_token(Call& call) {
    const accounts::TokenRecord token = own_token(call);
    call.context.accounts.revoke(token.id);
    note(call, "token revoke", token.id);
    return Response::empty();
}

Response audit(Call& call) {
    AuditList list;
    const auto before = call.request.asked_number("before").value_or(INT64_MAX);
    for (const accounts::AuditRecord& record : call.context.accounts.audit(before, call.limit(100, 1000)))
        list.entries.push_back(view_of(record));
    return answer(list);
}

}  // namespace

UserView view_of(const accounts::UserRecord& user) {
    return {user.name, user.role, user.disabled, user.weight, user.created_at};
}

TokenView view_of(const accounts::TokenRecord& token) {
    return {token.id, token.user, token.name, token.scope, token.created_at, token.expires_at, token.used_at};
}

AuditView view_of(const accounts::AuditRecord& record) {
    return {record.number, record.at, record.user, record.address, record.action, record.object};
}

void add_accounts(Routes& routes) {
    using http::Method;
    routes.add(Method::post, "/login", Access::open, "Log in with a password; the session is a cookie", log_in)
        .takes_json(schema<LoginBody>())
        .gives_json(schema<Me>());
    routes.add(Method::post, "/logout", Access::open, "End the session", log_out).gives_nothing();
    routes.get("/me", Access::known, "Who is asking", me).gives_json(schema<Me>());
    routes
        .add(Method::put, "/me/password", Access::change, "Change one's own password; the sessions of browsers end",
             change_own_password)
        .takes_json(schema<OwnPasswordBody>())
        .gives_nothing();
    routes.get("/users", Access::admin, "The users", users).gives_json(schema<UserList>());
    routes.add(Method::post, "/users", Access::admin, "Add a user", add_user)
        .takes_json(schema<NewUserBody>())
        .gives_json(schema<UserView>(), 201);
    routes.change(Method::patch, "/users/{user}", Access::admin, "Change a user; what isn't named stays", change_user)
        .takes_json(schema<UserChange>())
        .gives_json(schema<UserView>());
    routes.get("/tokens", Access::read, "The caller's tokens", tokens)
        .asks("all", "boolean", "those of everybody; for admins")
        .gives_json(schema<TokenList>());
    routes.add(Method::post, "/tokens", Access::change, "Make a token; its secret is shown this once", create_token)
        .takes_json(schema<NewTokenBody>())
        .gives_json(schema<NewTokenView>(), 201);
    routes.add(Method::remove, "/tokens/{token}", Access::change, "Revoke a token", revoke_token).gives_nothing();
    routes.get("/audit", Access::admin, "Who did what, the newest first", audit)
        .asks("before", "integer", "only those with a lower number")
        .asks("limit", "integer", "at most so many, up to 1000")
        .gives_json(schema<AuditList>());
}

}  // namespace atelier::api
