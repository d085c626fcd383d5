// `atelier token ...`: what programs come in with, and workers of other machines.
#pragma once

#include <string>

#include "cli/account_desk.h"
#include "cli/output.h"

namespace atelier::cli {

struct NewTokenRequest {
    std::string name;
    std::string user = accounts::local_user;
    std::string scope = "user";
    int days = 0;  // until it expires; 0: never
};

int create_token(AccountDesk& desk, const NewTokenRequest& request, Output& output);
int list_tokens(AccountDesk& desk, const std::string& user, Output& output);  // empty: everybody's
int revoke_token(AccountDesk& desk, const std::string& id, Output& output);

}  // namespace atelier::cli
