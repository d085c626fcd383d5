// The SQLite backend: one file with its write-ahead log beside it.
#pragma once

#include <filesystem>
#include <memory>

#include "db/db.h"

namespace atelier::db {

std::unique_ptr<Connection> open_sqlite(const std::filesystem::path& file, Access access);

}  // namespace atelier::db
