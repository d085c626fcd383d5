// The commands `backup`, `restore` and `db copy`: the whole farm from one place to another.
#include "farm/backup.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/home.h"
#include "cli/served.h"

namespace atelier::cli {

namespace {

struct Where {
    std::string file;
    std::string database;
};

std::shared_ptr<Where> add_options(CLI::App& command, const char* of_file, const char* of_database) {
    auto where = std::make_shared<Where>();
    command.add_option("FILE", where->file, of_file)->required();
    command.add_option("--db", where->database, of_database)->type_name("URL");
    return where;
}

void report(Output& output, const farm::BackupReport& report, const std::string& sentence) {
    output.say(fmt::format("{}: {} jobs, {} blobs, {} logs, {}", sentence, report.jobs, report.blobs, report.logs,
                           format_bytes(report.bytes)));
    json::Object object;
    object["jobs"] = report.jobs;
    object["blobs"] = report.blobs;
    object["logs"] = report.logs;
    object["bytes"] = report.bytes;
    output.json(object);
}

int back_up(const Where& where, Output& output) {
    const farm::Layout layout{home_folder()};
    if (where.database.empty()) layout.require_here();
    const std::string database =
        where.database.empty() ? layout.database().string() : database_argument(where.database);
    report(output, farm::back_up(layout, database, where.file), where.file + " is written");
    return done;
}

int restore(const Where& where, Output& output) {
    const farm::Layout layout{home_folder()};
    report(output, farm::restore(where.file, layout, database_argument(where.database)),
           layout.root.string() + " is restored");
    return done;
}

// A data folder stands for the database in it.
std::string database_at(const std::string& text) {
    std::error_code ignored;
    database_argument(text);
    if (!db::is_shared(text) && std::filesystem::is_directory(text, ignored))
        return farm::Layout{text}.database().string();
    return text;
}

int copy_database(const std::string& from, const std::string& to, Output& output) {
    std::int64_t rows = 0;
    json::Object tables;
    for (const db::CopiedTable& table : farm::copy_database(database_at(from), database_at(to))) {
        rows += table.rows;
        tables[table.name] = table.rows;
    }
    if (std::error_code ignored; std::filesystem::is_directory(to, ignored))
        std::filesystem::remove(farm::Layout{to}.elsewhere(), ignored);
    output.say(fmt::format("{} rows are in {} now", rows, db::shown(to)));
    json::Object object;
    object["rows"] = rows;
    object["tables"] = tables;
    output.json(object);
    return done;
}

}  // namespace

void add_backup(CLI::App& command, Context& context) {
    const auto where = add_options(command, "The file to be written; it must not be there yet",
                                   "The farm's database, when it is not in the data folder");
    when_chosen(command, context, [where, &context] { return back_up(*where, context.output); });
}

void add_restore(CLI::App& command, Context& context) {
    const auto where = add_options(command, "The backup", "An empty database that is to hold the farm's");
    when_chosen(command, context, [where, &context] { return restore(*where, context.output); });
}

void add_db(CLI::App& command, Context& context) {
    CLI::App& copy = add_verb(command, "copy", "copy the whole farm's database into an empty one",
                              "atelier db copy /srv/atelier postgresql://farm@db.lab/farm");
    const auto from = std::make_shared<std::string>();
    const auto to = std::make_shared<std::string>();
    copy.add_option("FROM", *from, "A data folder, a database file or a URL")->required();
    copy.add_option("TO", *to, "The same, and empty")->required();
    when_chosen(copy, context, [from, to, &context] { return copy_database(*from, *to, context.output); });
}

}  // namespace atelier::cli
