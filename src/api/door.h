// Who may come in: a request's token or cookie becomes a Caller, or it is refused. A browser's session must carry its
// guard with every change, so that a page of another site can't make the browser ask for one.
#pragma once

#include "accounts/accounts.h"
#include "api/routes.h"
#include "http/message.h"

namespace atelier::api {

constexpr const char* session_cookie = "atelier_session";
constexpr const char* guard_header = "x-atelier-guard";

// Thrown where nobody has come in: 401, not 403.
struct NotKnown : Error {
    using Error::Error;
};

accounts::Caller let_in(const http::Request& request, Access access, accounts::Accounts& accounts);

// Whether let_in() will answer without waiting for the disk.
bool is_known_already(const http::Request& request, accounts::Accounts& accounts);

// Those who may look at what belongs to this owner: who may touch it, and admins with a token that only reads.
bool may_look(const accounts::Caller& caller, const std::string& owner);

// Error::not_found, the same as for a job that isn't there, unless the caller may see it.
void require_job(Call& call, const std::string& job);

// For what is taken as it comes, and can't be handed on to the server that schedules: Error::unavailable that names it.
void require_schedule(Call& call);

}  // namespace atelier::api
