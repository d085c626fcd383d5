#include "db/postgres.h"

#include <charconv>

#include "db/postgres_error.h"
#include "db/postgres_pipeline.h"

namespace atelier::db {

namespace {

constexpr std::size_t most_sent = 1000;  // statements; then they are waited for

// Who dies, or hangs in the middle of a transaction, is given up by the server, so that others get the lock.
constexpr const char* settings = R"sql(
SET synchronous_commit = on;
SET lock_timeout = '30s';
SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 1; SET tcp_keepalives_count = 3;
SET tcp_user_timeout = '8s';
)sql";
constexpr const char* writer_settings = "SET idle_in_transaction_session_timeout = '60s';";
constexpr const char* reader_settings = "SET default_transaction_read_only = on;";

// Locks that are nobody's table's, one of a kind for each schema.
constexpr const char* write_lock = "SELECT pg_advisory_xact_lock(1635019895, hashtext(coalesce(current_schema(), '')))";
constexpr const char* hold_lock = "SELECT pg_try_advisory_lock(1635019880, hashtext(coalesce(current_schema(), '')))";

constexpr const char* list_columns =
    "SELECT c.relname, a.attname, t.typname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type t "
    "ON "
    "t.oid = a.atttypid WHERE c.relnamespace = to_regnamespace(quote_ident(current_schema())) AND c.relkind = 'r' AND "
    "a.attnum > 0 AND NOT a.attisdropped ORDER BY c.oid, a.attnum";

template <class Number>
Number number_in(std::string_view text) {
    Number number{};
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

class PostgresRow final : public Row {
public:
    PostgresRow(const PGresult* result, int row) : result_(result), row_(row) {}
    bool is_null(int column) const override { return PQgetisnull(result_, row_, column) == 1; }
    std::int64_t integer(int column) const override {
        const std::string_view value = text(column);
        return value == "t" ? 1 : number_in<std::int64_t>(value);
    }
    double real(int column) const override { return number_in<double>(text(column)); }
    std::string_view text(int column) const override {
        return {PQgetvalue(result_, row_, column), static_cast<std::size_t>(PQgetlength(result_, row_, column))};
    }

private:
    const PGresult* result_;
    int row_;
};

Column::Kind kind_of(std::string_view type) {
    if (type.starts_with("int")) return Column::Kind::integer;
    return type.starts_with("float") ? Column::Kind::real : Column::Kind::text;
}

class PostgresConnection final : public Connection {
public:
    PostgresConnection(const std::string& url, Access access)
        : shown_(shown_postgres(url)), access_(access), pipeline_(url, shown_) {
        connect();
    }

    std::int64_t execute(std::string_view sql, std::span<const Bound> values,
                         const std::function<void(const Row&)>& each) override {
        ++statements_;
        const Result result = ask(sql, values);
        if (sql.starts_with("SELECT")) --statements_;
        for (int row = 0; each && row < PQntuples(result.get()); ++row)
            each(PostgresRow(result.get(), row));
        if (std::string_view(PQcmdStatus(result.get())).starts_with("SELECT")) return 0;
        return number_in<std::int64_t>(PQcmdTuples(result.get()));
    }

    void dispatch(std::string_view sql, std::span<const Bound> values) override {
        require_whole();
        if (!open_) {
            execute(sql, values, {});
            return;
        }
        ++statements_;
        guarded([&] { pipeline_.send(sql, values); });
        if (pipeline_.waiting() >= most_sent) settle();
    }

    void settle() override {
        require_whole();
        if (pipeline_.waiting() > 0) guarded([&] { pipeline_.wait(Pipeline::Last::sent); });
    }

    bool has_cheap_savepoints() const override { return false; }  // each is a transaction of its own to the server
    std::uint64_t statements() const override { return statements_; }

    void script(const std::string& sql) override {
        ++statements_;
        settle();
        if (!pipeline_.is_connected()) connect();
        guarded([&] { pipeline_.script(sql); });
    }

    void scan(const std::string& sql, const std::function<void(const Row&)>& each) override {
        run("DECLARE atelier_scan NO SCROLL CURSOR FOR " + sql);
        for (bool more = true; more;) {
            more = false;
            execute("FETCH 1000 FROM atelier_scan", {}, [&](const Row& row) {
                more = true;
                each(row);
            });
        }
        run("CLOSE atelier_scan");
    }

    void begin(Durability durability) override {
        begin_with([&] {
            pipeline_.send("BEGIN", {});
            if (durability == Durability::relaxed) pipeline_.send("SET LOCAL synchronous_commit = off", {});
            pipeline_.send(write_lock, {});
        });
    }

    void begin_snapshot() override {
        begin_with([&] { pipeline_.send("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", {}); });
    }

    void commit() override {
        require_whole();
        if (!open_) throw Error(Error::Kind::internal, "there is no transaction to commit");
        const Result result = ask("COMMIT", {});
        if (std::string_view(PQcmdStatus(result.get())) != "COMMIT")
            throw Error(Error::Kind::internal, "a transaction in which a statement had failed was committed");
    }

    void rollback() noexcept override {
        broken_ = false;
        if (!open_) return;
        try {
            try {
                settle();
            } catch (const Error&) {
                if (!open_) broken_ = false;  // what had failed is rolled back
            }
            if (open_) ask("ROLLBACK", {});
        } catch (const std::exception&) {
            forget_connection();  // the server rolls back what it can't reach any more
        }
        broken_ = false;
    }

    bool in_transaction() const override { return open_; }
    void tidy() noexcept override {}

    bool try_hold() override {
        if (!holds_) holds_ = std::get<0>(*row<bool>(hold_lock));
        return holds_;
    }
    bool holds() const override { return holds_; }

    std::vector<Table> tables() override {
        std::vector<Table> found;
        each<std::string, std::string, std::string>(
            list_columns, [&](const std::string& table, const std::string& column, const std::string& type) {
                if (found.empty() || found.back().name != table) found.push_back({table, {}});
                found.back().columns.push_back({column, kind_of(type)});
            });
        return found;
    }

private:
    void connect() {
        pipeline_.connect(std::string(settings) + (access_ == Access::read_only ? reader_settings : writer_settings));
    }

    // One statement and its result. What only reads, and is in no transaction, may be asked again of a server that has
    // come back.
    Result ask(std::string_view sql, std::span<const Bound> values) {
        require_whole();
        const bool reads = access_ == Access::read_only || sql.starts_with("SELECT");
        const bool again = reads && !open_ && pipeline_.is_connected();
        const auto once = [&] {
            if (!pipeline_.is_connected()) connect();
            return guarded([&] {
                pipeline_.send(sql, values);
                return pipeline_.wait(Pipeline::Last::asked);
            });
        };
        try {
            return once();
        } catch (const Error&) {
            if (!again || pipeline_.is_connected()) throw;
        }
        return once();
    }

    // The connection may have been lost since the last transaction: that is noticed here, before anything was done.
    template <class Send>
    void begin_with(const Send& send) {
        if (open_) throw Error(Error::Kind::internal, "a transaction is open already");
        broken_ = false;
        const bool again = pipeline_.is_connected();
        const auto once = [&] {
            if (!pipeline_.is_connected()) connect();
            guarded([&] {
                send();
                pipeline_.wait(Pipeline::Last::asked);
            });
        };
        try {
            return once();
        } catch (const Error&) {
            if (pipeline_.is_connected()) rollback();
            if (!again || pipeline_.is_connected()) throw;
        }
        broken_ = false;
        once();
    }

    // After each step: what the server says of the transaction, and what is gone when the connection is.
    template <class Step>
    std::invoke_result_t<Step> guarded(const Step& step) {
        struct Look {
            PostgresConnection& self;
            ~Look() { self.look(); }
        } look{*this};
        return step();
    }

    void look() noexcept {
        if (!pipeline_.is_connected()) {
            broken_ = broken_ || open_;
            holds_ = false;
            open_ = false;
        } else if (pipeline_.waiting() == 0) {
            open_ = pipeline_.in_transaction();
        }
    }

    void forget_connection() noexcept {
        pipeline_.disconnect();
        look();
    }

    // Whoever goes on in a transaction that is gone would write one half of it.
    void require_whole() const {
        if (broken_) throw lost_error(shown_);
    }

    const std::string shown_;
    const Access access_;
    Pipeline pipeline_;
    bool open_ = false;    // a transaction
    bool broken_ = false;  // it was lost with its connection, and nobody has said yet that it is over
    bool holds_ = false;
    std::uint64_t statements_ = 0;
};

struct FreeOptions {
    void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

}  // namespace

std::unique_ptr<Connection> open_postgres(const std::string& url, Access access) {
    return std::make_unique<PostgresConnection>(url, access);
}

// libpq's own words on a URL that it can't read may hold the password.
std::string shown_postgres(const std::string& url) {
    char* problem = nullptr;
    const std::unique_ptr<PQconninfoOption, FreeOptions> options(PQconninfoParse(url.c_str(), &problem));
    PQfreemem(problem);
    if (!options)
        throw Error(Error::Kind::invalid, "the URL of the database cannot be read",
                    "postgresql://USER@HOST:PORT/NAME, special characters as %XX");
    std::string host, name;
    for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
        if (option->val == nullptr) continue;
        if (std::string_view(option->keyword) == "host") host = option->val + host;
        if (std::string_view(option->keyword) == "port") host += std::string(":") + option->val;
        if (std::string_view(option->keyword) == "dbname") name = option->val;
    }
    return name + " at " + (host.empty() ? "this machine" : host);
}

}  // namespace atelier::db
