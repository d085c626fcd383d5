// The tables of the farm, as numbered migrations. One text for every database.
#pragma once

#include <span>

#include "db/db.h"

namespace atelier::farm {

std::span<const db::Migration> migrations();

// Whether a database with the farm's tables has all of the migrations.
bool is_up_to_date(db::Connection& connection);

}  // namespace atelier::farm
