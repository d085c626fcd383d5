#include "cli/remote_accounts.h"

#include <fmt/format.h>

#include "api/accounts_answers.h"

namespace atelier::cli {

namespace {

using accounts::Role;
using accounts::Scope;

constexpr const char* users_path = "/api/v1/users";
constexpr const char* tokens_path = "/api/v1/tokens";
constexpr double micros_per_day = 86400e6;

class RemoteAccounts final : public AccountDesk {
public:
    explicit RemoteAccounts(http::ClientOptions options) : client_(std::move(options)) {}

    std::vector<accounts::UserRecord> users() override {
        std::vector<accounts::UserRecord> users;
        for (const api::UserView& user : get<api::UserList>(users_path).users)
            users.push_back({user.name, user.role, user.disabled, user.weight, user.created_at});
        return users;
    }

    void add_user(const std::string& name, std::string_view password, Role role) override {
        client_.post(users_path, json::write(api::NewUserBody{name, std::string(password), role}));
    }

    void grant(const std::string& name, Role role) override {
        api::UserChange change;
        change.role = role;
        this->change(name, change);
    }

    void disable(const std::string& name, bool disabled) override {
        api::UserChange change;
        change.disabled = disabled;
        this->change(name, change);
    }

    void set_password(const std::string& name, std::string_view password) override {
        api::UserChange change;
        change.password = std::string(password);
        this->change(name, change);
    }

    void set_weight(const std::string& name, double weight) override {
        api::UserChange change;
        change.weight = weight;
        this->change(name, change);
    }

    accounts::NewToken create_token(const std::string& user, const std::string& name, Scope scope,
                                    std::optional<Micros> expires_at) override {
        api::NewTokenBody body;
        body.name = name;
        body.scope = scope;
        body.user = user;
        if (expires_at)
            body.expires_in_days = static_cast<double>(*expires_at - system_clock().wall()) / micros_per_day;
        const auto made = json::read<api::NewTokenView>(client_.post(tokens_path, json::write(body)));
        return {record_of(made.token), made.secret};
    }

    std::vector<accounts::TokenRecord> tokens(const std::optional<std::string>& user) override {
        std::vector<accounts::TokenRecord> tokens;
        for (const api::TokenView& token : get<api::TokenList>(std::string(tokens_path) + "?all=true").tokens)
            if (!user || token.user == *user) tokens.push_back(record_of(token));
        return tokens;
    }

    void revoke(const std::string& id) override {
        http::Ask ask;
        ask.method = http::Method::remove;
        ask.path = std::string(tokens_path) + "/" + http::encode(id);
        client_.send(ask);
    }

    std::vector<accounts::AuditRecord> audit(int limit) override {
        std::vector<accounts::AuditRecord> records;
        for (const api::AuditView& entry : get<api::AuditList>(fmt::format("/api/v1/audit?limit={}", limit)).entries)
            records.push_back({entry.number, entry.at, entry.user, entry.address, entry.action, entry.object});
        return records;
    }

private:
    template <class T>
    T get(const std::string& path) {
        return json::read<T>(client_.get(path));
    }

    static accounts::TokenRecord record_of(const api::TokenView& token) {
        return {token.id, token.user, token.name, token.scope, token.created_at, token.expires_at, token.used_at};
    }

    void change(const std::string& name, const api::UserChange& change) {
        http::Ask ask;
        ask.method = http::Method::patch;
        ask.path = std::string(users_path) + "/" + http::encode(name);
        ask.content = json::text(json::write(change));
        client_.send(ask);
    }

    http::Client client_;
};

}  // namespace

std::unique_ptr<AccountDesk> remote_accounts(http::ClientOptions options) {
    return std::make_unique<RemoteAccounts>(std::move(options));
}

}  // namespace atelier::cli
