#include "db/postgres_error.h"

#include "base/text.h"

namespace atelier::db {

namespace {

using Kind = Error::Kind;

constexpr const char* away_hint = "it is tried again; check that the database server runs and can be reached";

std::string field(const PGresult* result, int which) {
    const char* const text = PQresultErrorField(result, which);
    return text != nullptr ? text : "";
}

// libpq has no code for what fails while connecting, only words.
bool says(const std::string& message, const char* words) { return message.find(words) != std::string::npos; }

std::string first_line(const char* message) {
    const std::string_view text = trim(message != nullptr ? message : "");
    return std::string(text.substr(0, text.find('\n')));
}

Error error_of_state(const std::string& state, const std::string& detail, const std::string& database,
                     const std::string& where) {
    const std::string name = "the database " + database;
    const std::string type = state.substr(0, 2);
    if (type == "23") return {Kind::conflict, "the database refuses this: " + detail, {}, where};
    if (type == "22" || type == "54") return {Kind::invalid, "the database cannot keep this: " + detail, {}, where};
    if (state == "25006" || type == "28" || state == "42501")
        return {Kind::denied, name + " cannot be written: " + detail, "check the rights of its user", where};
    if (state == "53100")
        return {Kind::exhausted, name + " cannot grow: the disk is full", "free some space on the server's disk",
                where};
    if (state == "55P03" || type == "40")
        return {Kind::unavailable, name + " is locked by another program",
                "wait for the other program, or stop it, and try again", where};
    if (state == "53300" || type == "57" || type == "08" || state == "25P03")
        return {Kind::unavailable, name + " does not answer: " + detail, away_hint, where};
    if (type == "53") return {Kind::exhausted, name + ": " + detail, {}, where};
    if (type == "XX") return {Kind::internal, name + ": " + detail, "look into the server's log", where};
    return {Kind::internal, name + ": " + detail, {}, where};
}

}  // namespace

// Only the primary message: the details name values, and a value may be a secret.
Error postgres_error(const PGresult* result, const std::string& database, std::string_view sql) {
    std::string detail = field(result, PG_DIAG_MESSAGE_PRIMARY);
    if (detail.empty()) detail = first_line(PQresultErrorMessage(result));
    return error_of_state(field(result, PG_DIAG_SQLSTATE), detail, database, std::string(sql));
}

Error connect_error(PGconn* connection, const std::string& database) {
    const std::string name = "the database " + database;
    const std::string detail = first_line(PQerrorMessage(connection));
    if (PQconnectionNeedsPassword(connection) == 1 || says(detail, "password authentication failed") ||
        says(detail, "no pg_hba.conf entry") || says(detail, "role \""))
        return {Kind::denied, name + " refuses us: " + detail,
                "check user and password; a password may stand in ~/.pgpass instead of the URL"};
    if (says(detail, "database \"") && says(detail, "does not exist"))
        return {Kind::not_found, name + " does not exist", "`createdb` makes one"};
    return {Kind::unavailable, name + " cannot be reached: " + detail, away_hint};
}

Error lost_error(const std::string& database) {
    return {Kind::unavailable, "the connection to the database " + database + " was lost", away_hint};
}

}  // namespace atelier::db
