// For the farm's tests: each is run on SQLite and once more on PostgreSQL, as the environment says (see
// CMakeLists.txt).
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include "db/testing_postgres.h"

namespace atelier::farm::testing {

inline bool on_postgres() {
    const char* const name = std::getenv("ATELIER_TEST_DATABASE");
    return name != nullptr && std::string(name) == "postgres";
}

// The URL of a new, empty database; `file` for the one that is a file.
inline std::string fresh_database(const std::filesystem::path& file) {
    return on_postgres() ? testing_support::PostgresServer::shared().fresh_url() : file.string();
}

}  // namespace atelier::farm::testing
