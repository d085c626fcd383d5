// Who may come in: users with passwords, tokens, and sessions of browsers, over the database that the farm has. What is
// secret is stored as a hash alone and shown once. Thread-safe; it has a connection of its own.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "db/db.h"

namespace atelier::accounts {

// Numbers go into the database: never renumber.
enum class Role { pending = 0, user = 1, admin = 2 };  // pending: may do nothing until an admin grants more
enum class Scope { read = 0, user = 1, worker = 2 };   // of a token: look / all that its user may / what workers must

std::string_view name_of(Role role);
std::string_view name_of(Scope scope);
Role role_named(std::string_view name);  // throws Error::invalid that lists them
Scope scope_named(std::string_view name);

// Who asks, once the door was passed.
struct Caller {
    std::string user;
    Role role = Role::pending;
    Scope scope = Scope::user;
    std::string token;  // its id, "local" for the data folder's; empty for a session of a browser
    std::string guard;  // of a browser's session: what changes must carry, so that no other site can ask for them

    bool is_admin() const { return role == Role::admin && scope == Scope::user; }
    bool may_touch(const std::string& owner) const {
        return is_admin() || (role != Role::pending && scope != Scope::worker && owner == user);
    }
};

// The one who started the server: jobs of the command line on this machine are theirs.
constexpr const char* local_user = "local";

struct UserRecord {
    std::string name;
    Role role = Role::pending;
    bool disabled = false;
    double weight = 1;  // of their share of the farm
    Micros created_at = 0;
};

struct TokenRecord {
    std::string id;
    std::string user;
    std::string name;
    Scope scope = Scope::user;
    Micros created_at = 0;
    std::optional<Micros> expires_at;
    std::optional<Micros> used_at;
};

struct NewToken {
    TokenRecord record;
    std::string secret;  // shown this once
};

struct Login {
    std::string secret;  // the cookie's value
    Caller caller;
};

struct AuditRecord {
    std::int64_t number = 0;
    Micros at = 0;
    std::string user;
    std::string address;
    std::string action;  // "user grant", "job cancel", "log in failed"
    std::string object;
};

class Doors;  // who tried how often

class Accounts {
public:
    // The database is migrated already (farm/schema.h).
    Accounts(std::unique_ptr<db::Connection> connection, const Clock& clock);
    ~Accounts();

    // Who comes. The token of the data folder is local_user's, an admin's; see local_token().
    std::optional<Caller> by_token(std::string_view secret);  // nothing for wrong, expired, revoked and disabled ones
    std::optional<Caller> by_cookie(std::string_view secret);
    void trust(std::string_view local_secret);  // from now on it is local_user's
    bool remembers(std::string_view secret);    // asking who comes with it doesn't wait for the disk

    // Throws Error::denied, the same for a wrong name and a wrong password, after the same work; Error::exhausted, with
    // the time to wait in the hint, when this account or address has tried too often.
    Login log_in(const std::string& name, std::string_view password, const std::string& address);
    void log_out(std::string_view secret);

    void add_user(const std::string& name, std::string_view password, Role role);  // Error::conflict: there already
    void grant(const std::string& name, Role role);
    void disable(const std::string& name, bool disabled);  // ends its sessions; its tokens don't count meanwhile
    void set_password(const std::string& name, std::string_view password);  // ends its sessions
    void set_weight(const std::string& name, double weight);
    std::vector<UserRecord> users();
    UserRecord user(const std::string& name);  // throws Error::not_found

    NewToken create_token(const std::string& user, const std::string& name, Scope scope,
                          std::optional<Micros> expires_at);
    std::vector<TokenRecord> tokens(const std::optional<std::string>& user);
    TokenRecord token(const std::string& id);
    void revoke(const std::string& id);

    void note(const std::string& user, const std::string& address, const std::string& action,
              const std::string& object);
    // The newest first; before: only those with a smaller number, 0 for all.
    std::vector<AuditRecord> audit(std::int64_t before, int limit);

private:
    struct Known {
        Caller caller;
        Steady until;
        Micros ends_at = 0;
    };

    std::optional<Caller> remembered(const std::string& hash);
    std::optional<Caller> remember(const std::string& hash, const Caller& caller, Micros ends_at);
    void forget_all();
    void touch(const char* sql, const std::string& key);
    Caller open_login(const std::string& name, const std::string& password_hash, const std::string& address,
                      const std::string& secret);
    void write_note(const std::string& user, const std::string& address, const std::string& action,
                    const std::string& object);

    const Clock& clock_;
    std::mutex mutex_;  // of the next two; taken before the other one
    std::unique_ptr<db::Connection> connection_;
    std::unique_ptr<Doors> doors_;
    std::mutex known_mutex_;                           // of the next two; whoever is known doesn't wait for the disk
    std::map<std::string, Known, std::less<>> known_;  // callers by the hash of their secret, for a few seconds
    std::string local_hash_;
};

// The token of a data folder: made on first use, in a file that its owner alone can read (Error::denied when others
// can).
std::string local_token(const std::filesystem::path& data_folder);

}  // namespace atelier::accounts
