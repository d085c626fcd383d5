#include "db/sqlite.h"

#include <chrono>
#include <system_error>
#include <thread>

#include "db/sqlite_statement.h"

namespace atelier::db {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds longest_wait = seconds(30);           // for a lock
constexpr milliseconds truncation_wait = milliseconds(100);  // for readers, when the log has grown too large
constexpr int checkpoint_pages = 4'000;                      // 16 MB of log are moved into the database at a time
constexpr int log_page_limit = 16'384;  // 64 MB: beyond it readers are waited for, and the log is cut

class SqliteRow final : public Row {
public:
    explicit SqliteRow(sqlite3_stmt* statement) : statement_(statement) {}
    bool is_null(int column) const override { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
    std::int64_t integer(int column) const override { return sqlite3_column_int64(statement_, column); }
    double real(int column) const override { return sqlite3_column_double(statement_, column); }
    std::string_view text(int column) const override {
        const auto* begin = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
        const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
        return begin != nullptr ? std::string_view(begin, size) : std::string_view();
    }

private:
    sqlite3_stmt* statement_;
};

Column::Kind kind_of(const std::string& type) {
    if (type.find("INT") != std::string::npos) return Column::Kind::integer;
    return type.starts_with("DOUBLE") ? Column::Kind::real : Column::Kind::text;
}

class SqliteConnection final : public Connection {
public:
    SqliteConnection(const std::filesystem::path& file, Access access)
        : file_(file.string()), handle_(open_handle(file, access)), statements_(handle_.get(), file_) {
        sqlite3_busy_timeout(handle_.get(), static_cast<int>(longest_wait.count()));
        script(
            "PRAGMA foreign_keys = ON; PRAGMA cache_size = -65536; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY");
        if (access == Access::read_write)
            prepare_for_writing();
        else
            sqlite3_db_config(handle_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    }

    std::int64_t execute(std::string_view sql, std::span<const Bound> values,
                         const std::function<void(const Row&)>& each) override {
        const std::int64_t changed = run_statement(sql, values, each);
        if (sqlite3_get_autocommit(handle_.get()) != 0) tidy();
        return changed;
    }

    void script(const std::string& sql) override {
        if (sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
            throw sqlite_error(handle_.get(), file_, sql);
    }

    void begin(Durability durability) override {
        set_durability(durability);
        run_statement("BEGIN IMMEDIATE", {}, {});
    }

    void begin_snapshot() override { run_statement("BEGIN", {}, {}); }

    void scan(const std::string& sql, const std::function<void(const Row&)>& each) override {
        run_statement(sql, {}, each);
    }

    std::vector<Table> tables() override {
        std::vector<Table> found;
        each<std::string, std::string, std::string>(
            "SELECT t.name, c.name, c.type FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table' "
            "AND "
            "t.name NOT LIKE 'sqlite%' ORDER BY t.rowid, c.cid",
            [&](const std::string& table, const std::string& column, const std::string& type) {
                if (found.empty() || found.back().name != table) found.push_back({table, {}});
                found.back().columns.push_back({column, kind_of(type)});
            });
        return found;
    }

    void commit() override { run_statement("COMMIT", {}, {}); }

    void rollback() noexcept override {
        if (in_transaction()) sqlite3_exec(handle_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
    }

    bool in_transaction() const override { return sqlite3_get_autocommit(handle_.get()) == 0; }

    // Moves the log into the database, a good piece at a time. Only the connection that writes does this: SQLite
    // before 3.51 can damage a database when one connection resets the log while another one writes. What fails here (a
    // full disk, a reader in the way) is tried again after a later commit; nothing is lost, it only stays in the log.
    void tidy() noexcept override {
        if (log_pages_ >= next_truncation_)
            truncate_log();
        else if (log_pages_ >= next_checkpoint_)
            checkpoint();
    }

private:
    struct Close {
        void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
    };
    using Handle = std::unique_ptr<sqlite3, Close>;

    static Handle open_handle(const std::filesystem::path& file, Access access) {
        std::error_code ignored;
        if (access == Access::read_only && !std::filesystem::exists(file, ignored))
            throw Error(Error::Kind::not_found, "there is no database at " + file.string());
        const int flags =
            access == Access::read_write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
        sqlite3* raw = nullptr;
        const int code = sqlite3_open_v2(file.c_str(), &raw, flags | SQLITE_OPEN_NOMUTEX, nullptr);
        Handle handle(raw);
        if (raw == nullptr) throw Error(Error::Kind::exhausted, "the database " + file.string() + ": out of memory");
        if (code != SQLITE_OK) throw sqlite_error(raw, file.string());
        return handle;
    }

    void prepare_for_writing() {
        use_log();
        script("PRAGMA synchronous = FULL; PRAGMA journal_size_limit = " + std::to_string(log_page_limit * 4096LL));
        sqlite3_wal_hook(handle_.get(), &count_log_pages, this);  // in place of SQLite's own checkpoints
    }

    // Switching to the log fails at once, without the usual wait, when another program opens the same new database.
    void use_log() {
        const auto deadline = std::chrono::steady_clock::now() + longest_wait;
        for (;;) {
            try {
                const auto mode = row<std::string>("PRAGMA journal_mode = WAL");
                if (mode && std::get<0>(*mode) == "wal") return;
                throw Error(Error::Kind::invalid,
                            "the database " + file_ + " cannot have a write-ahead log on this file system",
                            "put it on a local disk: point ATELIER_HOME there");
            } catch (const Error& error) {
                if (error.kind() != Error::Kind::unavailable || std::chrono::steady_clock::now() > deadline) throw;
            }
            std::this_thread::sleep_for(milliseconds(10));
        }
    }

    std::int64_t run_statement(std::string_view sql, std::span<const Bound> values,
                               const std::function<void(const Row&)>& each) {
        Statements::Use statement(statements_, sql);
        statement.bind(values);
        const auto before = sqlite3_total_changes64(handle_.get());
        const SqliteRow row(statement.handle());
        int code = SQLITE_OK;
        while ((code = sqlite3_step(statement.handle())) == SQLITE_ROW)
            if (each) each(row);
        if (code != SQLITE_DONE) throw sqlite_error(handle_.get(), file_, sql);
        return sqlite3_total_changes64(handle_.get()) == before ? 0 : sqlite3_changes64(handle_.get());
    }

    // FULL syncs the log at each commit, NORMAL only when it is moved into the database.
    void set_durability(Durability durability) {
        if (durability == durability_) return;
        script(durability == Durability::durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
        durability_ = durability;
    }

    static int count_log_pages(void* self, sqlite3*, const char*, int pages) {
        static_cast<SqliteConnection*>(self)->note_log_pages(pages);
        return SQLITE_OK;
    }

    void note_log_pages(int pages) {
        if (pages < log_pages_) {  // all of it had been moved, and it was begun anew
            next_checkpoint_ = checkpoint_pages;
            next_truncation_ = log_page_limit;
        }
        log_pages_ = pages;
    }

    void checkpoint() noexcept {
        sqlite3_wal_checkpoint_v2(handle_.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
        next_checkpoint_ = log_pages_ + checkpoint_pages;
    }

    void truncate_log() noexcept {
        sqlite3_busy_timeout(handle_.get(), static_cast<int>(truncation_wait.count()));
        const int code =
            sqlite3_wal_checkpoint_v2(handle_.get(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
        sqlite3_busy_timeout(handle_.get(), static_cast<int>(longest_wait.count()));
        if (code == SQLITE_OK) return note_log_pages(0);
        next_truncation_ = log_pages_ + checkpoint_pages;
    }

    const std::string file_;
    Handle handle_;
    Statements statements_;
    Durability durability_ = Durability::durable;
    int log_pages_ = 0;
    int next_checkpoint_ = checkpoint_pages;
    int next_truncation_ = log_page_limit;
};

}  // namespace

std::unique_ptr<Connection> open_sqlite(const std::filesystem::path& file, Access access) {
    return std::make_unique<SqliteConnection>(file, access);
}

}  // namespace atelier::db
