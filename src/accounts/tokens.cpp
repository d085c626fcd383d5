// Tokens, and the audit log.
#include <algorithm>
#include <limits>

#include "accounts/accounts.h"
#include "accounts/names.h"
#include "accounts/secrets.h"
#include "base/error.h"
#include "base/id.h"

namespace atelier::accounts {

namespace {

constexpr int token_id_length = 10;
constexpr std::size_t longest_action = 64;
constexpr std::size_t longest_object = 256;
constexpr int longest_page = 1000;
constexpr int tries_for_a_number = 20;
constexpr std::int64_t notes_kept = 1'000'000;
constexpr std::int64_t notes_between_sweeps = 1'000;

constexpr const char* all_columns = "SELECT id, owner, name, scope, created_at, expires_at, used_at FROM tokens";

Error no_token(const std::string& id) {
    return {Error::Kind::not_found, "there is no token '" + shortened(id, 64) + "'", "`atelier token list` names them"};
}

}  // namespace

NewToken Accounts::create_token(const std::string& user, const std::string& name, Scope scope,
                                std::optional<Micros> expires_at) {
    check_token_name(name);
    if (user != local_user) this->user(user);
    NewToken token;
    TokenRecord& record = token.record;
    record = {random_id(token_id_length), user, name, scope, clock_.wall(), expires_at, std::nullopt};
    if (expires_at && *expires_at <= record.created_at)
        throw Error(Error::Kind::invalid, "the token would have expired already");
    token.secret = new_token_secret();
    const std::lock_guard lock(mutex_);
    db::Transaction transaction(*connection_);
    connection_->run(
        "INSERT INTO tokens (id, hash, owner, name, scope, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        record.id, hash_of(token.secret), user, name, scope, record.created_at, expires_at);
    transaction.commit();
    return token;
}

std::vector<TokenRecord> Accounts::tokens(const std::optional<std::string>& user) {
    std::vector<TokenRecord> tokens;
    if (user && !is_user_name(*user)) return tokens;
    const auto take = [&](const std::string& id, const std::string& owner, const std::string& name, Scope scope,
                          Micros created_at, std::optional<Micros> expires_at, std::optional<Micros> used_at) {
        tokens.push_back({id, owner, name, scope, created_at, expires_at, used_at});
    };
    using Time = std::optional<Micros>;
    const std::string order = " ORDER BY created_at, id";
    const std::lock_guard lock(mutex_);
    if (user)
        connection_->each<std::string, std::string, std::string, Scope, Micros, Time, Time>(
            all_columns + (" WHERE owner = $1" + order), take, *user);
    else
        connection_->each<std::string, std::string, std::string, Scope, Micros, Time, Time>(all_columns + order, take);
    return tokens;
}

TokenRecord Accounts::token(const std::string& id) {
    if (!looks_like_id(id)) throw no_token(id);
    const std::lock_guard lock(mutex_);
    const auto row = connection_->row<std::string, std::string, std::string, Scope, Micros, std::optional<Micros>,
                                      std::optional<Micros>>(std::string(all_columns) + " WHERE id = $1", id);
    if (!row) throw no_token(id);
    return std::make_from_tuple<TokenRecord>(*row);
}

void Accounts::revoke(const std::string& id) {
    if (!looks_like_id(id)) throw no_token(id);
    const std::lock_guard lock(mutex_);
    db::Transaction transaction(*connection_);
    if (connection_->run("DELETE FROM tokens WHERE id = $1", id) == 0) throw no_token(id);
    transaction.commit();
    forget_all();
}

void Accounts::note(const std::string& user, const std::string& address, const std::string& action,
                    const std::string& object) {
    const std::lock_guard lock(mutex_);
    write_note(user, address, action, object);
}

// Another server may take the same number at the same time: then the next one is ours.
void Accounts::write_note(const std::string& user, const std::string& address, const std::string& action,
                          const std::string& object) {
    for (int tries = 1;; ++tries) {
        try {
            db::Transaction transaction(*connection_);
            const auto [number] = *connection_->row<std::int64_t>("SELECT coalesce(max(number), 0) + 1 FROM audit");
            connection_->run(
                "INSERT INTO audit (number, at, owner, address, action, object) VALUES ($1, $2, $3, $4, $5, $6)",
                number, clock_.wall(), shortened(user, longest_user_name), shortened(address, longest_address),
                shortened(action, longest_action), shortened(object, longest_object));
            if (number % notes_between_sweeps == 0)
                connection_->run("DELETE FROM audit WHERE number <= $1", number - notes_kept);
            return transaction.commit();
        } catch (const Error& error) {
            if (error.kind() != Error::Kind::conflict || tries == tries_for_a_number) throw;
        }
    }
}

std::vector<AuditRecord> Accounts::audit(std::int64_t before, int limit) {
    const std::int64_t below = before > 0 ? before : std::numeric_limits<std::int64_t>::max();
    std::vector<AuditRecord> records;
    const std::lock_guard lock(mutex_);
    connection_->each<std::int64_t, Micros, std::string, std::string, std::string, std::string>(
        "SELECT number, at, owner, address, action, object FROM audit WHERE number < $1 ORDER BY number DESC LIMIT $2",
        [&](std::int64_t number, Micros at, const std::string& user, const std::string& address,
            const std::string& action, const std::string& object) {
            records.push_back({number, at, user, address, action, object});
        },
        below, std::clamp(limit, 1, longest_page));
    return records;
}

}  // namespace atelier::accounts
