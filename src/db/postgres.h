// The PostgreSQL backend: a server that several machines share. A transaction takes one lock of the whole database at
// its beginning, as in SQLite, so that it never fails half-way for a lock; what is sent goes out in a pipeline.
#pragma once

#include <memory>
#include <string>

#include "db/db.h"

namespace atelier::db {

std::unique_ptr<Connection> open_postgres(const std::string& url, Access access);

std::string shown_postgres(const std::string& url);  // user, host and name of the database

}  // namespace atelier::db
