// The tables of the farm, as numbered migrations. One text for every database.
#pragma once

#include <span>

#include "db/db.h"

namespace atelier::farm {

std::span<const db::Migration> migrations();

}  // namespace atelier::farm
