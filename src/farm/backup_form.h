// What a backup's tar holds, in this order: the head, the database, blobs, logs. For backup.cpp and restore.cpp.
#pragma once

#include <boost/describe/class.hpp>
#include <cstdint>
#include <string>

namespace atelier::farm {

struct BackupHead {
    int form = 0;  // of the file
    std::int64_t jobs = 0;
    std::uint64_t blobs = 0;
    std::uint64_t logs = 0;
    std::string database;  // the digest of the database's copy
};
BOOST_DESCRIBE_STRUCT(BackupHead, (), (form, jobs, blobs, logs, database))

constexpr int backup_form = 1;
constexpr const char* backup_head = "atelier-backup.json";
constexpr const char* backup_database = "atelier.db.zst";
constexpr const char* backup_blobs = "blobs/";
constexpr const char* backup_logs = "logs/";

}  // namespace atelier::farm
