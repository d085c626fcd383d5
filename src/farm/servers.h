// The servers that share a database: each has a row that it renews, and one of them schedules. The row only tells where
// the others find that one; who it is decides the database itself (db::Connection::try_hold).
#pragma once

#include <string>

#include "base/time.h"
#include "db/db.h"

namespace atelier::farm {

struct Server {
    std::string id;   // of this process
    std::string url;  // where others reach it; empty: nobody does, and it has no row
};

void announce(db::Connection& connection, const Server& server, bool schedules, Micros now);
void withdraw(db::Connection& connection, const Server& server);

std::string scheduler_url(db::Connection& connection);  // empty when nobody says so

}  // namespace atelier::farm
