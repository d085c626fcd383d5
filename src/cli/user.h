// `atelier user ...` and `atelier audit`: who may use the farm, and who did what.
#pragma once

#include <string>

#include "cli/account_desk.h"
#include "cli/output.h"

namespace atelier::cli {

struct NewUserRequest {
    std::string name;
    std::string role = "user";
};

struct GrantRequest {
    std::string name;
    std::string role;
};

struct WeightRequest {
    std::string name;
    double weight = 1;
};

int create_user(AccountDesk& desk, const NewUserRequest& request, Output& output);
int list_users(AccountDesk& desk, Output& output);
int grant_role(AccountDesk& desk, const GrantRequest& request, Output& output);
int disable_user(AccountDesk& desk, const std::string& name, bool disabled, Output& output);
int change_password(AccountDesk& desk, const std::string& name, Output& output);
int set_weight(AccountDesk& desk, const WeightRequest& request, Output& output);
int list_audit(AccountDesk& desk, int limit, Output& output);

}  // namespace atelier::cli
