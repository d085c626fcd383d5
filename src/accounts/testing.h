// For tests alone: a database as the farm makes it, and a clock that is turned by hand.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/time.h"
#include "db/db.h"

namespace atelier::accounts::testing_support {

struct TurnedClock final : Clock {
    Micros now = 1'800'000'000'000'000;
    Micros wall() const override { return now; }
    Steady steady() const override { return Steady(std::chrono::microseconds(now)); }
    void turn(double seconds) { now += static_cast<Micros>(seconds * 1e6); }
};

// The tables are the farm's, a floor above: its statements are read from its source.
inline void migrate_as_the_farm_does(db::Connection& connection) {
    const char* root = std::getenv("ATELIER_SOURCE_DIR");
    const std::filesystem::path source = root ? root : std::filesystem::current_path().string();
    const std::string text = read_file(source / "src/farm/schema.cpp");
    const std::string begin_mark = "R\"sql(", end_mark = ")sql\"";
    std::vector<std::string> scripts;
    for (std::size_t at = 0; (at = text.find(begin_mark, at)) != std::string::npos;) {
        const std::size_t begin = at + begin_mark.size();
        at = text.find(end_mark, begin);
        scripts.push_back(text.substr(begin, at - begin));
    }
    std::vector<db::Migration> migrations;
    for (const std::string& script : scripts)
        migrations.push_back({static_cast<int>(migrations.size()) + 1, script.c_str()});
    db::migrate(connection, migrations);
}

}  // namespace atelier::accounts::testing_support
