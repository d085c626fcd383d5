// Users: their passwords, roles and weights.
#include <cmath>

#include "accounts/accounts.h"
#include "accounts/names.h"
#include "accounts/secrets.h"
#include "base/error.h"

namespace atelier::accounts {

namespace {

constexpr double largest_weight = 1000;
constexpr double smallest_weight = 0.001;

constexpr const char* all_columns = "SELECT name, role, disabled, weight, created_at FROM users";

Error no_user(const std::string& name) {
    return {Error::Kind::not_found, "there is no user '" + shortened(name, longest_user_name) + "'",
            "`atelier user list` names them"};
}

int count_admins(db::Connection& connection) {
    return std::get<0>(
        *connection.row<int>("SELECT count(*) FROM users WHERE role = $1 AND disabled = 0", Role::admin));
}

// Runs a change that may cost the last admin, and refuses it then. Whoever changes who is an admin waits for the others
// who do, so that two can't remove each other at once.
template <class Change>
void change_keeping_an_admin(db::Connection& connection, const Change& change) {
    db::Transaction transaction(connection);
    connection.run("UPDATE users SET role = role WHERE role = $1", Role::admin);
    const bool had_one = count_admins(connection) > 0;
    change();
    if (had_one && count_admins(connection) == 0)
        throw Error(Error::Kind::conflict, "this is the last admin",
                    "make somebody else an admin first: `atelier user grant NAME admin`");
    transaction.commit();
}

}  // namespace

void Accounts::add_user(const std::string& name, std::string_view password, Role role) {
    check_user_name(name);
    check_password(password);
    const std::string hash = hash_password(password);
    const std::lock_guard lock(mutex_);
    db::Transaction transaction(*connection_);
    const auto added = connection_->run(
        "INSERT INTO users (name, password, role, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT (name) DO NOTHING",
        name, hash, role, clock_.wall());
    if (added == 0) throw Error(Error::Kind::conflict, "there is a user '" + name + "' already");
    transaction.commit();
    forget_all();
}

void Accounts::grant(const std::string& name, Role role) {
    if (!is_user_name(name)) throw no_user(name);
    const std::lock_guard lock(mutex_);
    change_keeping_an_admin(*connection_, [&] {
        if (connection_->run("UPDATE users SET role = $2 WHERE name = $1", name, role) == 0) throw no_user(name);
    });
    forget_all();
}

void Accounts::disable(const std::string& name, bool disabled) {
    if (!is_user_name(name)) throw no_user(name);
    const std::lock_guard lock(mutex_);
    change_keeping_an_admin(*connection_, [&] {
        if (connection_->run("UPDATE users SET disabled = $2 WHERE name = $1", name, disabled) == 0)
            throw no_user(name);
        if (disabled) connection_->run("DELETE FROM logins WHERE owner = $1", name);
    });
    forget_all();
}

void Accounts::set_password(const std::string& name, std::string_view password) {
    if (!is_user_name(name)) throw no_user(name);
    check_password(password);
    const std::string hash = hash_password(password);
    const std::lock_guard lock(mutex_);
    db::Transaction transaction(*connection_);
    if (connection_->run("UPDATE users SET password = $2 WHERE name = $1", name, hash) == 0) throw no_user(name);
    connection_->run("DELETE FROM logins WHERE owner = $1", name);
    transaction.commit();
    forget_all();
}

void Accounts::set_weight(const std::string& name, double weight) {
    if (!is_user_name(name)) throw no_user(name);
    if (!(weight >= smallest_weight && weight <= largest_weight))
        throw Error(Error::Kind::invalid, "a weight is a number from 0.001 to 1000");
    const std::lock_guard lock(mutex_);
    db::Transaction transaction(*connection_);
    if (connection_->run("UPDATE users SET weight = $2 WHERE name = $1", name, weight) == 0) throw no_user(name);
    transaction.commit();
}

std::vector<UserRecord> Accounts::users() {
    const std::lock_guard lock(mutex_);
    std::vector<UserRecord> users;
    connection_->each<std::string, Role, bool, double, Micros>(
        std::string(all_columns) + " ORDER BY name",
        [&](const std::string& name, Role role, bool disabled, double weight, Micros created_at) {
            users.push_back({name, role, disabled, weight, created_at});
        });
    return users;
}

UserRecord Accounts::user(const std::string& name) {
    if (!is_user_name(name)) throw no_user(name);
    const std::lock_guard lock(mutex_);
    const auto row =
        connection_->row<std::string, Role, bool, double, Micros>(std::string(all_columns) + " WHERE name = $1", name);
    if (!row) throw no_user(name);
    return std::make_from_tuple<UserRecord>(*row);
}

}  // namespace atelier::accounts
