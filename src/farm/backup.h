// A farm as one file, and back: a tar of a copy of its database (SQLite, whatever the farm's own is), the blobs that it
// counts on, and its logs. Made while the farm runs, from one state of its database.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "db/copy.h"
#include "farm/layout.h"

namespace atelier::farm {

// The whole farm of one database into another one, which is empty. URLs or paths.
std::vector<db::CopiedTable> copy_database(const std::string& from, const std::string& to);

struct BackupReport {
    std::int64_t jobs = 0;
    std::uint64_t blobs = 0;
    std::uint64_t logs = 0;
    std::uint64_t bytes = 0;  // of blobs and logs
};

// The file must not be there yet; it is whole, or not there at all. Meanwhile no blob is removed.
BackupReport back_up(const Layout& layout, const std::string& database, const std::filesystem::path& file);

// Into a data folder that is empty or not there, and a database that is empty; a database of "" is the folder's own.
// All of it is verified before anything stands there.
BackupReport restore(const std::filesystem::path& file, const Layout& layout, const std::string& database);

}  // namespace atelier::farm
