#include "farm/servers.h"

namespace atelier::farm {

namespace {
constexpr Micros forgotten_after = Micros{86'400} * 1'000'000;
}

void announce(db::Connection& connection, const Server& server, bool schedules, Micros now) {
    if (schedules) connection.run("UPDATE servers SET schedules = 0 WHERE id <> $1 AND schedules <> 0", server.id);
    connection.run("DELETE FROM servers WHERE seen_at < $1", now - forgotten_after);
    if (server.url.empty()) return;
    connection.run(
        "INSERT INTO servers (id, url, seen_at, schedules) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO UPDATE SET "
        "seen_at = excluded.seen_at, schedules = excluded.schedules",
        server.id, server.url, now, schedules);
}

void withdraw(db::Connection& connection, const Server& server) {
    connection.run("DELETE FROM servers WHERE id = $1", server.id);
}

std::string scheduler_url(db::Connection& connection) {
    const auto row =
        connection.row<std::string>("SELECT url FROM servers WHERE schedules = 1 ORDER BY seen_at DESC LIMIT 1");
    return row ? std::get<0>(*row) : "";
}

}  // namespace atelier::farm
