#include "farm/asks.h"

#include <boost/json/object.hpp>

#include "base/time.h"

namespace atelier::farm {

std::int64_t leave_ask(db::Connection& connection, const std::string& verb, const json::Object& body) {
    db::Transaction transaction(connection);
    const auto [number] = *connection.row<std::int64_t>("SELECT coalesce(max(number), 0) + 1 FROM asks");
    connection.run("INSERT INTO asks (number, at, verb, body) VALUES ($1, $2, $3, $4)", number, system_clock().wall(),
                   verb, json::text(body));
    transaction.commit();
    return number;
}

std::vector<Ask> open_asks(db::Connection& connection) {
    std::vector<Ask> asks;
    connection.each<std::int64_t, std::string, std::string>(
        "SELECT number, verb, body FROM asks WHERE answer IS NULL ORDER BY number",
        [&](std::int64_t number, const std::string& verb, const std::string& body) {
            asks.push_back({number, verb, body});
        });
    return asks;
}

void answer_ask(db::Connection& connection, std::int64_t number, const json::Value& answer) {
    json::Object wrapped;
    wrapped["answer"] = answer;
    connection.run("UPDATE asks SET answer = $2 WHERE number = $1", number, json::text(wrapped));
}

void refuse_ask(db::Connection& connection, std::int64_t number, const Error& error) {
    json::Object wrapped;
    wrapped["error"] = error_to_json(error);
    connection.run("UPDATE asks SET answer = $2 WHERE number = $1", number, json::text(wrapped));
}

std::optional<json::Value> take_answer(db::Connection& connection, std::int64_t number) {
    const auto row = connection.row<std::optional<std::string>>("SELECT answer FROM asks WHERE number = $1", number);
    if (!row) throw Error(Error::Kind::unavailable, "the farm was asked, and the ask is gone", "try again");
    if (!std::get<0>(*row)) return std::nullopt;
    withdraw_ask(connection, number);
    const json::Value value = json::parse(*std::get<0>(*row));
    const json::Object& wrapped = value.as_object();
    if (const json::Value* answer = wrapped.if_contains("answer")) return *answer;
    const json::Object& error = wrapped.at("error").as_object();
    const auto text = [&](const char* key) { return std::string(error.at(key).as_string()); };
    for (const auto kind : {Error::Kind::invalid, Error::Kind::not_found, Error::Kind::conflict, Error::Kind::denied,
                            Error::Kind::unavailable, Error::Kind::exhausted})
        if (to_string(kind) == text("kind")) throw Error(kind, text("message"), text("hint"), text("where"));
    throw Error(Error::Kind::internal, text("message"), text("hint"), text("where"));
}

void withdraw_ask(db::Connection& connection, std::int64_t number) {
    connection.run("DELETE FROM asks WHERE number = $1", number);
}

json::Value error_to_json(const Error& error) {
    json::Object object;
    object["kind"] = std::string(to_string(error.kind()));
    object["message"] = error.what();
    object["hint"] = error.hint();
    object["where"] = error.where();
    return object;
}

}  // namespace atelier::farm
