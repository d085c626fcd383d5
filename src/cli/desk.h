// Where a command meets the farm of the data folder: it reads the database itself, and asks for changes: of a farm that
// it opens for the moment, or, when another process owns the folder, of that one.
#pragma once

#include <boost/json/object.hpp>
#include <memory>
#include <string>

#include "base/json.h"
#include "db/db.h"
#include "farm/layout.h"
#include "farm/queries.h"

namespace atelier::cli {

class Desk {
public:
    Desk();  // of home_folder()

    const farm::Layout& layout() const { return layout_; }
    db::Connection& reader();  // throws Error::not_found when nothing was ever submitted here

    // The whole id of the job that begins so.
    std::string job(const std::string& beginning) { return farm::find_job(reader(), beginning); }

    json::Value ask(const std::string& verb, const json::Object& body);
    json::Value ask(const std::string& verb, const std::string& job);

    // Leaves an ask with the owner and waits for its answer; nothing when the owner left without one.
    std::optional<json::Value> ask_owner(const std::string& verb, const json::Object& body);

    bool has_owner() const;  // another process owns the data folder now
    bool has_tables();       // the first farm of this folder has come so far that there is something to read

private:
    farm::Layout layout_;
    std::unique_ptr<db::Connection> reader_;
};

}  // namespace atelier::cli
