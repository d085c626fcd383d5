#include "db/sqlite_statement.h"

#include <cerrno>

#include "base/text.h"

namespace atelier::db {

namespace {

constexpr std::size_t most_kept = 512;  // far more than the program has texts; a bound for texts that are built

// "$3" → 3
std::optional<std::int64_t> number_of(const char* name) {
    if (name == nullptr || name[0] != '$') return std::nullopt;
    const auto number = parse_int(name + 1);
    return number && *number > 0 ? number : std::nullopt;
}

void bind_one(sqlite3_stmt* statement, int index, const Bound& value) {
    if (const auto* integer = std::get_if<std::int64_t>(&value)) {
        sqlite3_bind_int64(statement, index, *integer);
    } else if (const auto* real = std::get_if<double>(&value)) {
        sqlite3_bind_double(statement, index, *real);
    } else if (const auto* text = std::get_if<std::string_view>(&value)) {
        const char* const begin = text->data() != nullptr ? text->data() : "";  // a null pointer would bind NULL
        sqlite3_bind_text64(statement, index, begin, text->size(), SQLITE_STATIC, SQLITE_UTF8);
    } else {
        sqlite3_bind_null(statement, index);
    }
}

bool is_disk_full(sqlite3* handle, int code) {
    if (code == SQLITE_FULL) return true;
    const int number = sqlite3_system_errno(handle);
    return (code == SQLITE_IOERR || code == SQLITE_CANTOPEN) && (number == ENOSPC || number == EDQUOT);
}

bool is_refused(sqlite3* handle, int code) {
    if (code == SQLITE_READONLY || code == SQLITE_PERM || code == SQLITE_AUTH) return true;
    const int number = sqlite3_system_errno(handle);
    return code == SQLITE_CANTOPEN && (number == EACCES || number == EPERM || number == EROFS);
}

}  // namespace

Error sqlite_error(sqlite3* handle, const std::string& file, std::string_view sql) {
    using Kind = Error::Kind;
    const int code = sqlite3_errcode(handle) & 0xFF;  // the lowest byte is the class of the extended code
    const std::string database = "the database " + file;
    const std::string detail = sqlite3_errmsg(handle);
    const std::string where(sql);
    if (is_disk_full(handle, code))
        return {Kind::exhausted, database + " cannot grow: the disk is full",
                "free some space on this disk, or point ATELIER_HOME at a larger one", where};
    if (is_refused(handle, code))
        return {Kind::denied, database + " cannot be written: " + detail, "check the owner and the mode of this file",
                where};
    switch (code) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return {Kind::unavailable, database + " is locked by another program",
                    "wait for the other program, or stop it, and try again", where};
        case SQLITE_CONSTRAINT: return {Kind::conflict, "the database refuses this: " + detail, {}, where};
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return {Kind::internal, file + " is damaged or not a database", "restore it from a backup", where};
        case SQLITE_CANTOPEN:
            return {Kind::not_found, database + " cannot be opened", "check that its folder exists", where};
        case SQLITE_NOMEM: return {Kind::exhausted, database + ": out of memory", {}, where};
        case SQLITE_TOOBIG: return {Kind::invalid, database + ": the value is too large", {}, where};
        default: return {Kind::internal, database + ": " + detail, {}, where};
    }
}

Statement Statements::prepare(std::string_view sql) {
    sqlite3_stmt* raw = nullptr;
    const char* rest = nullptr;
    const int code =
        sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &raw, &rest);
    if (code != SQLITE_OK) throw sqlite_error(handle_, file_, sql);
    Statement statement;
    statement.handle.reset(raw);
    if (raw == nullptr || !trim(sql.substr(static_cast<std::size_t>(rest - sql.data()))).empty())
        throw Error(Error::Kind::internal, "exactly one statement is expected", {}, std::string(sql));
    const int count = sqlite3_bind_parameter_count(raw);
    statement.index_of.assign(static_cast<std::size_t>(count), 0);
    for (int index = 1; index <= count; ++index) {
        const auto number = number_of(sqlite3_bind_parameter_name(raw, index));
        if (!number || *number > count)
            throw Error(Error::Kind::internal, "parameters are $1, $2, … without gaps", {}, std::string(sql));
        statement.index_of[static_cast<std::size_t>(*number - 1)] = index;
    }
    return statement;
}

void Statements::forget_idle() {
    std::erase_if(kept_, [](const auto& entry) { return !entry.second.in_use; });
}

Statements::Use::Use(Statements& statements, std::string_view sql) : owner_(statements), sql_(sql) {
    auto found = owner_.kept_.find(sql);
    if (found == owner_.kept_.end()) {
        if (owner_.kept_.size() >= most_kept) owner_.forget_idle();
        found = owner_.kept_.emplace(std::string(sql), owner_.prepare(sql)).first;
    }
    statement_ = &found->second;
    if (statement_->in_use) {
        own_ = std::make_unique<Statement>(owner_.prepare(sql));
        statement_ = own_.get();
    }
    statement_->in_use = true;
}

Statements::Use::~Use() {
    sqlite3_reset(handle());
    sqlite3_clear_bindings(handle());  // the texts that were bound are the caller's
    statement_->in_use = false;
}

void Statements::Use::bind(std::span<const Bound> values) {
    if (values.size() != statement_->index_of.size())
        throw Error(Error::Kind::internal,
                    "a statement of " + std::to_string(statement_->index_of.size()) + " parameters was given " +
                        std::to_string(values.size()) + " values",
                    {}, std::string(sql_));
    for (std::size_t i = 0; i < values.size(); ++i)
        bind_one(handle(), statement_->index_of[i], values[i]);
}

}  // namespace atelier::db
