// Where the commands of accounts meet the accounts: those of the data folder's database, or others behind the same
// face. What changes something is noted in the audit log.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "accounts/accounts.h"

namespace atelier::cli {

class AccountDesk {
public:
    virtual ~AccountDesk() = default;

    virtual std::vector<accounts::UserRecord> users() = 0;
    virtual void add_user(const std::string& name, std::string_view password, accounts::Role role) = 0;
    virtual void grant(const std::string& name, accounts::Role role) = 0;
    virtual void disable(const std::string& name, bool disabled) = 0;
    virtual void set_password(const std::string& name, std::string_view password) = 0;
    virtual void set_weight(const std::string& name, double weight) = 0;

    virtual accounts::NewToken create_token(const std::string& user, const std::string& name, accounts::Scope scope,
                                            std::optional<Micros> expires_at) = 0;
    virtual std::vector<accounts::TokenRecord> tokens(const std::optional<std::string>& user) = 0;
    virtual void revoke(const std::string& id) = 0;

    virtual std::vector<accounts::AuditRecord> audit(int limit) = 0;  // the newest first
};

// Of the server that commands speak to; where there is none, of home_folder(): its database is made when it isn't there
// yet.
std::unique_ptr<AccountDesk> open_account_desk();

}  // namespace atelier::cli
