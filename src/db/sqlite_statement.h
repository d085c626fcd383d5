// Prepared statements of SQLite, kept by their text: preparing costs more than running. For sqlite.cpp alone.
#pragma once

#include <sqlite3.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "db/db.h"

namespace atelier::db {

// The error of the last call, in the house's words. sql: the statement that failed, for those who look for the cause.
Error sqlite_error(sqlite3* handle, const std::string& file, std::string_view sql = {});

struct Statement {
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
    };
    std::unique_ptr<sqlite3_stmt, Finalize> handle;
    std::vector<int>
        index_of;  // SQLite numbers parameters by their first appearance: index_of[n - 1] is where $n is bound
    bool in_use = false;
};

class Statements {
public:
    Statements(sqlite3* handle, const std::string& file) : handle_(handle), file_(file) {}

    // A statement for the time of one call; given back at the end of the scope. The same text, used while an outer call
    // still reads its rows, gets a statement of its own.
    class Use {
    public:
        Use(Statements& statements, std::string_view sql);
        ~Use();
        Use(const Use&) = delete;
        Use& operator=(const Use&) = delete;

        void bind(std::span<const Bound> values);
        sqlite3_stmt* handle() const { return statement_->handle.get(); }

    private:
        Statements& owner_;
        std::string_view sql_;
        std::unique_ptr<Statement> own_;
        Statement* statement_;
    };

    void clear() { kept_.clear(); }

private:
    struct Hash : std::hash<std::string_view> {
        using is_transparent = void;
    };

    Statement prepare(std::string_view sql);
    void forget_idle();

    sqlite3* handle_;
    const std::string& file_;
    std::unordered_map<std::string, Statement, Hash, std::equal_to<>> kept_;
};

}  // namespace atelier::db
