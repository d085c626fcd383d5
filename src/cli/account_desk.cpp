#include "cli/account_desk.h"

#include "cli/home.h"
#include "cli/remote_accounts.h"
#include "cli/served.h"
#include "farm/layout.h"
#include "farm/schema.h"

namespace atelier::cli {

namespace {

using accounts::Role;
using accounts::Scope;

constexpr const char* from_here = "command line";

std::unique_ptr<db::Connection> open_database() {
    const farm::Layout layout{home_folder()};
    layout.create();
    layout.require_here();
    auto connection = db::open(layout.database().string());
    db::migrate(*connection, farm::migrations());
    return connection;
}

class LocalAccounts final : public AccountDesk {
public:
    std::vector<accounts::UserRecord> users() override { return accounts_.users(); }

    void add_user(const std::string& name, std::string_view password, Role role) override {
        accounts_.add_user(name, password, role);
        note("user add", name + " " + std::string(name_of(role)));
    }

    void grant(const std::string& name, Role role) override {
        accounts_.grant(name, role);
        note("user grant", name + " " + std::string(name_of(role)));
    }

    void disable(const std::string& name, bool disabled) override {
        accounts_.disable(name, disabled);
        note(disabled ? "user disable" : "user enable", name);
    }

    void set_password(const std::string& name, std::string_view password) override {
        accounts_.set_password(name, password);
        note("user passwd", name);
    }

    void set_weight(const std::string& name, double weight) override {
        accounts_.set_weight(name, weight);
        note("user weight", name);
    }

    accounts::NewToken create_token(const std::string& user, const std::string& name, Scope scope,
                                    std::optional<Micros> expires_at) override {
        accounts::NewToken token = accounts_.create_token(user, name, scope, expires_at);
        note("token create", token.record.id + " " + user + " " + std::string(name_of(scope)));
        return token;
    }

    std::vector<accounts::TokenRecord> tokens(const std::optional<std::string>& user) override {
        return accounts_.tokens(user);
    }

    void revoke(const std::string& id) override {
        accounts_.revoke(id);
        note("token revoke", id);
    }

    std::vector<accounts::AuditRecord> audit(int limit) override { return accounts_.audit(0, limit); }

private:
    void note(const std::string& action, const std::string& object) {
        accounts_.note(accounts::local_user, from_here, action, object);
    }

    accounts::Accounts accounts_{open_database(), system_clock()};
};

}  // namespace

std::unique_ptr<AccountDesk> open_account_desk() {
    if (auto server = server_to_use()) return remote_accounts(std::move(*server));
    return std::make_unique<LocalAccounts>();
}

}  // namespace atelier::cli
