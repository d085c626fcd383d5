// What another process asks of the farm's owner: a row in the database, answered in the same commit as its effect. So
// any process that sees the database may ask, and an ask outlives whoever was to answer it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "db/db.h"

namespace atelier::farm {

struct Ask {
    std::int64_t number = 0;
    std::string verb;
    std::string body;  // JSON
};

std::int64_t leave_ask(db::Connection& connection, const std::string& verb, const json::Object& body);
std::vector<Ask> open_asks(db::Connection& connection);
void answer_ask(db::Connection& connection, std::int64_t number, const json::Value& answer);
void refuse_ask(db::Connection& connection, std::int64_t number, const Error& error);

// The answer, once; rethrows the Error that it was refused with. Nothing while it is open.
std::optional<json::Value> take_answer(db::Connection& connection, std::int64_t number);
void withdraw_ask(db::Connection& connection, std::int64_t number);

json::Value error_to_json(const Error& error);

}  // namespace atelier::farm
