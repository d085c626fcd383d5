// A whole database into another one, of whatever kind: in one transaction of the target, from one state of the source.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "db/db.h"

namespace atelier::db {

struct CopiedTable {
    std::string name;
    std::int64_t rows = 0;
};

// Both have the same tables; those of the target are empty, else Error::conflict. `but`: tables that are left alone.
std::vector<CopiedTable> copy_tables(Connection& from, Connection& to, const std::set<std::string>& but);

}  // namespace atelier::db
