// The bodies of requests and answers about accounts. Only the sources of routes and of the command line include it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "accounts/accounts.h"
#include "base/json_struct.h"

namespace atelier::accounts {

BOOST_DESCRIBE_ENUM(Role, pending, user, admin)
BOOST_DESCRIBE_ENUM(Scope, read, user, worker)

}  // namespace atelier::accounts

namespace atelier::api {

struct LoginBody {
    std::string user;
    std::string password;
};
BOOST_DESCRIBE_STRUCT(LoginBody, (), (user, password))

struct OwnPasswordBody {
    std::string current;
    std::string password;
};
BOOST_DESCRIBE_STRUCT(OwnPasswordBody, (), (current, password))

struct Me {
    std::string user;
    accounts::Role role = accounts::Role::pending;
    accounts::Scope scope = accounts::Scope::user;
    std::string guard;  // of a browser's session: to be sent with every change
};
BOOST_DESCRIBE_STRUCT(Me, (), (user, role, scope, guard))

struct UserView {
    std::string name;
    accounts::Role role = accounts::Role::pending;
    bool disabled = false;
    double weight = 1;
    Instant created_at;
};
BOOST_DESCRIBE_STRUCT(UserView, (), (name, role, disabled, weight, created_at))

struct UserList {
    std::vector<UserView> users;
};
BOOST_DESCRIBE_STRUCT(UserList, (), (users))

struct NewUserBody {
    std::string name;
    std::string password;
    accounts::Role role = accounts::Role::pending;
};
BOOST_DESCRIBE_STRUCT(NewUserBody, (), (name, password, role))

struct UserChange {
    std::optional<accounts::Role> role;
    std::optional<bool> disabled;
    std::optional<double> weight;
    std::optional<std::string> password;
};
BOOST_DESCRIBE_STRUCT(UserChange, (), (role, disabled, weight, password))

struct TokenView {
    std::string id;
    std::string user;
    std::string name;
    accounts::Scope scope = accounts::Scope::user;
    Instant created_at;
    std::optional<Instant> expires_at;
    std::optional<Instant> used_at;
};
BOOST_DESCRIBE_STRUCT(TokenView, (), (id, user, name, scope, created_at, expires_at, used_at))

struct TokenList {
    std::vector<TokenView> tokens;
};
BOOST_DESCRIBE_STRUCT(TokenList, (), (tokens))

struct NewTokenBody {
    std::string name;
    accounts::Scope scope = accounts::Scope::user;
    std::string user;  // for an admin: whose it is; else the caller's
    std::optional<double> expires_in_days;
};
BOOST_DESCRIBE_STRUCT(NewTokenBody, (), (name, scope, user, expires_in_days))

struct NewTokenView {
    TokenView token;
    std::string secret;  // shown this once
};
BOOST_DESCRIBE_STRUCT(NewTokenView, (), (token, secret))

struct AuditView {
    std::int64_t number = 0;
    Instant at;
    std::string user;
    std::string address;
    std::string action;
    std::string object;
};
BOOST_DESCRIBE_STRUCT(AuditView, (), (number, at, user, address, action, object))

struct AuditList {
    std::vector<AuditView> entries;
};
BOOST_DESCRIBE_STRUCT(AuditList, (), (entries))

UserView view_of(const accounts::UserRecord& user);
TokenView view_of(const accounts::TokenRecord& token);
AuditView view_of(const accounts::AuditRecord& record);

}  // namespace atelier::api
