// Callers: who comes with a token or a cookie, and who is remembered for a moment.
#include "accounts/accounts.h"

#include <limits>

#include "accounts/doors.h"
#include "accounts/names.h"
#include "accounts/secrets.h"
#include "base/error.h"
#include "base/log.h"

namespace atelier::accounts {

namespace {

constexpr double remembered_seconds = 5;  // how long another server's change may take to be seen here
constexpr std::size_t most_remembered = 20'000;
constexpr Micros second = 1'000'000;
constexpr Micros touch_interval = 60 * second;  // the time of the last use is not written more often
constexpr Micros day = 24 * 3600 * second;
constexpr Micros login_idle_end = 14 * day;
constexpr Micros login_end = 90 * day;
constexpr Micros never = std::numeric_limits<Micros>::max();
constexpr std::size_t cookie_length = 64;
constexpr const char* local_token_id = "local";

// One sentence for a wrong name and a wrong password: nobody learns which names there are.
Error wrong_password() { return {Error::Kind::denied, "the name or the password is wrong"}; }

}  // namespace

Accounts::Accounts(std::unique_ptr<db::Connection> connection, const Clock& clock)
    : clock_(clock), connection_(std::move(connection)), doors_(std::make_unique<Doors>(clock)) {}

Accounts::~Accounts() = default;

void Accounts::trust(std::string_view local_secret) {
    const std::lock_guard lock(known_mutex_);
    local_hash_ = hash_of(local_secret);
}

bool Accounts::remembers(std::string_view secret) { return remembered(hash_of(secret)).has_value(); }

std::optional<Caller> Accounts::by_token(std::string_view secret) {
    if (!looks_like_token(secret)) return std::nullopt;
    const std::string hash = hash_of(secret);
    if (auto caller = remembered(hash)) return caller;
    const std::lock_guard lock(mutex_);
    if (auto caller = remembered(hash)) return caller;  // somebody else asked while we waited
    const auto row = connection_->row<std::string, std::string, Scope, std::optional<Micros>, std::optional<Micros>,
                                      std::optional<Role>, std::optional<bool>>(
        "SELECT tokens.id, tokens.owner, tokens.scope, tokens.expires_at, tokens.used_at, users.role, users.disabled "
        "FROM tokens LEFT JOIN users ON users.name = tokens.owner WHERE tokens.hash = $1",
        hash);
    if (!row) return std::nullopt;
    const auto& [id, owner, scope, expires_at, used_at, role, disabled] = *row;
    const bool local = owner == local_user;
    if ((!role && !local) || disabled.value_or(false)) return std::nullopt;
    const Micros now = clock_.wall();
    if (expires_at && *expires_at <= now) return std::nullopt;
    if (!used_at || now - *used_at >= touch_interval) touch("UPDATE tokens SET used_at = $2 WHERE id = $1", id);
    Caller caller;
    caller.user = owner;
    caller.role = local ? Role::admin : *role;
    caller.scope = scope;
    caller.token = id;
    return remember(hash, caller, expires_at.value_or(never));
}

std::optional<Caller> Accounts::by_cookie(std::string_view secret) {
    if (secret.size() != cookie_length) return std::nullopt;
    const std::string hash = hash_of(secret);
    if (auto caller = remembered(hash)) return caller;
    const std::lock_guard lock(mutex_);
    if (auto caller = remembered(hash)) return caller;
    const auto row = connection_->row<std::string, std::string, Micros, Micros, Role, bool>(
        "SELECT logins.owner, logins.guard, logins.created_at, logins.seen_at, users.role, users.disabled "
        "FROM logins JOIN users ON users.name = logins.owner WHERE logins.hash = $1",
        hash);
    if (!row) return std::nullopt;
    const auto& [owner, guard, created_at, seen_at, role, disabled] = *row;
    const Micros now = clock_.wall();
    if (disabled || now >= seen_at + login_idle_end || now >= created_at + login_end) return std::nullopt;
    if (now - seen_at >= touch_interval) touch("UPDATE logins SET seen_at = $2 WHERE hash = $1", hash);
    Caller caller;
    caller.user = owner;
    caller.role = role;
    caller.guard = guard;
    return remember(hash, caller, created_at + login_end);
}

std::optional<Caller> Accounts::remembered(const std::string& hash) {
    const std::lock_guard lock(known_mutex_);
    if (!local_hash_.empty() && hash == local_hash_) {
        Caller caller;
        caller.user = local_user;
        caller.role = Role::admin;
        caller.token = local_token_id;
        return caller;
    }
    const auto known = known_.find(hash);
    if (known == known_.end()) return std::nullopt;
    if (known->second.until > clock_.steady() && known->second.ends_at > clock_.wall()) return known->second.caller;
    known_.erase(known);
    return std::nullopt;
}

std::optional<Caller> Accounts::remember(const std::string& hash, const Caller& caller, Micros ends_at) {
    const std::lock_guard lock(known_mutex_);
    if (known_.size() >= most_remembered) known_.clear();
    known_[hash] = {caller, clock_.steady() + in_steady(remembered_seconds), ends_at};
    return caller;
}

void Accounts::forget_all() {
    const std::lock_guard lock(known_mutex_);
    known_.clear();
}

// When something was used last is worth knowing, and not worth turning its owner away for a full disk.
void Accounts::touch(const char* sql, const std::string& key) {
    try {
        db::Transaction transaction(*connection_, db::Durability::relaxed);
        connection_->run(sql, key, clock_.wall());
        transaction.commit();
    } catch (const Error& error) {
        log::warning(std::string("the time of a token's last use was not written: ") + error.what());
    }
}

Login Accounts::log_in(const std::string& name, std::string_view password, const std::string& address) {
    std::optional<std::tuple<std::string>> stored;
    {
        const std::lock_guard lock(mutex_);
        doors_->enter(shortened(name, longest_user_name), shortened(address, longest_address));
        if (is_user_name(name))
            stored = connection_->row<std::string>("SELECT password FROM users WHERE name = $1 AND disabled = 0", name);
    }
    bool right = false;
    if (stored)
        right = is_password(password, std::get<0>(*stored));
    else
        waste_the_work_of_a_password(password);
    const std::lock_guard lock(mutex_);
    if (!right) {
        // What was typed as a name may be a password, so only names that exist are noted.
        write_note("", address, "log in failed", stored ? name : "unknown name");
        throw wrong_password();
    }
    Login login;
    login.secret = random_secret();
    login.caller = open_login(name, std::get<0>(*stored), address, login.secret);
    doors_->was_right(shortened(name, longest_user_name), shortened(address, longest_address));
    write_note(name, address, "log in", "");
    return login;
}

// The account may have changed while the password was checked.
Caller Accounts::open_login(const std::string& name, const std::string& password_hash, const std::string& address,
                            const std::string& secret) {
    const Micros now = clock_.wall();
    db::Transaction transaction(*connection_);
    const auto row =
        connection_->row<std::string, Role, bool>("SELECT password, role, disabled FROM users WHERE name = $1", name);
    if (!row || std::get<0>(*row) != password_hash || std::get<2>(*row)) throw wrong_password();
    connection_->run("DELETE FROM logins WHERE seen_at <= $1 OR created_at <= $2", now - login_idle_end,
                     now - login_end);
    Caller caller;
    caller.user = name;
    caller.role = std::get<1>(*row);
    caller.guard = random_secret();
    connection_->run(
        "INSERT INTO logins (hash, owner, guard, address, created_at, seen_at) VALUES ($1, $2, $3, $4, $5, $5)",
        hash_of(secret), name, caller.guard, shortened(address, longest_address), now);
    transaction.commit();
    return caller;
}

void Accounts::log_out(std::string_view secret) {
    const std::lock_guard lock(mutex_);
    db::Transaction transaction(*connection_);
    connection_->run("DELETE FROM logins WHERE hash = $1", hash_of(secret));
    transaction.commit();
    forget_all();
}

}  // namespace atelier::accounts
