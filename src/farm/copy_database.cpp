#include "farm/backup.h"
#include "farm/schema.h"

namespace atelier::farm {

namespace {

// What belongs to the database, or to the processes that run on it now.
const std::set<std::string> left_alone = {"schema_version", "servers"};

void require_present_schema(db::Connection& connection, const std::string& shown) {
    if (!db::has_table(connection, "schema_version"))
        throw Error(Error::Kind::not_found, "there is no farm in the database " + shown);
    const int known = static_cast<int>(migrations().size());
    const auto [present] = *connection.row<int>("SELECT coalesce(max(number), 0) FROM schema_version");
    if (present != known)
        throw Error(
            Error::Kind::conflict,
            "the database " + shown + " was written by " + (present < known ? "an older" : "a newer") + " atelier",
            present < known ? "start its farm once with this program" : "update this program");
}

}  // namespace

std::vector<db::CopiedTable> copy_database(const std::string& from, const std::string& to) {
    const auto source = db::open(from, db::Access::read_only);
    require_present_schema(*source, db::shown(from));
    const auto target = db::open(to);
    db::migrate(*target, migrations());
    return db::copy_tables(*source, *target, left_alone);
}

}  // namespace atelier::farm
