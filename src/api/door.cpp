#include "api/door.h"

#include "farm/queries.h"

namespace atelier::api {

namespace {

using accounts::Caller;
using accounts::Role;
using accounts::Scope;

bool changes(http::Method method) { return method != http::Method::get && method != http::Method::head; }

constexpr std::string_view scheme = "Bearer ";

std::optional<Caller> by_token(const http::Request& request, accounts::Accounts& accounts) {
    const auto header = request.header("authorization");
    if (!header) return std::nullopt;
    auto caller =
        header->starts_with(scheme) ? accounts.by_token(header->substr(scheme.size())) : std::optional<Caller>();
    if (!caller)
        throw NotKnown(Error::Kind::denied, "the token is not known, or no longer counts",
                       "`atelier token create` on the server makes a new one");
    return caller;
}

std::optional<Caller> by_cookie(const http::Request& request, accounts::Accounts& accounts) {
    const auto secret = request.cookie(session_cookie);
    if (!secret) return std::nullopt;
    auto caller = accounts.by_cookie(*secret);
    if (!caller) return std::nullopt;
    if (changes(request.method) && request.header(guard_header).value_or("") != caller->guard)
        throw Error(Error::Kind::denied, "the request doesn't carry the guard of its session",
                    std::string("send the header ") + guard_header + " with what /api/v1/me tells");
    return caller;
}

bool may(const Caller& caller, Access access) {
    const bool is_user = caller.role != Role::pending && caller.scope != Scope::worker;
    switch (access) {
        case Access::open:
        case Access::known: return true;
        case Access::read: return is_user;
        case Access::change: return is_user && caller.scope == Scope::user;
        case Access::watch: return is_user && caller.role == Role::admin;
        case Access::admin: return caller.is_admin();
        case Access::worker:
            return caller.is_admin() || (caller.scope == Scope::worker && caller.role != Role::pending);
        case Access::blobs: return caller.role != Role::pending && caller.scope != Scope::read;
    }
    return false;
}

std::string why_not(const Caller& caller, Access access) {
    if (caller.role == Role::pending) return "the account " + caller.user + " waits for an admin to grant it a role";
    if (access == Access::admin || access == Access::watch) return "only an admin may do this";
    if (access == Access::worker) return "only a worker's token may do this";
    if (caller.scope == Scope::worker) return "a worker's token may do only what a worker must";
    return "this token may only look";
}

}  // namespace

bool is_known_already(const http::Request& request, accounts::Accounts& accounts) {
    if (const auto header = request.header("authorization"))
        return !header->starts_with(scheme) || accounts.remembers(header->substr(scheme.size()));
    const auto secret = request.cookie(session_cookie);
    return !secret || accounts.remembers(*secret);
}

Caller let_in(const http::Request& request, Access access, accounts::Accounts& accounts) {
    // Browsers tell where a request was made; logging in and out need no guard, and are refused to other sites by this.
    if (changes(request.method) && request.header("sec-fetch-site") == "cross-site")
        throw Error(Error::Kind::denied, "the request was made by a page of another site");
    if (access == Access::open) return {};
    auto caller = by_token(request, accounts);
    if (!caller) caller = by_cookie(request, accounts);
    if (!caller)
        throw NotKnown(Error::Kind::denied, "nobody is logged in",
                       "send a token (Authorization: Bearer …), or log in at /api/v1/login");
    if (!may(*caller, access)) throw Error(Error::Kind::denied, why_not(*caller, access));
    return *caller;
}

bool may_look(const Caller& caller, const std::string& owner) {
    return caller.may_touch(owner) || (caller.role == Role::admin && caller.scope == Scope::read);
}

void require_job(Call& call, const std::string& job) {
    std::string owner;
    call.context.farm.read([&](db::Connection& connection) { owner = farm::job_by_id(connection, job).owner; });
    if (!may_look(call.caller, owner))
        throw Error(Error::Kind::not_found, "there is no job " + job, "`atelier jobs` lists them");
}

void require_schedule(Call& call) {
    if (call.context.farm.schedules()) return;
    const std::string url = call.context.farm.scheduler_url();
    throw Error(Error::Kind::unavailable, "this server doesn't schedule just now",
                url.empty() ? "try again in a few seconds" : "send it to " + url);
}

}  // namespace atelier::api
