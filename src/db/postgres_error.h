// What libpq and the server say, in the house's words. For the sources of this backend alone.
#pragma once

#include <libpq-fe.h>

#include <string>
#include <string_view>

#include "base/error.h"

namespace atelier::db {

// database: its name for people, without the password.
Error postgres_error(const PGresult* result, const std::string& database, std::string_view sql);
Error connect_error(PGconn* connection, const std::string& database);
Error lost_error(const std::string& database);

}  // namespace atelier::db
